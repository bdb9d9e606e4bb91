using System.Management.Automation;
using IstioAdmin.Completion;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Changes;
using IstioAdmin.Core.Samples;

namespace IstioAdmin.Commands;

/// <summary>Removes exactly the objects that Install-Bookinfo made, and waits until their pods are gone.</summary>
[Cmdlet(VerbsCommon.Remove, "Bookinfo", SupportsShouldProcess = true, DefaultParameterSetName = ByName), OutputType(typeof(MeshSample))]
public sealed class RemoveBookinfoCommand : PlannedMeshCommand
{
    /// <summary>Namespace to remove it from; the context's own by default.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true, ParameterSetName = ByName)]
    [Parameter(Position = 0, ParameterSetName = ByCluster)]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Namespace { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancel) => ForEachClusterAsync(RemoveAsync, cancel);

    private async Task RemoveAsync(MeshCluster cluster, CancellationToken cancel)
    {
        ChangePlan plan = await Bookinfo.PlanRemovalAsync(cluster, Namespace ?? cluster.Namespace, Reporter, cancel);
        if (Approve(plan) is { } approved)
            WriteObject(await Bookinfo.RemoveAsync(approved, NoWait ? null : Patience, Reporter, cancel));
    }
}
