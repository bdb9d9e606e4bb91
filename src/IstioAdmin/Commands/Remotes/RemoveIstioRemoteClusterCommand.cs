using System.Management.Automation;
using IstioAdmin.Clusters;
using IstioAdmin.Completion;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Mesh.Remotes;

namespace IstioAdmin.Commands;

/// <summary>Lets a cluster that a mesh has taken in go again, and removes the account that the mesh has there.</summary>
[Cmdlet(VerbsCommon.Remove, "IstioRemoteCluster", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High, DefaultParameterSetName = ByName), OutputType(typeof(IstioRemoteCluster))]
public sealed class RemoveIstioRemoteClusterCommand : RemoteCommand
{
    /// <summary>The name by which the mesh knows the remote cluster.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ByName)]
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = ByObject)]
    [Parameter(Position = 0, ParameterSetName = ByCluster)]
    [ValidateNotNullOrEmpty]
    public string Name { get; set; } = "";

    /// <summary>Namespace of the mesh.</summary>
    [Parameter(ParameterSetName = ByName)]
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = ByObject)]
    [Parameter(ParameterSetName = ByCluster)]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Namespace { get; set; }

    /// <inheritdoc/>
    [Parameter(ParameterSetName = ByName)]
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = ByObject)]
    [Parameter(ParameterSetName = ByCluster)]
    [Alias("Operator")]
    [ValidateSet("Banzai", "Cisco", "Sail")]
    public override string? Distribution { get; set; }

    /// <summary>Connected clusters in which the account is looked for and removed.</summary>
    [Parameter]
    [ConnectedCluster]
    [ArgumentCompleter(typeof(ClusterCompleter))]
    [SupportsWildcards]
    public MeshCluster[]? Remote { get; set; }

    /// <summary>Remove the namespace on the remote cluster too, with everything in it, where it was made for this remote cluster.</summary>
    [Parameter]
    public SwitchParameter IncludeNamespace { get; set; }

    /// <inheritdoc/>
    [Parameter(ParameterSetName = ByName)]
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = ByObject)]
    [ConnectedCluster]
    [ArgumentCompleter(typeof(ClusterCompleter))]
    [SupportsWildcards]
    public override MeshCluster[]? Cluster { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancel)
    {
        RequireTyped(Name.Length > 0, nameof(Name));
        return ForEachClusterAsync(RemoveAsync, cancel);
    }

    private async Task RemoveAsync(MeshCluster cluster, CancellationToken cancel)
    {
        IstioMesh mesh = await IstioMeshes.FindAsync(cluster, Mesh, Namespace, MeshArguments.Kind(Distribution), cancel);
        IReadOnlyList<IstioRemoteCluster> all = await IstioRemotes.ListAsync(cluster, mesh, cancel);
        IstioRemoteCluster found = all.FirstOrDefault(remote => remote.Name == Name) ?? throw GetIstioRemoteClusterCommand.NotFound(cluster.Server, Name, all);
        MeshCluster[] reached = [.. (Remote ?? []).Where(remote => remote != cluster)];
        RemotePlan plan = await RemoteRemover.PlanAsync(cluster, mesh, found, reached, IncludeNamespace, NoWait ? null : Patience, Reporter, cancel);
        if (Approve(plan) is { } approved)
            WriteObject(await RemoteRemover.RunAsync(approved, Reporter, cancel));
    }
}
