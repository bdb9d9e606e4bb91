using System.Management.Automation;
using IstioAdmin.Completion;
using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Commands;

/// <summary>The base of the cmdlets that install, update and remove an operator.</summary>
public abstract class OperatorChangeCommand : PlannedMeshCommand
{
    /// <summary>Which operator.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateSet("Banzai", "Cisco", "Sail")]
    public string Distribution { get; set; } = "";

    /// <summary>Its namespace.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = ByName)]
    [Parameter(ParameterSetName = ByCluster)]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Namespace { get; set; }

    /// <summary><see cref="Distribution"/>, for Core.</summary>
    private protected IstioOperatorKind Kind => Enum.Parse<IstioOperatorKind>(Distribution, ignoreCase: true);
}
