using IstioAdmin.Core.Cni.Migration;
using IstioAdmin.Core.Cni.Permissions;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Applying;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Operators;
using IstioAdmin.Core.Workloads;

namespace IstioAdmin.Core.Cni.Switching;

/// <summary>Runs the plan of a switch, and takes it back when it fails and that was asked for.</summary>
internal sealed class CniSwitchRun
{
    private readonly CniPlan _plan;
    private readonly CniRunOptions _options;
    private readonly IReporter _reporter;
    private readonly MeshCluster _cluster;
    private readonly CniWait _wait;
    private bool _switched;

    public CniSwitchRun(CniPlan plan, CniRunOptions options, IReporter reporter)
    {
        (_plan, _options, _reporter, _cluster) = (plan, options, reporter, plan.Cluster);
        _wait = new CniWait(plan.Cluster, reporter);
    }

    private CniTarget Target => _plan.Target;

    public async Task<CniOutcome> RunAsync(CancellationToken cancel)
    {
        IReadOnlyList<WorkloadMigration> workloads = _plan.Workloads;
        MeshException? failure = null;
        try
        {
            await SwitchAsync(_plan.Changes, _plan.On, cancel).ConfigureAwait(false);
            if (_options.Wait is { } wait)
            {
                if (_plan.On)
                    await RollAgentsAsync(wait, cancel).ConfigureAwait(false);
                if (_plan.Request.Migrate)
                {
                    workloads = await AddBrokenAsync(workloads, wait, cancel).ConfigureAwait(false);
                    (workloads, failure) = await MigrateAsync(workloads, From, wait, cancel).ConfigureAwait(false);
                }
            }
        }
        catch (MeshException e) when (_switched)
        {
            failure = e;
        }
        if (failure is not null)
            (workloads, failure) = await GoBackAsync(workloads, failure, cancel).ConfigureAwait(false);
        CniTarget now = await Target.AgainAsync(_cluster.Client, cancel).ConfigureAwait(false);
        IstioCni state = await CniReading.OfAsync(_cluster, now, _reporter, cancel).ConfigureAwait(false);
        state = state with { Workloads = workloads.ToArray() };
        if (state.State == IstioCniState.On)
            state = state with { NoLongerNeeded = [.. await new NetAdminGrants(_cluster, _reporter).FindAsync(cancel).ConfigureAwait(false)] };
        return new CniOutcome(state, failure);
    }

    /// <summary>Makes the changes in their order, and waits after each until what it concerns has followed.</summary>
    private async Task SwitchAsync(IReadOnlyList<CniChange> changes, bool on, CancellationToken cancel)
    {
        CniSettings wanted = _plan.Wanted with { Enabled = on };
        foreach (CniChange change in changes)
        {
            _reporter.Progress($"Switching CNI {(on ? "on" : "off")} for {Target.Described}", change.Target);
            if (change.Fields is null)
                await _cluster.Client.DeleteAsync(change.Resource, change.Namespace, change.Name, cancel).ConfigureAwait(false);
            else
                await CniSwitch.ApplyAsync(_cluster.Client, Target, change, new ApplyOptions(_plan.Request.Force), _reporter, cancel).ConfigureAwait(false);
            _switched = true;
            if (_options.Wait is { } wait && change.Parts != CniParts.None)
                await _wait.UntilAsync(Target, on, change.Parts, wanted, wait, cancel).ConfigureAwait(false);
        }
        // Also when nothing had to change: the run before may have been interrupted here.
        if (_options.Wait is { } patience)
            await _wait.UntilAsync(Target, on, on || !KeepsAgents ? CniParts.Agents | CniParts.Injector : CniParts.Injector, wanted, patience, cancel).ConfigureAwait(false);
    }

    /// <summary>Whether agents stay although this mesh does not use them: another does.</summary>
    private bool KeepsAgents => Target.Operator.Cni.AgentResource is not null && !Target.Operator.Cni.Disable(Target.Resources, Target.Others).Any(change => change.Fields is null);

    /// <summary>Agents read their settings when they start; operators do not roll them when only those have changed.</summary>
    private async Task RollAgentsAsync(TimeSpan wait, CancellationToken cancel)
    {
        AgentsState agents = await AgentsState.ReadAsync(_cluster.Client, Target.AgentNamespace, cancel).ConfigureAwait(false);
        // Before Kubernetes 1.21 the time at which a manager wrote is that of its first write to a field: what the plan saw counts as well.
        if (agents.Reference is not { } daemons || (_plan.Roll is null && agents.Behind().Count == 0))
            return;
        RestartedWorkload started = await WorkloadRestart.StartAsync(_cluster, daemons, cancel).ConfigureAwait(false);
        await WorkloadRestart.WaitAsync(_cluster, started, wait, _reporter, cancel).ConfigureAwait(false);
        await _wait.UntilAsync(Target, true, CniParts.Agents, _plan.Wanted, wait, cancel).ConfigureAwait(false);
    }

    private RedirectMethod From => _plan.On ? RedirectMethod.InitContainer : RedirectMethod.Cni;

    private RedirectMethod To => _plan.On ? RedirectMethod.Cni : RedirectMethod.InitContainer;

    /// <summary>What a run before this one has left broken is to be replaced, too.</summary>
    private async Task<IReadOnlyList<WorkloadMigration>> AddBrokenAsync(IReadOnlyList<WorkloadMigration> workloads, TimeSpan wait, CancellationToken cancel)
    {
        if (_plan.Replaced is null)
            return workloads;
        IReadOnlyList<MeshPod> pods = await ReplacedBefore.ListAsync(_cluster, To, _plan.Request.WantsNamespace, _reporter, cancel).ConfigureAwait(false);
        return await ReplacedBefore.AddBrokenAsync(_cluster, pods, workloads, To, Options(wait), _reporter, cancel).ConfigureAwait(false);
    }

    private Task<(IReadOnlyList<WorkloadMigration>, MeshException?)> MigrateAsync(IReadOnlyList<WorkloadMigration> workloads, RedirectMethod from, TimeSpan wait, CancellationToken cancel) =>
        new MigrationRun(_cluster, from, Options(wait), _reporter).RunAsync(workloads, cancel);

    private MigrationOptions Options(TimeSpan wait) => new() { Test = _options.Test, MaxUnavailable = _options.MaxUnavailable, Wait = wait, Force = _plan.Request.Force };

    /// <summary>Says how to go back, or goes back.</summary>
    private async Task<(IReadOnlyList<WorkloadMigration> Workloads, MeshException Failure)> GoBackAsync(IReadOnlyList<WorkloadMigration> workloads, MeshException failure, CancellationToken cancel)
    {
        string back = _plan.On ? "Disable-IstioCni" : "Enable-IstioCni";
        string again = $"To go on, mend it and run the command again; to go back, run {back} -Migrate.";
        if (!_options.Rollback)
            return (workloads, With(failure, again));
        if (!_switched)
        {
            return (workloads, With(failure, $"Nothing was rolled back, because CNI had been switched {(_plan.On ? "on" : "off")} before this run. {again}"));
        }
        try
        {
            _reporter.Warn($"Rolling back: {failure.Message}");
            await UndoAsync(cancel).ConfigureAwait(false);
            WorkloadMigration[] touched = [.. workloads.Where(workload => workload.Outcome is MigrationOutcome.Migrated or MigrationOutcome.Failed)];
            if (touched.Length > 0 && _options.Wait is { } wait)
            {
                // Those of a failed one may be of either sort; what is redirected the new way now is to be replaced.
                IReadOnlyList<WorkloadMigration> now = await MigrationPlanner.FindAsync(_cluster, To, _plan.Request.WantsNamespace, _reporter, cancel).ConfigureAwait(false);
                WorkloadMigration[] replace = [.. now.Where(workload => touched.Any(one => one.Reference == workload.Reference))];
                (IReadOnlyList<WorkloadMigration> replaced, MeshException? second) = await MigrateAsync(replace, To, wait, cancel).ConfigureAwait(false);
                workloads = [.. workloads.Select(workload => replaced.FirstOrDefault(one => one.Reference == workload.Reference) is { } done
                    ? workload with { Outcome = done.Outcome == MigrationOutcome.Migrated ? MigrationOutcome.RolledBack : MigrationOutcome.Failed, Message = done.Message, Verdict = done.Verdict }
                    : workload)];
                if (second is not null)
                    return (workloads, With(failure, $"The switch was undone, but a workload was not: {second.Advice}"));
            }
            return (workloads, With(failure, "The switch and what had been migrated were rolled back."));
        }
        catch (MeshException e)
        {
            return (workloads, With(failure, $"The rollback failed, too: {e.Message} Run {back} -Migrate."));
        }
    }

    private async Task UndoAsync(CancellationToken cancel)
    {
        CniTarget now = await Target.AgainAsync(_cluster.Client, cancel).ConfigureAwait(false);
        CniSettings before = Target.Settings;
        // Who had it on and changed its settings gets the settings back, not another way of redirection.
        bool on = _plan.On ? before.Enabled : true;
        var wish = new CniWish { ExcludedNamespaces = before.ExcludedNamespaces, BinDir = before.BinDir, ConfDir = before.ConfDir, LogLevel = before.LogLevel };
        IReadOnlyList<CniChange> changes = on ? now.Operator.Cni.Enable(now.Resources, wish) : now.Operator.Cni.Disable(now.Resources, now.Others || Target.Resources.Agents is not null);
        foreach (CniChange change in changes)
        {
            if (change.Fields is null)
                await _cluster.Client.DeleteAsync(change.Resource, change.Namespace, change.Name, cancel).ConfigureAwait(false);
            else
                await CniSwitch.ApplyAsync(_cluster.Client, now, change, new ApplyOptions(Force: true), _reporter, cancel).ConfigureAwait(false);
        }
        if (_options.Wait is { } wait)
            await _wait.UntilAsync(now, on, CniParts.Injector, before, wait, cancel).ConfigureAwait(false);
    }

    private static MeshException With(MeshException failure, string more) =>
        new(failure.ErrorId, failure.Kind, failure.Message, $"{failure.Remedy}{(failure.Remedy is null ? "" : " ")}{more}", failure.Target, failure);
}
