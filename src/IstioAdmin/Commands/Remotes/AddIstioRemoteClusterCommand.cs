using System.Management.Automation;
using System.Text.Json.Nodes;
using IstioAdmin.Clusters;
using IstioAdmin.Completion;
using IstioAdmin.Core;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Mesh.Changes;
using IstioAdmin.Core.Mesh.Remotes;

namespace IstioAdmin.Commands;

/// <summary>Takes another cluster into a mesh, and waits until the mesh's operator has done so.</summary>
[Cmdlet(VerbsCommon.Add, "IstioRemoteCluster", SupportsShouldProcess = true), OutputType(typeof(IstioRemoteCluster))]
public sealed class AddIstioRemoteClusterCommand : RemoteCommand
{
    private int _taken;

    /// <summary>The clusters that are to be taken in: objects, or names of connected clusters.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ConnectedCluster]
    [ArgumentCompleter(typeof(ClusterCompleter))]
    [SupportsWildcards]
    public MeshCluster[] Remote { get; set; } = [];

    /// <summary>The name by which the mesh is to know the remote cluster.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>Namespace of the mesh.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Namespace { get; set; }

    /// <summary>The address by which the mesh's cluster reaches the remote API server.</summary>
    [Parameter]
    public Uri? Server { get; set; }

    /// <summary>Namespaces of the remote cluster that the operator labels for injection; Banzai only.</summary>
    [Parameter]
    [Alias("AutoInjectionNamespaces")]
    [AllowEmptyCollection]
    public string[]? AutoInjectionNamespace { get; set; }

    /// <summary>What else the RemoteIstio is to say in its spec: a hashtable, YAML, or the path of a file; Banzai only.</summary>
    [Parameter]
    public object? Spec { get; set; }

    /// <summary>Take over objects and fields that somebody else made.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Clusters of meshes; what comes down the pipeline are the remote ones.</summary>
    [Parameter]
    [ConnectedCluster]
    [ArgumentCompleter(typeof(ClusterCompleter))]
    [SupportsWildcards]
    public override MeshCluster[]? Cluster { get; set; }

    /// <summary>No parameter here, for the same reason.</summary>
    public override MeshCluster[]? InputCluster { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancel)
    {
        _taken += Remote.Length;
        if (_taken > 1 && (Name is not null || Server is not null))
        {
            throw new MeshException("RemoteNameAmbiguous", FailureKind.InvalidInput, "-Name and -Server are those of one remote cluster, and -Remote names several.",
                "Add them one by one.", Remote);
        }
        JsonObject? spec = Contents(SpecInput.Read(SessionState, Spec));
        var options = new RemoteOptions { Name = Name, Server = Server, AutoInjectionNamespaces = AutoInjectionNamespace, Spec = spec, Force = Force };
        return ForEachClusterAsync(async (cluster, cancel) =>
        {
            IstioMesh mesh = await IstioMeshes.FindAsync(cluster, Mesh, Namespace, MeshArguments.Kind(Distribution), cancel);
            foreach (MeshCluster remote in Remote)
            {
                try
                {
                    await AddAsync(cluster, mesh, remote, options, cancel);
                }
                catch (Exception e) when (e is not PipelineStoppedException && !cancel.IsCancellationRequested)
                {
                    WriteFailure(e, remote);
                }
            }
        }, cancel);
    }

    private async Task AddAsync(MeshCluster cluster, IstioMesh mesh, MeshCluster remote, RemoteOptions options, CancellationToken cancel)
    {
        RemotePlan plan = await RemotePlanner.PlanAsync(cluster, mesh, remote, options, Reporter, cancel);
        if (Approve(plan) is { } approved)
            WriteObject(await RemotePlanner.RunAsync(approved, NoWait ? null : Patience, Reporter, cancel));
    }

    /// <summary>The spec, also of a whole resource.</summary>
    private static JsonObject? Contents(MeshSpec? given) => given?.Json is { } json && json.ContainsKey("kind") && json.ContainsKey("apiVersion")
        ? json["spec"] as JsonObject ?? []
        : given?.Json;
}
