using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Core.Redirection.Sources.Node;

/// <summary>The pods of a node that are still to be read.</summary>
internal sealed class NodeRound(IReadOnlyList<MeshPod> pods, Func<PodRulesReading, ValueTask> emit, PodCall? call = null)
{
    // Two use a second processor where there is one, and are no burden to a node; a run of its own looks through the processes once more.
    private const int Runs = 2;
    private const int WorthARun = 16;

    private readonly List<MeshPod> _left = [.. pods];
    private readonly object _gate = new();
    private readonly Dictionary<MeshPod, MeshException> _failures = new(ReferenceEqualityComparer.Instance);

    /// <summary>The pods without an outcome.</summary>
    public IReadOnlyList<MeshPod> Left => _left;

    /// <summary>Why the pod could not be read last; null when no run got as far as it.</summary>
    public MeshException? Failure(MeshPod pod) => _failures.GetValueOrDefault(pod);

    /// <summary>Reads what is left, in several runs at once where there is much of it: most of the time goes into starting programs, one after the other.</summary>
    /// <returns>Whether another run of the same way may read more.</returns>
    /// <exception cref="MeshException">A run broke off, or time ran out (<c>NodeReadTimedOut</c>); the other runs come to their end before.</exception>
    public async Task<bool> RunAsync(INodeWay way, TimeSpan timeout, CancellationToken cancel)
    {
        MeshPod[][] shares = _left.Count < 2 * WorthARun ? [[.. _left]] : [.. _left.Chunk((_left.Count + Runs - 1) / Runs)];
        var runs = new List<Task<bool>>();
        try
        {
            foreach (MeshPod[] share in shares)
            {
                // One after the other, for the first may have to start something.
                INodeShell shell = await OpenAsync(way, timeout, cancel).ConfigureAwait(false);
                runs.Add(RunAsync(shell, way, share, timeout, cancel));
            }
        }
        finally
        {
            await ((Task)Task.WhenAll(runs)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        return (await Task.WhenAll(runs).ConfigureAwait(false)).Contains(true);
    }

    private async Task<bool> RunAsync(INodeShell shell, INodeWay way, MeshPod[] share, TimeSpan timeout, CancellationToken cancel)
    {
        await using (shell.ConfigureAwait(false))
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            limit.CancelAfter(timeout);
            bool again = false;
            var session = new NodeSession(shell, way.Reader, share, async (pod, answer) => again |= await TakeAsync(pod, answer).ConfigureAwait(false), call);
            try
            {
                await session.RunAsync(limit.Token).ConfigureAwait(false);
                return again;
            }
            catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
            {
                throw new MeshException("NodeReadTimedOut", FailureKind.Timeout,
                    $"{way.Reader.Name} did not print the rules of {_left.Count} pods within {timeout.TotalSeconds:0.#} s.",
                    "Allow more time, or look at what keeps the node busy.", way.Reader, e);
            }
        }
    }

    // The opening has limits of its own where it waits for something; a server that does not answer must not hold the rest up.
    private static async Task<INodeShell> OpenAsync(INodeWay way, TimeSpan timeout, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(2 * timeout);
        try
        {
            return await way.OpenAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw new MeshException("NodeReadTimedOut", FailureKind.Timeout, $"{way.Reader.Name} could not be reached within {2 * timeout.TotalSeconds:0.#} s.",
                "Look at the node and at the API server's way to its kubelet.", way.Reader, e);
        }
    }

    private async ValueTask<bool> TakeAsync(MeshPod pod, PodAnswer answer)
    {
        switch (answer)
        {
            case PodAnswer.Read read:
                Remove(pod);
                await emit(new PodRulesReading(pod, read.Rules, null)).ConfigureAwait(false);
                return false;
            case PodAnswer.Refused refused:
                Remove(pod);
                await emit(new PodRulesReading(pod, null, refused.Failure)).ConfigureAwait(false);
                return false;
            case PodAnswer.Unread unread:
                lock (_gate)
                    _failures[pod] = unread.Failure;
                return unread.Passing;
            default:
                throw new InvalidOperationException(answer.ToString());
        }
    }

    // Somebody may have given us the same pod twice.
    private void Remove(MeshPod pod)
    {
        lock (_gate)
            _left.RemoveAt(_left.FindIndex(other => ReferenceEquals(other, pod)));
    }
}
