using System.Management.Automation;
using IstioAdmin.Core.Pke.Kubeconfigs;

namespace IstioAdmin.Commands;

/// <summary>Writes the access to clusters into a kubeconfig, beside what is there.</summary>
[Cmdlet(VerbsData.Export, "PkeKubeconfig", SupportsShouldProcess = true, DefaultParameterSetName = ByName), OutputType(typeof(ExportedKubeconfig))]
public sealed class ExportPkeKubeconfigCommand : PkeClusterCommand
{
    /// <summary>The kubeconfig; by default the file that kubectl would write to.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>Name for the context and its cluster, instead of the names that came with them.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? ContextName { get; set; }

    /// <summary>Take the configuration for a personal login through OpenID Connect.</summary>
    [Parameter]
    public SwitchParameter OidcConfig { get; set; }

    /// <summary>Make the context the current one, also when another is.</summary>
    [Parameter]
    public SwitchParameter SetCurrent { get; set; }

    /// <summary>Replace entries of the same name that are about another cluster.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancel) => ForEachClusterAsync(async (cluster, cancel) =>
    {
        var options = new KubeconfigMergeOptions
        {
            Path = Path is null ? KubeconfigFileMerge.DefaultPath : FilePath.Of(SessionState, Path, "Path"),
            ContextName = ContextName,
            Oidc = OidcConfig,
            SetCurrent = SetCurrent,
            Force = Force,
        };
        if (ShouldProcess(options.Path, $"Write the access to cluster '{cluster.Name}'"))
            WriteObject(await KubeconfigFileMerge.ExportAsync(cluster, options, cancel));
    }, cancel);
}
