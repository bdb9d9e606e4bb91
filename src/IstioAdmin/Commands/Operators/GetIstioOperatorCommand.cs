using System.Management.Automation;
using IstioAdmin.Completion;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Operators;

namespace IstioAdmin.Commands;

/// <summary>Finds the operators that run meshes, whoever installed them.</summary>
[Cmdlet(VerbsCommon.Get, "IstioOperator", DefaultParameterSetName = ByName), OutputType(typeof(IstioOperator))]
public sealed class GetIstioOperatorCommand : PipedClusterCommand
{
    /// <summary>Which operators; all of them by default.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateSet("Banzai", "Cisco", "Sail")]
    public string[]? Distribution { get; set; }

    /// <summary>One namespace; all of them by default.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = ByName)]
    [Parameter(ParameterSetName = ByCluster)]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Namespace { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancel) => ForEachClusterAsync(FindAsync, cancel);

    private async Task FindAsync(MeshCluster cluster, CancellationToken cancel)
    {
        IstioOperatorKind[] kinds = [.. (Distribution ?? []).Select(name => Enum.Parse<IstioOperatorKind>(name, ignoreCase: true)).Distinct()];
        await foreach (IstioOperator found in IstioOperators.FindAsync(cluster, kinds, Namespace, cancel))
            WriteObject(found);
    }
}
