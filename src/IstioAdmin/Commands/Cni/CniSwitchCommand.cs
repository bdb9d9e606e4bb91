using System.Management.Automation;
using IstioAdmin.Completion;
using IstioAdmin.Core;
using IstioAdmin.Core.Cni.Migration;
using IstioAdmin.Core.Cni.Prerequisites;
using IstioAdmin.Core.Cni.Switching;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Operators;
using IstioAdmin.Core.Redirection.Sources;

namespace IstioAdmin.Commands;

/// <summary>The base of the cmdlets that switch how a mesh's pods are redirected.</summary>
public abstract class CniSwitchCommand : WaitingMeshCommand
{
    private const int MostAlike = 3;

    /// <summary>Name of the operator's resource; needed where there are several.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true, ParameterSetName = ByName)]
    [Parameter(Position = 0, ParameterSetName = ByCluster)]
    [ArgumentCompleter(typeof(IstioMeshCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>Replace the pods that are redirected the former way, workload by workload, and prove each before the next.</summary>
    [Parameter]
    public SwitchParameter Migrate { get; set; }

    /// <summary>Namespaces whose workloads are migrated, with wildcards; all by default.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Namespace { get; set; } = [];

    /// <summary>How many workloads may be on the move at a time.</summary>
    [Parameter]
    [ValidateRange(1, 100)]
    public int MaxUnavailable { get; set; } = 1;

    /// <summary>Undo what this run did when it fails.</summary>
    [Parameter]
    public SwitchParameter Rollback { get; set; }

    /// <summary>Go on against failed prerequisites and unproven pods, and take over fields that somebody else manages.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Check no prerequisites.</summary>
    [Parameter]
    public SwitchParameter SkipPrerequisite { get; set; }

    /// <summary>Image of what is started to read the rules of migrated pods; an image that the node's sidecars run by default.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? InspectorImage { get; set; }

    /// <summary>Namespace of inspector pods.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? InspectorNamespace { get; set; }

    /// <summary>What the cmdlet wants besides the switch itself.</summary>
    private protected virtual CniWish Wish => new();

    private protected abstract Task<CniPlan> PlanAsync(MeshCluster cluster, CniRequest request, CancellationToken cancel);

    /// <summary>What to tell when workloads are left as they were.</summary>
    private protected abstract string Remaining(int workloads);

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancel) => ForEachClusterAsync(SwitchAsync, cancel);

    private async Task SwitchAsync(MeshCluster cluster, CancellationToken cancel)
    {
        NamePattern[] namespaces = [.. Namespace.Select(NamePattern.Parse)];
        var request = new CniRequest
        {
            Name = Name,
            Wish = Wish,
            Migrate = Migrate,
            WantsNamespace = namespaces.Length == 0 ? null : name => Array.Exists(namespaces, pattern => pattern.IsMatch(name)),
            Force = Force,
            CheckPrerequisites = !SkipPrerequisite,
        };
        CniPlan plan = await PlanAsync(cluster, request, cancel);
        Tell(plan);
        if (Approve(plan) is not { } approved)
            return;
        var options = new CniRunOptions
        {
            Wait = NoWait ? null : Patience,
            Test = RedirectionTesting.Tester(cluster, new RulesReadOptions { InspectorImage = InspectorImage, InspectorNamespace = InspectorNamespace }, Reporter),
            MaxUnavailable = MaxUnavailable,
            Rollback = Rollback,
        };
        CniOutcome outcome = await CniSwitch.RunAsync(approved, options, Reporter, cancel);
        if (outcome.Failure is null && outcome.State.Workloads.Count(workload => workload.Outcome is MigrationOutcome.Pending) is > 0 and var left)
            WriteWarning(Remaining(left));
        foreach (WorkloadMigration skipped in outcome.State.Workloads.Where(workload => Migrate && workload.Outcome == MigrationOutcome.Skipped))
            WriteWarning($"{skipped} was not migrated: {skipped.Message}");
        WriteObject(outcome.State);
        if (outcome.Failure is { } failure)
            WriteFailure(failure, outcome.State);
    }

    /// <summary>Prints what the prerequisites deserve, and stops at those that forbid to go on.</summary>
    private void Tell(CniPlan plan)
    {
        IReadOnlyList<PrerequisiteResult> fatal = CniSwitch.Forbidding(plan);
        foreach (var alike in plan.Prerequisites.Where(result => result.Status is PrerequisiteStatus.Warn or PrerequisiteStatus.Fail).GroupBy(result => result.Name))
        {
            if (!Force && fatal.Any(result => result.Name == alike.Key))
                continue;
            foreach (PrerequisiteResult result in alike.Take(MostAlike))
                WriteWarning($"{result.Name}{(result.Target is null ? "" : $" ({result.Target})")}: {result.Message} {result.Hint}");
            if (alike.Count() > MostAlike)
                WriteWarning($"{alike.Key}: {alike.Count() - MostAlike} more; see Test-MeshPrerequisite.");
        }
        foreach (PrerequisiteResult unknown in plan.Prerequisites.Where(result => result.Status == PrerequisiteStatus.Unknown))
            WriteVerbose($"{unknown.Name} is not known: {unknown.Message} {unknown.Hint}");
        if (fatal.Count == 0 || Force)
            return;
        throw new MeshException("PrerequisiteFailed", FailureKind.Conflict,
            $"{plan.Cluster.Server}: nothing was changed, because {string.Join("; ", fatal.Select(result => $"{result.Name}{(result.Target is null ? "" : $" ({result.Target})")}: {result.Message.TrimEnd('.')}"))}.",
            $"{fatal[0].Hint} Test-MeshPrerequisite shows all checks; -Force goes on all the same.", plan.Cluster);
    }

    /// <summary>Asks about each thing that would change; null when nothing may be done.</summary>
    private CniPlan? Approve(CniPlan plan)
    {
        string where = $"on {plan.Cluster.Server}";
        bool declined = false;
        foreach (CniChange change in plan.Changes)
            declined |= !ShouldProcess($"{change.Target} {where}", change.Fields is null ? "Delete" : "Apply");
        if (plan.Roll is { } daemons)
            declined |= !ShouldProcess($"{daemons}, so that nodes see its settings, {where}", "Restart");
        if (plan.Replaced is { } replaced && !ShouldProcess($"{(replaced == 1 ? "1 pod that was" : $"{replaced} pods that were")} replaced before {where}", "Test, and replace again those that are not redirected"))
            plan = plan with { Replaced = null };
        if (Migrate)
        {
            plan = plan with
            {
                Workloads = plan.Workloads.Select(workload => workload.Outcome != MigrationOutcome.Pending || ShouldProcess($"{workload.Target} {where}", "Replace pods")
                    ? workload
                    : workload with { Outcome = MigrationOutcome.Skipped, Message = "It was declined." }).ToArray(),
            };
        }
        return declined || IsWhatIf ? null : plan;
    }
}
