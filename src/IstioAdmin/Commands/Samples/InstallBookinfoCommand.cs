using System.Management.Automation;
using IstioAdmin.Completion;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Changes;
using IstioAdmin.Core.Samples;

namespace IstioAdmin.Commands;

/// <summary>Installs Istio's sample application, or brings an installation to another version, and waits until it runs.</summary>
[Cmdlet(VerbsLifecycle.Install, "Bookinfo", SupportsShouldProcess = true, DefaultParameterSetName = ByName), OutputType(typeof(MeshSample))]
public sealed class InstallBookinfoCommand : PlannedMeshCommand
{
    private BookinfoRelease _release = null!;

    /// <summary>Namespace to install it in, which must exist; the context's own by default.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true, ParameterSetName = ByName)]
    [Parameter(Position = 0, ParameterSetName = ByCluster)]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Namespace { get; set; }

    /// <summary>Version of the sample's images; the newest known by default.</summary>
    [Parameter(Position = 1)]
    [ArgumentCompleter(typeof(BookinfoVersionCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Version { get; set; }

    /// <summary>Registry and path that the image names are appended to; docker.io/istio by default.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Registry { get; set; }

    /// <summary>Publish the product page through Istio's ingress gateway. Without it no gateway is installed, and one that is there stays.</summary>
    [Parameter]
    public SwitchParameter WithGateway { get; set; }

    /// <summary>Take over objects and fields that somebody else manages.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override Task BeginAsync(CancellationToken cancel)
    {
        // A slip in the version concerns the whole command, not one cluster of it.
        _release = Version is null ? BookinfoRelease.Latest : BookinfoRelease.Find(Version);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancel) => ForEachClusterAsync(InstallAsync, cancel);

    private async Task InstallAsync(MeshCluster cluster, CancellationToken cancel)
    {
        var options = new BookinfoOptions
        {
            Namespace = Namespace ?? cluster.Namespace,
            Release = _release,
            Registry = Registry ?? BookinfoOptions.DefaultRegistry,
            WithGateway = WithGateway,
            Force = Force,
        };
        ChangePlan plan = await Bookinfo.PlanInstallAsync(cluster, options, Reporter, cancel);
        if (Approve(plan) is { } approved)
            WriteObject(await Bookinfo.InstallAsync(approved, NoWait ? null : Patience, Reporter, cancel));
    }
}
