using System.Management.Automation;
using IstioAdmin.Core.Operators;

namespace IstioAdmin.Commands;

/// <summary>Installs an operator that runs meshes, and waits until it is ready.</summary>
[Cmdlet(VerbsLifecycle.Install, "IstioOperator", SupportsShouldProcess = true, DefaultParameterSetName = ByName), OutputType(typeof(IstioOperator))]
public sealed class InstallIstioOperatorCommand : OperatorInstallCommand
{
    private protected override bool IsUpdate => false;
}
