using System.Management.Automation;
using IstioAdmin.Core.Pke;
using IstioAdmin.Core.Pke.Waiting;

namespace IstioAdmin.Commands;

/// <summary>Waits until Pipeline is done with a cluster: until it runs, or is gone when it is being deleted.</summary>
[Cmdlet(VerbsLifecycle.Wait, "PkeCluster", DefaultParameterSetName = ByName), OutputType(typeof(PkeCluster))]
public sealed class WaitPkeClusterCommand : PkeClusterCommand
{
    /// <summary>Seconds to wait; like every -Timeout of this module.</summary>
    [Parameter]
    [ValidateRange(1, 86400)]
    public int Timeout { get; set; } = 1800;

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancel) => ForEachClusterAsync(async (cluster, cancel) =>
    {
        var patience = TimeSpan.FromSeconds(Timeout);
        WriteObject(await WaitAsync(cluster, cluster.Status, token => cluster.Status == PkeClusterStatus.Deleting
            ? PkeWait.UntilGoneAsync(cluster, patience, Reporter, token)
            : PkeWait.UntilRunningAsync(cluster, patience, Reporter, token), cancel));
    }, cancel);
}
