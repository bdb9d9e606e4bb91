using System.Management.Automation;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Changes;
using IstioAdmin.Core.Operators;

namespace IstioAdmin.Commands;

/// <summary>Removes an operator, and what it leaves behind.</summary>
[Cmdlet(VerbsLifecycle.Uninstall, "IstioOperator", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High, DefaultParameterSetName = ByName), OutputType(typeof(IstioOperator))]
public sealed class UninstallIstioOperatorCommand : OperatorChangeCommand
{
    /// <summary>Remove the definitions of its resources too, and of Istio's where it made them, with every object of these kinds.</summary>
    [Parameter]
    public SwitchParameter IncludeCrd { get; set; }

    /// <summary>Remove its namespace too, with all that is in it, where Install-IstioOperator made it.</summary>
    [Parameter]
    public SwitchParameter IncludeNamespace { get; set; }

    /// <summary>Remove meshes with it, and an operator that somebody else installed.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Take the operator's finalizers off meshes that do not go by themselves.</summary>
    [Parameter]
    public SwitchParameter ReleaseFinalizer { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancel) => ForEachClusterAsync(RemoveAsync, cancel);

    private async Task RemoveAsync(MeshCluster cluster, CancellationToken cancel)
    {
        var options = new OperatorRemovalOptions
        {
            Kind = Kind,
            Namespace = Namespace,
            IncludeDefinitions = IncludeCrd,
            IncludeNamespace = IncludeNamespace,
            Force = Force,
            ReleaseFinalizers = ReleaseFinalizer,
            MeshTimeout = Patience,
        };
        ChangePlan plan = await IstioOperators.PlanRemovalAsync(cluster, options, Reporter, cancel);
        if (Approve(plan) is { } approved)
            WriteObject(await IstioOperators.RemoveAsync(approved, options, NoWait ? null : Patience, Reporter, cancel));
    }
}
