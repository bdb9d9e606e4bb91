using System.Management.Automation;
using IstioAdmin.Clusters;
using IstioAdmin.Completion;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Commands;

/// <summary>The base of cmdlets that work on pods: those from the pipeline, or those that are named.</summary>
public abstract class PodCommand : MeshCommand
{
    /// <summary>The parameter set of pods that are named.</summary>
    protected const string ByName = "Name";

    /// <summary>The parameter set of pods from the pipeline.</summary>
    protected const string ByPod = "Pod";

    private readonly Dictionary<string, List<MeshPod>> _piped = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Names of pods, with wildcards; all by default.</summary>
    [Parameter(Position = 0, ParameterSetName = ByName)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    /// <summary>Namespaces, with wildcards; all by default.</summary>
    [Parameter(ParameterSetName = ByName)]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Namespace { get; set; } = [];

    /// <summary>Label selector, as kubectl takes it.</summary>
    [Parameter(ParameterSetName = ByName)]
    [ValidateNotNullOrEmpty]
    public string? LabelSelector { get; set; }

    /// <summary>Only pods on this node.</summary>
    [Parameter(ParameterSetName = ByName)]
    [ValidateNotNullOrEmpty]
    public string? Node { get; set; }

    /// <inheritdoc/>
    [Parameter(ParameterSetName = ByName)]
    [ConnectedCluster]
    [ArgumentCompleter(typeof(ClusterCompleter))]
    [SupportsWildcards]
    public override MeshCluster[]? Cluster { get; set; }

    /// <summary>Pods, as Get-MeshPod lists them, or what was found out about them before.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = ByPod)]
    [Alias("Pod")]
    [ValidateNotNull]
    public MeshPod[] InputObject { get; set; } = [];

    /// <summary>Works on the pods of one cluster, all together: what is done once for a node need not be done for each of its pods.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="pods">Its pods; they come as they are listed.</param>
    /// <param name="cancel">Stops the work.</param>
    protected abstract Task ProcessPodsAsync(MeshCluster cluster, IAsyncEnumerable<MeshPod> pods, CancellationToken cancel);

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancel)
    {
        foreach (MeshPod pod in ParameterSetName == ByPod ? InputObject : [])
        {
            if (!_piped.TryGetValue(pod.Cluster, out List<MeshPod>? pods))
                _piped.Add(pod.Cluster, pods = []);
            pods.Add(pod);
        }
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override async Task EndAsync(CancellationToken cancel)
    {
        if (ParameterSetName != ByPod)
        {
            var lookup = new PodLookup(Name, Namespace, new PodSelection { LabelSelector = LabelSelector, Node = Node });
            await ForEachClusterAsync(
                (cluster, cancel) => ProcessPodsAsync(cluster, lookup.ListAsync(cluster, Reporter, failure => WriteFailure(failure, failure.Target), cancel), cancel), cancel);
            return;
        }
        foreach ((string name, List<MeshPod> pods) in _piped)
        {
            try
            {
                await ProcessPodsAsync(ConnectedClusters.Find(WildcardPattern.Escape(name))[0], PodStream.Of(pods), cancel);
            }
            catch (Exception e) when (e is not PipelineStoppedException && !cancel.IsCancellationRequested)
            {
                WriteFailure(e, target: name);
            }
        }
    }
}
