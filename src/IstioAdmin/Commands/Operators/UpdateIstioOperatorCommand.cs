using System.Management.Automation;
using IstioAdmin.Core.Operators;

namespace IstioAdmin.Commands;

/// <summary>Brings an installed operator to another version or image, and waits until it is ready.</summary>
[Cmdlet(VerbsData.Update, "IstioOperator", SupportsShouldProcess = true, DefaultParameterSetName = ByName), OutputType(typeof(IstioOperator))]
public sealed class UpdateIstioOperatorCommand : OperatorInstallCommand
{
    private protected override bool IsUpdate => true;
}
