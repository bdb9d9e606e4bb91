using System.Management.Automation;
using System.Text.Json.Nodes;
using IstioAdmin.Completion;
using IstioAdmin.Core;
using IstioAdmin.Core.Pke;
using IstioAdmin.Core.Pke.Changes;
using IstioAdmin.Core.Pke.Waiting;

namespace IstioAdmin.Commands;

/// <summary>Changes clusters: scales, adds and removes node pools, upgrades Kubernetes, runs post hooks.</summary>
[Cmdlet(VerbsCommon.Set, "PkeCluster", SupportsShouldProcess = true, DefaultParameterSetName = ByName), OutputType(typeof(PkeCluster))]
public sealed class SetPkeClusterCommand : PkeClusterCommand
{
    /// <summary>Pools to add; one of a name that the cluster has is changed to this size, price and labels.</summary>
    [Parameter]
    [ValidateNotNull]
    public PkeNodePool[] NodePool { get; set; } = [];

    /// <summary>Names of pools to remove, with their machines.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(NodePoolCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] RemoveNodePool { get; set; } = [];

    /// <summary>Names of pools to scale by -Count, -MinCount, -MaxCount and -Autoscaling.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(NodePoolCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] ScaleNodePool { get; set; } = [];

    /// <summary>Machines of these pools.</summary>
    [Parameter]
    public int? Count { get; set; }

    /// <summary>The fewest machines.</summary>
    [Parameter]
    public int? MinCount { get; set; }

    /// <summary>The most machines.</summary>
    [Parameter]
    public int? MaxCount { get; set; }

    /// <summary>Whether the cluster autoscaler may change the number.</summary>
    [Parameter]
    public bool? Autoscaling { get; set; }

    /// <summary>Version of Kubernetes to go to.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? KubernetesVersion { get; set; }

    /// <summary>Post hooks to run again: names, or a hashtable with their parameters.</summary>
    [Parameter]
    [ValidateNotNull]
    public object? PostHook { get; set; }

    /// <summary>Seconds to wait for each change; like every -Timeout of this module.</summary>
    [Parameter]
    [ValidateRange(1, 86400)]
    public int Timeout { get; set; } = 1800;

    /// <summary>Return as soon as the change is accepted.</summary>
    [Parameter]
    public SwitchParameter NoWait { get; set; }

    private bool ChangesPools => NodePool.Length + RemoveNodePool.Length + ScaleNodePool.Length > 0;

    /// <inheritdoc/>
    protected override Task BeginAsync(CancellationToken cancel)
    {
        bool sized = Count is not null || MinCount is not null || MaxCount is not null || Autoscaling is not null;
        if (!ChangesPools && KubernetesVersion is null && PostHook is null)
            throw Unclear("Nothing to change is named.", sized ? "Name the pools with -ScaleNodePool." : "Give -ScaleNodePool, -NodePool, -RemoveNodePool, -KubernetesVersion or -PostHook.");
        if (sized != ScaleNodePool.Length > 0)
            throw Unclear(sized ? "A size is given, but no pool." : "-ScaleNodePool names pools, but no size is given.", "Give both -ScaleNodePool and one of -Count, -MinCount, -MaxCount and -Autoscaling.");
        // Pipeline takes one change at a time.
        if (NoWait && ChangesPools && KubernetesVersion is not null)
            throw Unclear("Pools and version cannot both be changed without waiting in between.", "Leave -NoWait out, or change one of them.");
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancel) => ForEachClusterAsync(async (cluster, cancel) =>
    {
        JsonObject? hooks = PkeArguments.PostHooks(SessionState, PostHook);
        // Nothing is begun that cannot be finished.
        if (KubernetesVersion is { } wanted)
            PkeChange.CheckVersion(cluster, wanted);
        if (ChangesPools && await ChangePoolsAsync(cluster, cancel))
            cluster = await SettleAsync(cluster, cancel);
        if (KubernetesVersion is { } version && !PkeChange.IsVersion(cluster, version) && ShouldProcess(Target(cluster), $"Upgrade Kubernetes from {cluster.Version} to {version}"))
        {
            await PkeChange.UpgradeAsync(cluster, version, cancel);
            cluster = await SettleAsync(cluster, cancel);
        }
        if (hooks is not null && ShouldProcess(Target(cluster), $"Run post hooks {string.Join(", ", hooks.Select(hook => hook.Key))}"))
            await PkeChange.RunPostHooksAsync(cluster, hooks, cancel);
        WriteObject(cluster);
    }, cancel);

    private static string Target(PkeCluster cluster) => $"{cluster.Name} of organization {cluster.Organization} at {cluster.Pipeline.Endpoint}";

    private static MeshException Unclear(string what, string remedy) => new("PkeChangeUnclear", FailureKind.InvalidInput, what, remedy);

    /// <summary>Whether a change was accepted.</summary>
    private async Task<bool> ChangePoolsAsync(PkeCluster cluster, CancellationToken cancel)
    {
        PkeNodePool[] changed = [.. NodePool, .. ScaleNodePool.Select(name => PkeChange.Scaled(cluster, name, Count, MinCount, MaxCount, Autoscaling))];
        IReadOnlyList<PkeNodePool> pools = PkeChange.Plan(cluster, changed, RemoveNodePool);
        IReadOnlyList<string> words = PkeChange.Describe(cluster, pools);
        if (words.Count == 0)
        {
            WriteVerbose($"The node pools of cluster '{cluster.Name}' are as asked for already.");
            return false;
        }
        if (!ShouldProcess(Target(cluster), char.ToUpperInvariant(words[0][0]) + string.Join("; ", words)[1..]))
            return false;
        await PkeChange.SetPoolsAsync(cluster, pools, Reporter, cancel);
        return true;
    }

    /// <summary>The cluster when the change is done; with -NoWait, as it is now.</summary>
    private async Task<PkeCluster> SettleAsync(PkeCluster cluster, CancellationToken cancel) => NoWait
        ? await PkeClusters.FindAsync(cluster.Pipeline, cluster.Id, cancel)
        : await WaitAsync(cluster, PkeClusterStatus.Updating, token => PkeWait.UntilRunningAsync(cluster, TimeSpan.FromSeconds(Timeout), Reporter, token, afterChange: true), cancel);
}
