using System.Runtime.CompilerServices;
using System.Threading.Channels;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Core.Redirection.Sources;

/// <summary>Reads the rules of pods.</summary>
public static class PodRulesReader
{
    /// <summary>
    /// Reads the rules of pods. Every pod that goes in comes out exactly once, in the order in which the readings end, with its rules or with why
    /// there are none; what goes wrong with one pod or node does no harm to the others. All pods are taken in first, because one read covers a node.
    /// </summary>
    /// <param name="cluster">Their cluster.</param>
    /// <param name="pods">The pods.</param>
    /// <param name="options">How to read.</param>
    /// <param name="reporter">Hears of what is tried, and of what is left behind.</param>
    /// <param name="cancel">Ends the reading; what it made in the cluster is removed first. To stop enumerating has the same effect.</param>
    /// <exception cref="MeshException">The pods could not be listed, or the source is not one of the cluster's (<c>RulesSourceUnknown</c>).</exception>
    public static async IAsyncEnumerable<PodRulesReading> ReadAsync(
        MeshCluster cluster, IAsyncEnumerable<MeshPod> pods, RulesReadOptions options, IReporter reporter, [EnumeratorCancellation] CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(pods);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(reporter);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var readings = Channel.CreateBounded<PodRulesReading>(256);
        Task reading = Task.Run(async () =>
        {
            Exception? failure = null;
            try
            {
                await new ClusterRules(cluster, options, reporter).ReadAsync(pods, readings.Writer, stop.Token).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                failure = e;
            }
            readings.Writer.TryComplete(failure);
        }, CancellationToken.None);
        try
        {
            await foreach (PodRulesReading outcome in readings.Reader.ReadAllAsync(cancel).ConfigureAwait(false))
                yield return outcome;
        }
        finally
        {
            // Inspector pods are gone before anybody goes on.
            await stop.CancelAsync().ConfigureAwait(false);
            await reading.ConfigureAwait(false);
        }
    }
}
