using System.Management.Automation;
using IstioAdmin.Clusters;
using IstioAdmin.Completion;
using IstioAdmin.Core;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh.Ingress;

namespace IstioAdmin.Commands;

/// <summary>Fetches a page through an ingress gateway, and opens it in the browser where there is one.</summary>
[Cmdlet(VerbsCommon.Show, "IstioIngress", DefaultParameterSetName = ByName), OutputType(typeof(IngressPage))]
public sealed class ShowIstioIngressCommand : MeshCommand
{
    private const string ByName = "Name";
    private const string ByObject = "Ingress";

    /// <summary>Name of the Service; the only ingress gateway by default.</summary>
    [Parameter(Position = 0, ParameterSetName = ByName)]
    [ArgumentCompleter(typeof(IstioIngressCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>Its namespace.</summary>
    [Parameter(ParameterSetName = ByName)]
    [ArgumentCompleter(typeof(NamespaceCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string? Namespace { get; set; }

    /// <summary>An ingress gateway, from Get-IstioIngress.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ByObject)]
    public MeshIngress? Ingress { get; set; }

    /// <summary>The path; that of the first route that a browser can open by default.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>The host that the request is for.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? HostName { get; set; }

    /// <summary>Go through the API server even if there is an address.</summary>
    [Parameter]
    public SwitchParameter PortForward { get; set; }

    /// <summary>The port of this machine to forward; any that is free by default.</summary>
    [Parameter]
    [ValidateRange(0, 65535)]
    public int LocalPort { get; set; }

    /// <summary>Go on forwarding until the command is stopped, even if no browser was opened.</summary>
    [Parameter]
    public SwitchParameter KeepForwarding { get; set; }

    /// <summary>Open no browser.</summary>
    [Parameter]
    public SwitchParameter NoBrowser { get; set; }

    /// <summary>Seconds that the page may take.</summary>
    [Parameter]
    [ValidateRange(1, 86400)]
    public int Timeout { get; set; } = 30;

    /// <inheritdoc/>
    [Parameter(ParameterSetName = ByName)]
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = ByObject)]
    [ConnectedCluster]
    [ArgumentCompleter(typeof(ClusterCompleter))]
    [SupportsWildcards]
    public override MeshCluster[]? Cluster { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancel) => ForEachClusterAsync(async (cluster, cancel) =>
    {
        MeshIngress ingress = await FindAsync(cluster, cancel);
        var options = new IngressVisitOptions
        {
            Path = Path,
            HostName = HostName,
            PortForward = PortForward || KeepForwarding,
            LocalPort = LocalPort,
            KeepForwarding = KeepForwarding,
            OpenBrowser = !NoBrowser,
            Timeout = TimeSpan.FromSeconds(Timeout),
        };
        await using IngressVisit visit = await IngressVisitor.VisitAsync(cluster, ingress, options, Reporter, cancel);
        WriteObject(visit.Page);
        if (!visit.IsForwarding)
            return;
        WriteWarning($"{visit.Page.Url} leads to pod {visit.Page.Namespace}/{visit.Pod} through the API server until Ctrl+C ends this command.");
        await Task.Delay(System.Threading.Timeout.Infinite, cancel);
    }, cancel);

    // One from the pipeline is read anew: its pods may be others by now.
    private async Task<MeshIngress> FindAsync(MeshCluster cluster, CancellationToken cancel)
    {
        string? name = Ingress is { } piped ? WildcardPattern.Escape(piped.Name) : Name, ns = Ingress is { } from ? from.Namespace : Namespace;
        var lookup = new IngressLookup(name is null ? null : [name], ns is null ? null : [ns]);
        IReadOnlyList<MeshIngress> found = await lookup.ListAsync(cluster, Reporter, cancel);
        // Several, of which one leads somewhere: that one is meant.
        MeshIngress[] routed = found.Count > 1 ? [.. found.Where(ingress => ingress.Routes.Count > 0)] : [.. found];
        return (found, routed) switch
        {
            ([], _) => throw IngressLookup.NotFound(cluster, Ingress?.Name ?? Name, ns is null ? null : [ns]),
            (_, [var only]) => only,
            _ => throw new MeshException("IngressAmbiguous", FailureKind.InvalidInput,
                $"{cluster.Server} has several ingress gateways that could be meant: {string.Join(", ", routed.Length > 1 ? routed : found)}.",
                "Name one with -Name and -Namespace, or pipe it from Get-IstioIngress.", Name),
        };
    }
}
