using System.Management.Automation;
using IstioAdmin.Completion;
using IstioAdmin.Core.Health;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Redirection.Sources;

namespace IstioAdmin.Commands;

/// <summary>Makes every check of a mesh, as data that prints like a check list.</summary>
[Cmdlet(VerbsDiagnostic.Test, "Mesh"), OutputType(typeof(MeshCheck), typeof(bool))]
public sealed class TestMeshCommand : MeshCommand
{
    private bool _failed;

    /// <summary>Categories of checks, with wildcards; all by default.</summary>
    [Parameter(Position = 0)]
    [ArgumentCompleter(typeof(CheckCategoryCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Category { get; set; } = [];

    /// <summary>Leave out the test of pods' redirection, which takes the longest.</summary>
    [Parameter]
    public SwitchParameter SkipRedirection { get; set; }

    /// <summary>Image of what is started to read rules; an image that the node's sidecars run by default.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? InspectorImage { get; set; }

    /// <summary>Namespace of inspector pods.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? InspectorNamespace { get; set; }

    /// <summary>Only tell whether no check failed.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancel)
    {
        NamePattern[] categories = [.. Category.Select(NamePattern.Parse)];
        return ForEachClusterAsync((cluster, cancel) => TestAsync(cluster, categories, cancel), cancel);
    }

    /// <inheritdoc/>
    protected override Task EndAsync(CancellationToken cancel)
    {
        if (Quiet)
            WriteObject(!_failed);
        return Task.CompletedTask;
    }

    private async Task TestAsync(MeshCluster cluster, NamePattern[] categories, CancellationToken cancel)
    {
        var options = new MeshTestOptions
        {
            Wants = categories.Length == 0 ? null : category => Array.Exists(categories, pattern => pattern.IsMatch(category)),
            SkipRedirection = SkipRedirection,
            Redirection = RedirectionTesting.Tester(cluster, new RulesReadOptions { InspectorImage = InspectorImage, InspectorNamespace = InspectorNamespace }, Reporter),
        };
        await foreach (MeshCheck check in new MeshTest(cluster, options, Reporter).RunAsync(cancel))
        {
            _failed |= check.Status == CheckStatus.Fail;
            if (!Quiet)
                WriteObject(check);
        }
    }
}
