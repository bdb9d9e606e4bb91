using System.Management.Automation;
using IstioAdmin.Completion;
using IstioAdmin.Core.Cni.Prerequisites;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Operators;

namespace IstioAdmin.Commands;

/// <summary>Checks what must hold before the CNI plugin redirects a mesh's pods.</summary>
[Cmdlet(VerbsDiagnostic.Test, "MeshPrerequisite", DefaultParameterSetName = ByName), OutputType(typeof(PrerequisiteResult), typeof(bool))]
public sealed class TestMeshPrerequisiteCommand : PipedClusterCommand
{
    private bool _failed;

    /// <summary>Name of the operator's resource; needed where there are several.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true, ParameterSetName = ByName)]
    [Parameter(Position = 0, ParameterSetName = ByCluster)]
    [ArgumentCompleter(typeof(IstioMeshCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>Namespaces whose pods the plugin shall leave alone.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    [AllowEmptyCollection]
    public string[]? ExcludeNamespace { get; set; }

    /// <summary>The nodes' directory of CNI programs.</summary>
    [Parameter]
    [ValidatePattern("^/")]
    public string? BinDir { get; set; }

    /// <summary>The nodes' directory of CNI configurations.</summary>
    [Parameter]
    [ValidatePattern("^/")]
    public string? ConfDir { get; set; }

    /// <summary>Only tell whether nothing forbids to go on.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancel) => ForEachClusterAsync(TestAsync, cancel);

    /// <inheritdoc/>
    protected override Task EndAsync(CancellationToken cancel)
    {
        if (Quiet)
            WriteObject(!_failed && !HasFailed);
        return Task.CompletedTask;
    }

    private async Task TestAsync(MeshCluster cluster, CancellationToken cancel)
    {
        var wish = new CniWish { ExcludedNamespaces = ExcludeNamespace, BinDir = BinDir, ConfDir = ConfDir };
        foreach (PrerequisiteResult result in await MeshPrerequisites.RunAsync(cluster, Name, wish, Reporter, cancel))
        {
            _failed |= result.IsFatal;
            if (!Quiet)
                WriteObject(result);
        }
    }
}
