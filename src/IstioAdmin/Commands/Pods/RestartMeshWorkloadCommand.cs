using System.Management.Automation;
using IstioAdmin.Clusters;
using IstioAdmin.Completion;
using IstioAdmin.Core;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Workloads;

namespace IstioAdmin.Commands;

/// <summary>Replaces the pods of workloads by new ones, as their own update strategy says, and waits until that is done.</summary>
[Cmdlet(VerbsLifecycle.Restart, "MeshWorkload", SupportsShouldProcess = true, DefaultParameterSetName = ByName), OutputType(typeof(RestartedWorkload))]
public sealed class RestartMeshWorkloadCommand : WaitingMeshCommand
{
    private const string ByPod = "Pod";

    private readonly HashSet<(string Cluster, WorkloadReference Workload)> _seen = [];
    private readonly List<(MeshCluster Cluster, WorkloadReference Workload)> _asked = [];
    private readonly Dictionary<MeshCluster, WorkloadOwners> _owners = [];

    /// <summary>Workloads as kind/name, or names alone where -Kind says what they are.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ByName)]
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = ByObject)]
    [Parameter(Position = 0, ParameterSetName = ByCluster)]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    /// <summary>Kind of the workloads that -Name gives without one.</summary>
    [Parameter(ParameterSetName = ByName)]
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = ByObject)]
    [Parameter(ParameterSetName = ByCluster)]
    [ValidateNotNullOrEmpty]
    public string? Kind { get; set; }

    /// <summary>Their namespace; the context's own by default.</summary>
    [Parameter(ParameterSetName = ByName)]
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = ByObject)]
    [Parameter(ParameterSetName = ByCluster)]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Namespace { get; set; }

    /// <inheritdoc/>
    [Parameter(ParameterSetName = ByName)]
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = ByObject)]
    [ConnectedCluster]
    [ArgumentCompleter(typeof(ClusterCompleter))]
    [SupportsWildcards]
    public override MeshCluster[]? Cluster { get; set; }

    /// <summary>Pods whose controllers are restarted; several pods of one controller restart it once.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = ByPod)]
    [Alias("Pod")]
    [PodOf]
    public MeshPod[] InputObject { get; set; } = [];

    /// <inheritdoc/>
    protected override async Task ProcessAsync(CancellationToken cancel)
    {
        if (ParameterSetName == ByPod)
        {
            foreach (MeshPod pod in InputObject)
                await TryAsync(pod, () => AddOwnerAsync(pod, cancel), cancel);
            return;
        }
        RequireTyped(Name.Length > 0, nameof(Name));
        await ForEachClusterAsync(async (cluster, cancel) =>
        {
            foreach (string name in Name)
                await TryAsync(name, () => AddAsync(cluster, WorkloadReference.Parse(Namespace ?? cluster.Namespace, name, Kind), cancel), cancel);
        }, cancel);
    }

    /// <inheritdoc/>
    protected override async Task EndAsync(CancellationToken cancel)
    {
        List<(MeshCluster Cluster, RestartedWorkload Started)> started = [];
        foreach ((MeshCluster cluster, WorkloadReference workload) in _asked)
        {
            await TryAsync(workload, async () =>
            {
                if (ShouldProcess($"{workload} on {cluster.Server}", "Restart"))
                    started.Add((cluster, await WorkloadRestart.StartAsync(cluster, workload, cancel)));
            }, cancel);
        }
        // All have been told; now they roll out side by side.
        DateTime deadline = DateTime.UtcNow + Patience;
        foreach ((MeshCluster cluster, RestartedWorkload workload) in started)
        {
            await TryAsync(workload, async () =>
            {
                TimeSpan left = deadline - DateTime.UtcNow;
                WriteObject(NoWait ? workload : await WorkloadRestart.WaitAsync(cluster, workload, left > TimeSpan.FromSeconds(1) ? left : TimeSpan.FromSeconds(1), Reporter, cancel));
            }, cancel);
        }
    }

    private async Task AddOwnerAsync(MeshPod pod, CancellationToken cancel)
    {
        MeshCluster cluster = ConnectedClusters.Named(pod.Cluster);
        if (!_owners.TryGetValue(cluster, out WorkloadOwners? owners))
            _owners[cluster] = owners = new WorkloadOwners(cluster);
        WorkloadReference? owner = await owners.FindAsync(pod, cancel);
        await AddAsync(cluster, owner ?? throw new MeshException("PodHasNoController", FailureKind.NotSupported,
            $"{cluster.Server}: pod {pod} cannot be restarted: no controller would make a new one.", "Delete it and create it anew from its manifest.", pod), cancel);
    }

    private async Task AddAsync(MeshCluster cluster, WorkloadReference workload, CancellationToken cancel)
    {
        if (!_seen.Add((cluster.Name, workload)))
            return;
        await WorkloadRestart.CheckAsync(cluster, workload, cancel);
        _asked.Add((cluster, workload));
    }

    private async Task TryAsync(object target, Func<Task> work, CancellationToken cancel)
    {
        try
        {
            await work();
        }
        catch (Exception e) when (e is not PipelineStoppedException && !cancel.IsCancellationRequested)
        {
            WriteFailure(e, target);
        }
    }
}
