using System.Management.Automation;
using IstioAdmin.Completion;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Commands;

/// <summary>Lists pods as the mesh sees them: what is in them, whether Istio must redirect their traffic, how, and why.</summary>
[Cmdlet(VerbsCommon.Get, "MeshPod", DefaultParameterSetName = ByName), OutputType(typeof(MeshPod))]
public sealed class GetMeshPodCommand : PipedClusterCommand
{
    /// <summary>Names of pods, with wildcards; all by default.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true, ParameterSetName = ByName)]
    [Parameter(Position = 0, ParameterSetName = ByCluster)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    /// <summary>Namespaces, with wildcards; all by default.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = ByName)]
    [Parameter(ParameterSetName = ByCluster)]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Namespace { get; set; } = [];

    /// <summary>Label selector, as kubectl takes it.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? LabelSelector { get; set; }

    /// <summary>Only pods on this node.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Node { get; set; }

    /// <summary>Fetch the whole Kubernetes object with each pod.</summary>
    [Parameter]
    public SwitchParameter Full { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancel)
    {
        var lookup = new PodLookup(Name, Namespace, new PodSelection { LabelSelector = LabelSelector, Node = Node, Full = Full });
        return ForEachClusterAsync((cluster, cancel) => ListAsync(cluster, lookup, cancel), cancel);
    }

    private async Task ListAsync(MeshCluster cluster, PodLookup lookup, CancellationToken cancel)
    {
        await foreach (MeshPod pod in lookup.ListAsync(cluster, Reporter, failure => WriteFailure(failure, failure.Target), cancel))
            WriteObject(pod);
    }
}
