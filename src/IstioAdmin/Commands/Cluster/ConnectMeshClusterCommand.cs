using System.Management.Automation;
using IstioAdmin.Clusters;
using IstioAdmin.Completion;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Connecting;
using IstioAdmin.Core.Pke;
using IstioAdmin.Core.Pke.Connecting;

namespace IstioAdmin.Commands;

/// <summary>Connects to a cluster and makes it the current one.</summary>
[Cmdlet(VerbsCommunications.Connect, "MeshCluster", DefaultParameterSetName = FromKubeconfig), OutputType(typeof(MeshCluster))]
public sealed class ConnectMeshClusterCommand : AsyncCommand
{
    private const string FromKubeconfig = "Kubeconfig";
    private const string FromConnected = "Cluster";
    private const string FromPke = "PkeCluster";

    /// <summary>Context of the kubeconfig; its current one by default.</summary>
    [Parameter(Position = 0, ParameterSetName = FromKubeconfig)]
    [ArgumentCompleter(typeof(ContextCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Context { get; set; }

    /// <summary>Kubeconfig files, merged like the parts of $KUBECONFIG. By default $KUBECONFIG, then ~/.kube/config, then the pod's own service account.</summary>
    [Parameter(ParameterSetName = FromKubeconfig, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath")]
    [ValidateNotNullOrEmpty]
    public string[] Kubeconfig { get; set; } = [];

    /// <summary>Name by which other cmdlets know the cluster; the context's name, or that of the PKE cluster, by default.</summary>
    [Parameter(ParameterSetName = FromKubeconfig)]
    [Parameter(ParameterSetName = FromPke)]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>Seconds to wait for each answer while connecting.</summary>
    [Parameter(ParameterSetName = FromKubeconfig)]
    [Parameter(ParameterSetName = FromPke)]
    [ValidateRange(1, 86400)]
    public int Timeout { get; set; } = 10;

    /// <summary>A cluster that is connected already, to make it the current one.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = FromConnected)]
    [ConnectedCluster]
    [ArgumentCompleter(typeof(ClusterCompleter))]
    public MeshCluster[]? Cluster { get; set; }

    /// <summary>A cluster of Pipeline's, as Get-PkeCluster returns it. Its kubeconfig is fetched, and stays in memory.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = FromPke)]
    [ValidateNotNull]
    public PkeCluster? PkeCluster { get; set; }

    /// <summary>Log in to the PKE cluster as oneself, through OpenID Connect, instead of as its administrator.</summary>
    [Parameter(ParameterSetName = FromPke)]
    public SwitchParameter OidcConfig { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync(CancellationToken cancel)
    {
        foreach (MeshCluster cluster in Cluster ?? [PkeCluster is { } pke ? await PkeKubeconfig.ConnectAsync(pke, OidcConfig, Name, TimeSpan.FromSeconds(Timeout), Reporter, cancel) : await ConnectAsync(cancel)])
        {
            ConnectedClusters.Add(cluster);
            WriteObject(ConnectedClusters.ForDisplay(cluster));
        }
    }

    /// <summary>What follows a connection depends on it: a script must not go on with the cluster that was current before.</summary>
    protected override bool IsTerminating(Exception failure) => true;

    private Task<MeshCluster> ConnectAsync(CancellationToken cancel)
    {
        var options = new ConnectOptions
        {
            Kubeconfig = [.. Kubeconfig.Select(path => FilePath.Of(SessionState, path, "Kubeconfig"))],
            Context = Context,
            Name = Name,
            Timeout = TimeSpan.FromSeconds(Timeout),
        };
        return ClusterConnector.ConnectAsync(options, Reporter, cancel);
    }
}
