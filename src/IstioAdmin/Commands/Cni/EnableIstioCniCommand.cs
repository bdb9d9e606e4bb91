using System.Management.Automation;
using IstioAdmin.Completion;
using IstioAdmin.Core.Cni;
using IstioAdmin.Core.Cni.Switching;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Operators;

namespace IstioAdmin.Commands;

/// <summary>Lets Istio's CNI plugin redirect pods instead of a privileged init container, and migrates the workloads that are there.</summary>
[Cmdlet(VerbsLifecycle.Enable, "IstioCni", SupportsShouldProcess = true, DefaultParameterSetName = ByName), OutputType(typeof(IstioCni))]
public sealed class EnableIstioCniCommand : CniSwitchCommand
{
    /// <summary>Namespaces whose pods the plugin leaves alone; an empty list excludes none. Without it the list stays as it is.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    [AllowEmptyCollection]
    public string[]? ExcludeNamespace { get; set; }

    /// <summary>The nodes' directory of CNI programs; the provider's own by default.</summary>
    [Parameter]
    [ValidatePattern("^/")]
    public string? BinDir { get; set; }

    /// <summary>The nodes' directory of CNI configurations; the provider's own by default.</summary>
    [Parameter]
    [ValidatePattern("^/")]
    public string? ConfDir { get; set; }

    /// <summary>The plugin's log level.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(LogLevelCompleter))]
    [ValidateNotNullOrEmpty]
    public string? LogLevel { get; set; }

    private protected override CniWish Wish => new() { ExcludedNamespaces = ExcludeNamespace, BinDir = BinDir, ConfDir = ConfDir, LogLevel = LogLevel };

    private protected override Task<CniPlan> PlanAsync(MeshCluster cluster, CniRequest request, CancellationToken cancel) =>
        CniSwitch.PlanEnableAsync(cluster, request, Reporter, cancel);

    private protected override string Remaining(int workloads) => NoWait
        ? $"Workloads whose pods still carry istio-init: {workloads}. Run the command again without -NoWait, and with -Migrate, once the switch is done."
        : $"Workloads whose pods still carry istio-init: {workloads}. They stay so until they are restarted: run the command again with -Migrate.";
}
