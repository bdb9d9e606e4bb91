using System.Management.Automation;
using IstioAdmin.Clusters;
using IstioAdmin.Completion;
using IstioAdmin.Core;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Commands;

/// <summary>Lists pods as the mesh sees them: what is in them, whether Istio must redirect their traffic, how, and why.</summary>
[Cmdlet(VerbsCommon.Get, "MeshPod", DefaultParameterSetName = ByName), OutputType(typeof(MeshPod))]
public sealed class GetMeshPodCommand : MeshCommand
{
    private const string ByName = "Name";
    private const string ByCluster = "Cluster";

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
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = ByName)]
    [ConnectedCluster]
    [ArgumentCompleter(typeof(ClusterCompleter))]
    [SupportsWildcards]
    public override MeshCluster[]? Cluster { get; set; }

    /// <summary>A cluster from the pipeline.</summary>
    /// <remarks>A parameter of its own, in a set of its own: a cluster has a Name and a Namespace too, which must not be taken for a pod's.</remarks>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ByCluster)]
    public MeshCluster? InputObject { get; set; }

    /// <inheritdoc/>
    protected override IReadOnlyList<MeshCluster> Clusters => InputObject is { } piped ? [piped] : base.Clusters;

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancel)
    {
        NamePattern[] names = [.. Name.Select(NamePattern.Parse)];
        NamePattern[] namespaces = [.. Namespace.Select(NamePattern.Parse)];
        return ForEachClusterAsync((cluster, cancel) => ListAsync(cluster, names, namespaces, cancel), cancel);
    }

    private async Task ListAsync(MeshCluster cluster, NamePattern[] names, NamePattern[] namespaces, CancellationToken cancel)
    {
        var missing = names.Where(n => !n.HasWildcards).Select(n => n.Text).ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (PodSelection selection in Selections(names, namespaces))
        {
            await foreach (MeshPod pod in MeshPods.ListAsync(cluster, selection, Reporter, cancel))
            {
                missing.Remove(pod.Name);
                WriteObject(pod);
            }
        }
        foreach (string name in missing)
            WriteFailure(NoSuchPod(cluster, name, namespaces), target: name);
    }

    /// <summary>Namespaces that are named exactly are left to the server; a pattern among them means reading all and choosing here.</summary>
    private IEnumerable<PodSelection> Selections(NamePattern[] names, NamePattern[] namespaces)
    {
        var selection = new PodSelection
        {
            LabelSelector = LabelSelector,
            Node = Node,
            Full = Full,
            NameFilter = AnyOf(names),
        };
        if (namespaces.Length == 0)
            return [selection];
        if (namespaces.Any(n => n.HasWildcards))
            return [selection with { NamespaceFilter = AnyOf(namespaces) }];
        // Names of Kubernetes objects are lower case; the prompt is not that strict.
        return namespaces.Select(n => n.Text.ToLowerInvariant()).Distinct().Select(n => selection with { Namespace = n });
    }

    private static Func<string, bool>? AnyOf(NamePattern[] patterns) =>
        patterns.Length == 0 ? null : name => Array.Exists(patterns, p => p.IsMatch(name));

    private static MeshException NoSuchPod(MeshCluster cluster, string name, NamePattern[] namespaces)
    {
        string where = namespaces.Length == 0 ? "any namespace" : $"namespace {string.Join(", ", namespaces.Select(n => n.Text))}";
        return new MeshException("PodNotFound", FailureKind.NotFound, $"{cluster.Server}: there is no pod '{name}' in {where} of cluster '{cluster.Name}' that meets the conditions.",
            "List what is there with Get-MeshPod, or use wildcards.", name);
    }
}
