using System.Management.Automation;
using IstioAdmin.Core.Pke;
using IstioAdmin.Core.Pke.Changes;
using IstioAdmin.Core.Pke.Waiting;

namespace IstioAdmin.Commands;

/// <summary>Deletes clusters, with their machines, and waits until they are gone.</summary>
[Cmdlet(VerbsCommon.Remove, "PkeCluster", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High, DefaultParameterSetName = ByName), OutputType(typeof(PkeCluster))]
public sealed class RemovePkeClusterCommand : PkeClusterCommand
{
    /// <summary>Go on in spite of errors, and of work that is under way. What could not be deleted stays in the cloud.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Seconds to wait; like every -Timeout of this module.</summary>
    [Parameter]
    [ValidateRange(1, 86400)]
    public int Timeout { get; set; } = 1800;

    /// <summary>Return as soon as the request is accepted.</summary>
    [Parameter]
    public SwitchParameter NoWait { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancel) => ForEachClusterAsync(async (cluster, cancel) =>
    {
        string action = Force ? "Delete cluster and machines, whatever fails" : "Delete cluster and machines";
        if (!ShouldProcess($"{cluster.Name} (number {cluster.Id}, {cluster.Cloud} {cluster.Location}) of organization {cluster.Organization} at {cluster.Pipeline.Endpoint}", action))
            return;
        await PkeChange.DeleteAsync(cluster, Force, cancel);
        WriteObject(NoWait
            ? cluster
            : await WaitAsync(cluster, PkeClusterStatus.Deleting, token => PkeWait.UntilGoneAsync(cluster, TimeSpan.FromSeconds(Timeout), Reporter, token), cancel));
    }, cancel);
}
