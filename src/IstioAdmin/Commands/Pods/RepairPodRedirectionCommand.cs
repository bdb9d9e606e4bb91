using System.Management.Automation;
using IstioAdmin.Clusters;
using IstioAdmin.Completion;
using IstioAdmin.Core;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.Repair;
using IstioAdmin.Core.Redirection.Sources;
using IstioAdmin.Core.Redirection.Verdicts;

namespace IstioAdmin.Commands;

/// <summary>Restarts the pods whose traffic is not redirected as it must be, and tests those that take their places.</summary>
[Cmdlet(VerbsDiagnostic.Repair, "PodRedirection", SupportsShouldProcess = true, DefaultParameterSetName = ByName), OutputType(typeof(RepairedPod))]
public sealed class RepairPodRedirectionCommand : WaitingMeshCommand
{
    private const string ByPod = "Pod";

    private readonly Dictionary<MeshCluster, Dictionary<string, BrokenPod>> _pods = [];

    /// <summary>Names of pods, with wildcards.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ByName)]
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ByCluster)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    /// <summary>Their namespace, with wildcards; the context's own by default.</summary>
    [Parameter(ParameterSetName = ByName)]
    [Parameter(ParameterSetName = ByCluster)]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string? Namespace { get; set; }

    /// <inheritdoc/>
    [Parameter(ParameterSetName = ByName)]
    [ConnectedCluster]
    [ArgumentCompleter(typeof(ClusterCompleter))]
    [SupportsWildcards]
    public override MeshCluster[]? Cluster { get; set; }

    /// <summary>Pods: what Test-PodRedirection returned, or Get-MeshPod.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = ByPod)]
    [Alias("Pod")]
    public MeshPod[] InputObject { get; set; } = [];

    /// <summary>What is known about their redirection; without it they are tested first.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateSet("Unverified", "NotExpected", "Redirected", "Partial", "NotRedirected", "Looping")]
    public string? Verdict { get; set; }

    /// <summary>What the test found.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = ByPod)]
    [Alias("Findings")]
    public RedirectionFinding[] Finding { get; set; } = [];

    /// <summary>Restart even where that is not expected to help, and pods that no controller would make anew.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Image of what is started to read rules; an image that the node's sidecars run by default.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? InspectorImage { get; set; }

    /// <summary>Namespace of inspector pods.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? InspectorNamespace { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync(CancellationToken cancel)
    {
        if (ParameterSetName == ByPod)
        {
            foreach (MeshPod pod in InputObject)
                Add(ConnectedClusters.Named(pod.Cluster), pod);
            return;
        }
        await ForEachClusterAsync(FindAsync, cancel);
    }

    /// <inheritdoc/>
    protected override async Task EndAsync(CancellationToken cancel)
    {
        foreach ((MeshCluster cluster, Dictionary<string, BrokenPod> pods) in _pods)
        {
            try
            {
                await RepairAsync(cluster, [.. pods.Values], cancel);
            }
            catch (Exception e) when (e is not PipelineStoppedException && !cancel.IsCancellationRequested)
            {
                WriteFailure(e, cluster);
            }
        }
    }

    private async Task RepairAsync(MeshCluster cluster, IReadOnlyList<BrokenPod> pods, CancellationToken cancel)
    {
        var options = new RepairOptions
        {
            Test = RedirectionTesting.Tester(cluster, new RulesReadOptions { InspectorImage = InspectorImage, InspectorNamespace = InspectorNamespace }, Reporter),
            CheckNode = RedirectionTesting.NodeChecks(cluster, Reporter),
            Force = Force,
            Wait = NoWait ? null : Patience,
        };
        RepairPlan plan = await PodRepair.PlanAsync(cluster, pods, options, Reporter, cancel);
        foreach (RepairedPod sound in plan.Sound)
            WriteObject(sound);
        foreach ((BrokenPod pod, MeshException why) in plan.Refused)
            WriteFailure(why, pod.Pod);
        foreach (RepairStep step in plan.Steps)
        {
            if (!ShouldProcess($"{step.Target} on {cluster.Server}", step.Action == RepairAction.Restarted ? "Restart" : "Evict"))
                continue;
            try
            {
                await foreach (RepairedPod repaired in PodRepair.RunAsync(cluster, step, options, Reporter, cancel))
                    WriteObject(repaired);
            }
            catch (Exception e) when (e is not PipelineStoppedException && !cancel.IsCancellationRequested)
            {
                WriteFailure(e, step.Pods[0].Pod);
            }
        }
    }

    private async Task FindAsync(MeshCluster cluster, CancellationToken cancel)
    {
        var lookup = new PodLookup(Name, [Namespace ?? cluster.Namespace], new PodSelection());
        await foreach (MeshPod pod in lookup.ListAsync(cluster, Reporter, failure => WriteFailure(failure, failure.Target), cancel))
            Add(cluster, pod);
    }

    // A pod that comes twice is repaired once; the later verdict counts.
    private void Add(MeshCluster cluster, MeshPod pod)
    {
        if (!_pods.TryGetValue(cluster, out Dictionary<string, BrokenPod>? pods))
            _pods[cluster] = pods = new Dictionary<string, BrokenPod>(StringComparer.Ordinal);
        RedirectionVerdict? verdict = Verdict is null ? null : Enum.Parse<RedirectionVerdict>(Verdict);
        // Nothing can be wrong where nothing is expected.
        if (verdict is null && !pod.RedirectionExpected)
            verdict = RedirectionVerdict.NotExpected;
        pods[pod.ToString()] = new BrokenPod(pod, verdict, Finding);
    }
}
