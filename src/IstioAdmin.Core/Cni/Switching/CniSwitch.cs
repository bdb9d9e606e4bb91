using System.Text.Json.Nodes;
using IstioAdmin.Core.Cni.Migration;
using IstioAdmin.Core.Cni.Prerequisites;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Applying;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Mesh.Changes;
using IstioAdmin.Core.Operators;

namespace IstioAdmin.Core.Cni.Switching;

/// <summary>
/// Switches the way in which a mesh's pods are redirected. Planning and running are two steps, so that whoever asks can see and approve each change.
/// All state is in the cluster: a run that was interrupted is continued by the next one.
/// </summary>
public static class CniSwitch
{
    /// <summary>Plans to switch the plugin on. Nothing in the cluster changes.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="request">What is asked.</param>
    /// <param name="reporter">Hears what could not be looked at.</param>
    /// <param name="cancel">Stops.</param>
    /// <exception cref="ApplyConflictException">Another manager than the operator owns fields that have to change.</exception>
    /// <exception cref="MeshException">As <see cref="CniTargets.OneAsync"/>, or the server refused.</exception>
    public static async Task<CniPlan> PlanEnableAsync(MeshCluster cluster, CniRequest request, IReporter reporter, CancellationToken cancel)
    {
        PluginLogLevel.Check(request.Wish.LogLevel);
        CniTarget target = await CniTargets.OneAsync(cluster, request.Name, cancel).ConfigureAwait(false);
        CniWish wish = await ProviderCni.CompleteAsync(cluster, target, request.Wish, cancel).ConfigureAwait(false);
        CniSettings wanted = After(target.Settings, wish, true);
        IReadOnlyList<PrerequisiteResult> prerequisites = request.CheckPrerequisites
            ? await MeshPrerequisites.RunAsync(cluster, target, wanted, reporter, cancel).ConfigureAwait(false)
            : [];
        IReadOnlyList<CniChange> changes = await EffectiveAsync(cluster.Client, target, target.Operator.Cni.Enable(target.Resources, wish), request.Force, reporter, cancel).ConfigureAwait(false);
        AgentsState agents = await AgentsState.ReadAsync(cluster.Client, target.AgentNamespace, cancel).ConfigureAwait(false);
        bool others = wish.ExcludedNamespaces is { } excluded && agents.Excluded is { } has && !excluded.Order(StringComparer.Ordinal).SequenceEqual(has.Order(StringComparer.Ordinal));
        return new CniPlan
        {
            Cluster = cluster,
            Request = request,
            On = true,
            Prerequisites = prerequisites,
            Changes = changes,
            Roll = agents.Reference is { } daemons && (others || agents.Behind().Count > 0) ? daemons.ToString() : null,
            Workloads = await WorkloadsAsync(cluster, RedirectMethod.InitContainer, request, reporter, cancel).ConfigureAwait(false),
            Replaced = await ReplacedAsync(cluster, RedirectMethod.Cni, request, reporter, cancel).ConfigureAwait(false),
            Target = target,
            Wanted = wanted,
        };
    }

    /// <summary>Plans to switch the plugin off. Nothing in the cluster changes.</summary>
    /// <inheritdoc cref="PlanEnableAsync"/>
    public static async Task<CniPlan> PlanDisableAsync(MeshCluster cluster, CniRequest request, IReporter reporter, CancellationToken cancel)
    {
        CniTarget target = await CniTargets.OneAsync(cluster, request.Name, cancel).ConfigureAwait(false);
        IReadOnlyList<CniChange> changes = await EffectiveAsync(cluster.Client, target, target.Operator.Cni.Disable(target.Resources, target.Others), request.Force, reporter, cancel).ConfigureAwait(false);
        return new CniPlan
        {
            Cluster = cluster,
            Request = request,
            On = false,
            Prerequisites = request.CheckPrerequisites ? await MeshPrerequisites.OfInitAsync(cluster, reporter, cancel).ConfigureAwait(false) : [],
            Changes = changes,
            Workloads = await WorkloadsAsync(cluster, RedirectMethod.Cni, request, reporter, cancel).ConfigureAwait(false),
            Replaced = await ReplacedAsync(cluster, RedirectMethod.InitContainer, request, reporter, cancel).ConfigureAwait(false),
            Target = target,
            Wanted = target.Settings with { Enabled = false },
        };
    }

    /// <summary>The failed checks that forbid to go on; empty when none does.</summary>
    public static IReadOnlyList<PrerequisiteResult> Forbidding(CniPlan plan) => [.. plan.Prerequisites.Where(result => result.IsFatal)];

    /// <summary>Runs a plan: changes the resources, waits until the cluster follows, and replaces pods where that was asked for.</summary>
    /// <param name="plan">The plan, without the workloads that were not approved.</param>
    /// <param name="options">How to run it.</param>
    /// <param name="reporter">Told about progress.</param>
    /// <param name="cancel">Stops. What was changed stays; the next run continues.</param>
    /// <returns>The state afterwards, also when a failure stopped the run.</returns>
    /// <exception cref="MeshException">The server refused the first change, or the state afterwards could not be read.</exception>
    public static async Task<CniOutcome> RunAsync(CniPlan plan, CniRunOptions options, IReporter reporter, CancellationToken cancel) =>
        await new CniSwitchRun(plan, options, reporter).RunAsync(cancel).ConfigureAwait(false);

    private static async Task<IReadOnlyList<WorkloadMigration>> WorkloadsAsync(MeshCluster cluster, RedirectMethod from, CniRequest request, IReporter reporter, CancellationToken cancel)
    {
        try
        {
            return await MigrationPlanner.FindAsync(cluster, from, request.WantsNamespace, reporter, cancel).ConfigureAwait(false);
        }
        catch (MeshException e) when (!request.Migrate && e.Kind == FailureKind.Forbidden)
        {
            reporter.Warn($"The workloads that have to be restarted after the switch cannot be listed: {e.Advice}");
            return [];
        }
    }

    private static async Task<int?> ReplacedAsync(MeshCluster cluster, RedirectMethod to, CniRequest request, IReporter reporter, CancellationToken cancel) =>
        request.Migrate && (await ReplacedBefore.ListAsync(cluster, to, request.WantsNamespace, reporter, cancel).ConfigureAwait(false)).Count is > 0 and var count ? count : null;

    /// <summary>The changes that would change something; the server says so in a dry run.</summary>
    internal static async Task<IReadOnlyList<CniChange>> EffectiveAsync(KubeClient client, CniTarget target, IReadOnlyList<CniChange> changes, bool force, IReporter reporter, CancellationToken cancel)
    {
        List<CniChange> effective = [];
        foreach (CniChange change in changes)
        {
            if (change.Fields is null || (await ApplyAsync(client, target, change, new ApplyOptions(force, DryRun: true), reporter, cancel).ConfigureAwait(false)).Outcome != ApplyOutcome.Unchanged)
                effective.Add(change);
        }
        return effective;
    }

    /// <summary>Applies a change on top of what was applied earlier: whoever applies less than the last time gives the rest back.</summary>
    internal static async Task<AppliedObject> ApplyAsync(KubeClient client, CniTarget target, CniChange change, ApplyOptions options, IReporter reporter, CancellationToken cancel)
    {
        JsonObject? live = await client.GetAsync(change.Resource, change.Namespace, change.Name, cancel).ConfigureAwait(false);
        JsonObject manifest = live is null ? [] : ManagedFields.AppliedBy(KubeApply.FieldManager, live);
        manifest.Merge(change.Fields!);
        manifest.Remove("status");
        manifest.Merge(new JsonObject { ["metadata"] = new JsonObject { ["name"] = change.Name } });
        if (change.Namespace is { } ns)
            manifest["metadata"]!["namespace"] = ns;
        return await MeshApply.ApplyAsync(client, change.Resource, manifest, target.Operator.Cni.FieldManagers, options, reporter, cancel).ConfigureAwait(false);
    }

    internal static CniSettings After(CniSettings now, CniWish wish, bool on) => now with
    {
        Enabled = on,
        ExcludedNamespaces = wish.ExcludedNamespaces ?? now.ExcludedNamespaces,
        BinDir = wish.BinDir ?? now.BinDir,
        ConfDir = wish.ConfDir ?? now.ConfDir,
        LogLevel = wish.LogLevel ?? now.LogLevel,
    };
}
