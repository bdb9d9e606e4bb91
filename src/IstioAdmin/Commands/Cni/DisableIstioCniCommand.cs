using System.Management.Automation;
using IstioAdmin.Core.Cni;
using IstioAdmin.Core.Cni.Switching;
using IstioAdmin.Core.Kube;

namespace IstioAdmin.Commands;

/// <summary>Lets pods redirect themselves with istio-init again, and removes the CNI plugin where no other mesh uses it.</summary>
[Cmdlet(VerbsLifecycle.Disable, "IstioCni", SupportsShouldProcess = true, DefaultParameterSetName = ByName), OutputType(typeof(IstioCni))]
public sealed class DisableIstioCniCommand : CniSwitchCommand
{
    private protected override Task<CniPlan> PlanAsync(MeshCluster cluster, CniRequest request, CancellationToken cancel) =>
        CniSwitch.PlanDisableAsync(cluster, request, Reporter, cancel);

    private protected override string Remaining(int workloads) =>
        $"Workloads whose pods were redirected by the plugin: {workloads}. They keep their rules while they run; a restart gives them istio-init, which needs NET_ADMIN. Run the command again with -Migrate to restart and prove them.";
}
