using System.Management.Automation;
using IstioAdmin.Completion;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Changes;
using IstioAdmin.Core.Operators;

namespace IstioAdmin.Commands;

/// <summary>The base of the cmdlets that say which operator there should be.</summary>
public abstract class OperatorInstallCommand : OperatorChangeCommand
{
    /// <summary>The release line by its minor version of Istio; with a chart, the chart's version.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(OperatorVersionCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Version { get; set; }

    /// <summary>The operator's image, with its tag.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Image { get; set; }

    /// <summary>Secrets in the namespace to pull the image with.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[]? ImagePullSecret { get; set; }

    /// <summary>A Helm chart: repository reference, oci:// reference, address, folder or .tgz file.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Chart { get; set; }

    /// <summary>Name of the chart's release.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? ReleaseName { get; set; }

    /// <summary>Values for the chart: a hashtable, or paths of files.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public object[]? Values { get; set; }

    /// <summary>Take over objects and fields that somebody else manages.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Only warn when the cluster's Kubernetes is outside the supported range.</summary>
    [Parameter]
    public SwitchParameter SkipVersionCheck { get; set; }

    /// <summary>Whether there must be an operator already.</summary>
    private protected abstract bool IsUpdate { get; }

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancel) => ForEachClusterAsync(InstallAsync, cancel);

    private async Task InstallAsync(MeshCluster cluster, CancellationToken cancel)
    {
        (var values, IReadOnlyList<string> files) = ChartValues.Read(SessionState, Values);
        var options = new OperatorOptions
        {
            Kind = Kind,
            Namespace = Namespace,
            Version = Version,
            Image = Image,
            PullSecrets = ImagePullSecret ?? [],
            Chart = Chart is null ? null : ChartValues.ChartPath(SessionState, Chart),
            ReleaseName = ReleaseName,
            Values = values,
            ValueFiles = files,
            Force = Force,
            AnyKubernetes = SkipVersionCheck,
            Update = IsUpdate,
        };
        ChangePlan plan = await IstioOperators.PlanInstallAsync(cluster, options, Reporter, cancel);
        if (Approve(plan) is { } approved)
            WriteObject(await IstioOperators.InstallAsync(approved, options, NoWait ? null : Patience, Reporter, cancel));
    }
}
