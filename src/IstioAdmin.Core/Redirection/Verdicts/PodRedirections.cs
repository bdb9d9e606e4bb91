using System.Runtime.CompilerServices;
using System.Threading.Channels;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.Policies;
using IstioAdmin.Core.Redirection.Sources;

namespace IstioAdmin.Core.Redirection.Verdicts;

/// <summary>Tests pods of a cluster: reads the rules of those that must be redirected, and judges each.</summary>
public static class PodRedirections
{
    /// <summary>Tests pods; every pod gets a result, each as soon as it is known.</summary>
    /// <param name="cluster">The cluster that the pods were listed from.</param>
    /// <param name="pods">The pods.</param>
    /// <param name="options">How the rules are read.</param>
    /// <param name="reporter">Hears what goes on.</param>
    /// <param name="cancel">Ends the test; what was put into the cluster for it is removed.</param>
    public static IAsyncEnumerable<PodRedirection> TestAsync(
        MeshCluster cluster, IAsyncEnumerable<MeshPod> pods, RulesReadOptions options, IReporter reporter, CancellationToken cancel) =>
        JudgeAsync(pods, wanted => PodRulesReader.ReadAsync(cluster, wanted, options, reporter, cancel), new RedirectionJudge(), cancel);

    /// <summary>As <see cref="TestAsync"/>, with rules from anywhere.</summary>
    /// <param name="pods">The pods.</param>
    /// <param name="read">Reads the rules of the pods that it is given.</param>
    /// <param name="judge">Keeps what has been read and proven.</param>
    /// <param name="cancel">Ends the test.</param>
    public static async IAsyncEnumerable<PodRedirection> JudgeAsync(
        IAsyncEnumerable<MeshPod> pods, Func<IAsyncEnumerable<MeshPod>, IAsyncEnumerable<PodRulesReading>> read, RedirectionJudge judge, [EnumeratorCancellation] CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(read);
        ArgumentNullException.ThrowIfNull(judge);
        var wanted = Channel.CreateUnbounded<MeshPod>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        // Results wait for whoever takes them: memory must not grow with the number of pods.
        var results = Channel.CreateBounded<PodRedirection>(new BoundedChannelOptions(256) { SingleReader = true });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Task sorting = SortAsync(pods, wanted.Writer, results.Writer, stop.Token);
        Task judging = JudgeReadAsync(read(wanted.Reader.ReadAllAsync(stop.Token)), judge, results.Writer, stop.Token);
        Task completing = CompleteAsync(sorting, judging, results.Writer, stop);
        try
        {
            await foreach (PodRedirection result in results.Reader.ReadAllAsync(cancel).ConfigureAwait(false))
                yield return result;
        }
        finally
        {
            // Whoever stops enumerating stops the reading, and waits until it has cleaned up.
            await stop.CancelAsync().ConfigureAwait(false);
            await completing.ConfigureAwait(false);
        }
    }

    /// <summary>Judges one pod by what was read.</summary>
    /// <param name="judge">Keeps what has been read and proven.</param>
    /// <param name="reading">The pod, and its rules or why there are none.</param>
    public static PodRedirection Judge(RedirectionJudge judge, PodRulesReading reading)
    {
        ArgumentNullException.ThrowIfNull(judge);
        ArgumentNullException.ThrowIfNull(reading);
        return reading.Rules is { } rules
            ? judge.Judge(reading.Pod, RedirectionPolicies.Shared.For(PodHost.AsSeen(reading.Pod, rules)), rules)
            : RedirectionJudge.Unread(reading.Pod, RedirectionPolicies.Shared.For(reading.Pod), reading.Failure!);
    }

    private static async Task SortAsync(IAsyncEnumerable<MeshPod> pods, ChannelWriter<MeshPod> wanted, ChannelWriter<PodRedirection> results, CancellationToken cancel)
    {
        try
        {
            await foreach (MeshPod pod in pods.WithCancellation(cancel).ConfigureAwait(false))
            {
                if (RedirectionJudge.WithoutRules(pod) is { } result)
                    await results.WriteAsync(result, cancel).ConfigureAwait(false);
                else
                    await wanted.WriteAsync(pod, cancel).ConfigureAwait(false);
            }
        }
        finally
        {
            wanted.TryComplete();
        }
    }

    private static async Task JudgeReadAsync(IAsyncEnumerable<PodRulesReading> readings, RedirectionJudge judge, ChannelWriter<PodRedirection> results, CancellationToken cancel)
    {
        await foreach (PodRulesReading reading in readings.WithCancellation(cancel).ConfigureAwait(false))
        {
            await results.WriteAsync(Judge(judge, reading), cancel).ConfigureAwait(false);
        }
    }

    private static async Task CompleteAsync(Task sorting, Task judging, ChannelWriter<PodRedirection> results, CancellationTokenSource stop)
    {
        Exception? failure = null;
        try
        {
            await (await Task.WhenAny(sorting, judging).ConfigureAwait(false)).ConfigureAwait(false);
            await Task.WhenAll(sorting, judging).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            failure = e;
            await stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(sorting, judging).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        results.TryComplete(failure);
    }
}
