using IstioAdmin.Core.Kube;

namespace IstioAdmin.Core.Pke.Waiting;

/// <summary>
/// Waits until Pipeline is done with a cluster. What may pass (a server that restarts, a proxy's error page, a cluster that is too young
/// to be asked) is waited out; what will not (a refused token, a failed cluster) ends the wait at once.
/// </summary>
public static class PkeWait
{
    private static readonly TimeSpan FirstInterval = TimeSpan.FromMilliseconds(500);

    // banzai's own interval is 10 s.
    private static readonly TimeSpan LongestInterval = TimeSpan.FromSeconds(10);

    /// <summary>How often a cluster may be running in a row before a change that was accepted is taken for done, though it was never seen under way.</summary>
    private const int Settled = 3;

    /// <summary>Waits until a cluster runs.</summary>
    /// <param name="cluster">The cluster, as it was last seen.</param>
    /// <param name="patience">How long.</param>
    /// <param name="reporter">Told about progress, and warned of a cluster that runs with faults.</param>
    /// <param name="cancel">Ends the wait; Pipeline goes on.</param>
    /// <param name="afterChange">Whether a change was just accepted, of which the status may not tell yet.</param>
    /// <returns>The cluster as it is then.</returns>
    /// <exception cref="MeshException">
    /// Time ran out (<c>PkeWaitTimedOut</c>), the cluster failed (<c>PkeClusterFailed</c>) or was deleted (<c>PkeClusterDeleted</c>), or Pipeline
    /// does not let us in any more.
    /// </exception>
    public static async Task<PkeCluster> UntilRunningAsync(PkeCluster cluster, TimeSpan patience, IReporter reporter, CancellationToken cancel, bool afterChange = false)
    {
        var round = new Round(cluster, afterChange ? PkeClusterStatus.Updating : cluster.Status, reporter);
        int running = 0;
        PkeClusterStatus? busy = null;
        await round.RunAsync(
            async token =>
            {
                PkeCluster? found = await round.LookAsync(token).ConfigureAwait(false);
                if (found is null)
                    return false;
                if (round.IsGone)
                    throw Deleted(cluster);
                switch (found.Status)
                {
                    case PkeClusterStatus.Error:
                        throw Failed(found, "failed");
                    case PkeClusterStatus.Deleting:
                        throw Deleted(found);
                    case PkeClusterStatus.Running or PkeClusterStatus.Warning:
                        running++;
                        return !afterChange || busy is not null || running >= Settled;
                    default:
                        busy = found.Status;
                        running = 0;
                        return false;
                }
            },
            "come up", patience, cancel).ConfigureAwait(false);
        if (round.Cluster.Status == PkeClusterStatus.Warning)
            reporter.Warn($"Cluster '{cluster.Name}' runs, but not everything that belongs to it does: {round.Cluster.StatusMessage ?? "Pipeline does not say what"}");
        return round.Cluster;
    }

    /// <summary>Waits until a cluster is gone.</summary>
    /// <returns>The cluster as it was last seen.</returns>
    /// <exception cref="MeshException">Time ran out (<c>PkeWaitTimedOut</c>), the deletion failed (<c>PkeClusterFailed</c>), or Pipeline does not let us in any more.</exception>
    public static async Task<PkeCluster> UntilGoneAsync(PkeCluster cluster, TimeSpan patience, IReporter reporter, CancellationToken cancel)
    {
        var round = new Round(cluster, PkeClusterStatus.Deleting, reporter);
        await round.RunAsync(
            async token =>
            {
                PkeCluster? found = await round.LookAsync(token).ConfigureAwait(false);
                if (found is { Status: PkeClusterStatus.Error } && !round.IsGone)
                    throw Failed(found, "could not be deleted");
                return round.IsGone;
            },
            "go", patience, cancel).ConfigureAwait(false);
        return round.Cluster;
    }

    private static MeshException Failed(PkeCluster cluster, string what) => new(
        "PkeClusterFailed", FailureKind.Other, $"Cluster '{cluster.Name}' of '{cluster.Organization}' {what}: {cluster.StatusMessage ?? "Pipeline does not say why"}",
        what == "failed"
            ? "Pipeline and the cloud keep what was made: remove it with Remove-PkeCluster, with -Force if it cannot be removed cleanly, then create it again."
            : "Remove what is in the way, then run Remove-PkeCluster again; -Force goes on in spite of errors, and may leave things behind in the cloud.",
        cluster);

    private static MeshException Deleted(PkeCluster cluster) => new(
        "PkeClusterDeleted", FailureKind.NotFound, $"Cluster '{cluster.Name}' of '{cluster.Organization}' was deleted while it was waited for.", "Get-PkeCluster lists those that there are.", cluster);

    private sealed class Round(PkeCluster cluster, PkeClusterStatus doing, IReporter reporter)
    {
        private readonly string _activity = $"Waiting for cluster '{cluster.Name}'";
        private string? _trouble;
        private string _shown = cluster.StatusText;

        public PkeCluster Cluster { get; private set; } = cluster;

        public bool IsGone { get; private set; }

        /// <summary>Looks again and again, ever less often, until something has happened.</summary>
        public async Task RunAsync(Func<CancellationToken, Task<bool>> isDone, string purpose, TimeSpan patience, CancellationToken cancel)
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            deadline.CancelAfter(patience);
            TimeSpan interval = FirstInterval;
            try
            {
                while (!await isDone(deadline.Token).ConfigureAwait(false))
                {
                    await Task.Delay(interval, deadline.Token).ConfigureAwait(false);
                    interval = interval * 1.5 < LongestInterval ? interval * 1.5 : LongestInterval;
                }
            }
            catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
            {
                throw Late(purpose, patience);
            }
        }

        /// <summary>The cluster as it is now, also when it is gone; null when nobody could say.</summary>
        public async Task<PkeCluster?> LookAsync(CancellationToken cancel)
        {
            try
            {
                Cluster = await PkeClusters.GetAsync(Cluster.Pipeline, Cluster.Id, cancel).ConfigureAwait(false);
                _trouble = null;
                Show(string.IsNullOrEmpty(Cluster.StatusMessage) ? Cluster.StatusText : $"{Cluster.StatusText}: {Cluster.StatusMessage}");
                return Cluster;
            }
            catch (PipelineException e) when (e.ErrorId == "PipelineNotFound")
            {
                IsGone = true;
                return Cluster;
            }
            catch (PipelineException e) when (e.ErrorId == "PkeClusterNotReady")
            {
                _trouble = null;
                Show($"{Cluster.StatusText}: {e.Error?.Message ?? "cluster is not ready"}");
                return null;
            }
            catch (PipelineException e) when (Transient.Includes(e))
            {
                if (_trouble is null)
                    reporter.Detail($"{e.Message.TrimEnd('.')}. The wait goes on.");
                _trouble = e.Message;
                Show($"Pipeline does not answer as it should; the wait goes on: {e.Message}");
                return null;
            }
            catch (PipelineException e)
            {
                // The cluster is not concerned by what happened to us.
                throw new PipelineException(e.ErrorId, e.Kind,
                    $"{e.Message.TrimEnd('.')}. Cluster '{Cluster.Name}' is left to Pipeline, {Doing(doing)}.",
                    $"{e.Remedy} Then wait on with: {Resume(Cluster)}", Cluster, e, e.StatusCode, e.Error);
            }
        }

        private void Show(string status)
        {
            if (status != _shown)
                reporter.Detail($"Cluster '{Cluster.Name}': {status}");
            _shown = status;
            reporter.Progress(_activity, $"{status} (Ctrl+C leaves it to Pipeline; {Resume(Cluster)} waits on)");
        }

        private MeshException Late(string purpose, TimeSpan patience) => new(
            "PkeWaitTimedOut", FailureKind.Timeout,
            FormattableString.Invariant($"Cluster '{Cluster.Name}' of '{Cluster.Organization}' did not {purpose} within {patience.TotalSeconds:0.#} s: it is {_shown}")
            + (_trouble is null ? "." : $"; at last Pipeline could not be asked: {_trouble}"),
            $"Pipeline goes on. Wait longer with -Timeout, or later with: {Resume(Cluster)}", Cluster);
    }

    /// <summary>The command that waits on.</summary>
    public static string Resume(PkeCluster cluster)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        return $"Wait-PkeCluster {cluster.Name}";
    }

    /// <summary>What Pipeline is doing, as it continues "is left to Pipeline,".</summary>
    public static string Doing(PkeClusterStatus status) => status switch
    {
        PkeClusterStatus.Creating => "which goes on creating it",
        PkeClusterStatus.Updating => "which goes on changing it",
        PkeClusterStatus.Deleting => "which goes on deleting it",
        _ => "which goes on with it",
    };
}
