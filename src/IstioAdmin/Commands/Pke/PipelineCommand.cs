using System.Management.Automation;
using IstioAdmin.Completion;
using IstioAdmin.Core;
using IstioAdmin.Core.Pke;
using IstioAdmin.Core.Pke.Waiting;
using IstioAdmin.Pipelines;

namespace IstioAdmin.Commands;

/// <summary>The base of cmdlets that work through a connected Pipeline: the current one unless <c>-Pipeline</c> names another.</summary>
public abstract class PipelineCommand : AsyncCommand
{
    /// <summary>A connected Pipeline, or its name.</summary>
    [Parameter]
    [ConnectedPipeline]
    [ArgumentCompleter(typeof(PipelineCompleter))]
    public virtual PipelineConnection? Pipeline { get; set; }

    /// <summary>The Pipeline to work through. Ends the command when there is none.</summary>
    private protected PipelineConnection RequirePipeline()
    {
        if (Pipeline is { } given)
            return given;
        try
        {
            return ConnectedPipelines.Known.RequireCurrent();
        }
        catch (MeshException e)
        {
            ThrowTerminatingError(Failure.ToErrorRecord(e, target: null));
            throw;
        }
    }

    /// <summary>Waits for a cluster; whoever presses Ctrl+C is told what becomes of it.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="doing">What Pipeline does with it meanwhile, of which the cluster's own status may not tell yet.</param>
    /// <param name="wait">Waits.</param>
    /// <param name="cancel">Cancels the wait.</param>
    private protected async Task<PkeCluster> WaitAsync(PkeCluster cluster, PkeClusterStatus doing, Func<CancellationToken, Task<PkeCluster>> wait, CancellationToken cancel)
    {
        PkeCluster? done = null;
        await OrTellAsync(
            $"The wait was stopped. Cluster '{cluster.Name}' is left to Pipeline, {PkeWait.Doing(doing)}; {PkeWait.Resume(cluster)} waits on.",
            async () => done = await wait(cancel), cancel);
        return done!;
    }

    /// <summary>Does something; whoever presses Ctrl+C meanwhile is told, at once, or when the work ends before its turn to be told has come.</summary>
    private protected async Task OrTellAsync(string warning, Func<Task> work, CancellationToken cancel)
    {
        int told = 0;
        void Once()
        {
            if (Interlocked.Exchange(ref told, 1) == 0)
                Tell(warning);
        }
        // Work that notices the cancellation first takes this away before it was called; where it is being called, that waits for it.
        using CancellationTokenRegistration stopped = cancel.Register(Once);
        try
        {
            await work();
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            Once();
            throw;
        }
    }

    /// <summary>A pipeline that is being stopped takes no more warnings; the host does.</summary>
    private void Tell(string warning)
    {
        try
        {
            Host?.UI?.WriteWarningLine(warning);
        }
#pragma warning disable CA1031 // A host without a screen has nobody to tell.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }
}
