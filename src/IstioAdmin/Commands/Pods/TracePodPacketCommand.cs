using System.Management.Automation;
using System.Runtime.CompilerServices;
using IstioAdmin.Clusters;
using IstioAdmin.Completion;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.PacketPaths;
using IstioAdmin.Core.Redirection.Sources;
using IstioAdmin.Inspection;

namespace IstioAdmin.Commands;

/// <summary>Follows a packet from a pod to a service, a pod or an address, through the rules of both ends.</summary>
[Cmdlet(VerbsDiagnostic.Trace, "PodPacket"), OutputType(typeof(PacketPath))]
public sealed class TracePodPacketCommand : MeshCommand
{
    /// <summary>The pod that sends.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    public MeshPod? From { get; set; }

    /// <summary>The service, pod or address that it sends to, with a port.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    public string To { get; set; } = "";

    /// <summary>The transport protocol.</summary>
    [Parameter]
    [ValidateSet("Tcp", "Udp")]
    public string Protocol { get; set; } = "Tcp";

    /// <summary>User id of the process that sends.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? UserId { get; set; }

    /// <summary>Group id of that process.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? GroupId { get; set; }

    /// <summary>Where the rules are read.</summary>
    [Parameter]
    [ValidateSet("Auto", "Node", "Ephemeral", "InitLog")]
    public string Source { get; set; } = "Auto";

    /// <summary>Image of inspector pods and ephemeral containers.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? InspectorImage { get; set; }

    /// <summary>Namespace of inspector pods.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? InspectorNamespace { get; set; }

    /// <inheritdoc/>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ConnectedCluster]
    [ArgumentCompleter(typeof(ClusterCompleter))]
    [SupportsWildcards]
    public override MeshCluster[]? Cluster { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancel)
    {
        var options = new PacketPathOptions
        {
            Udp = string.Equals(Protocol, "Udp", StringComparison.OrdinalIgnoreCase),
            UserId = UserId is null ? null : Terms.Id(nameof(UserId), UserId),
            GroupId = GroupId is null ? null : Terms.Id(nameof(GroupId), GroupId),
        };
        return ForEachClusterAsync(async (cluster, cancel) => WriteObject(await TraceAsync(cluster, options, cancel)), cancel);
    }

    private Task<PacketPath> TraceAsync(MeshCluster cluster, PacketPathOptions options, CancellationToken cancel)
    {
        var how = new RulesReadOptions
        {
            Source = Enum.Parse<RulesSource>(Source, ignoreCase: true),
            InspectorImage = InspectorImage,
            InspectorNamespace = InspectorNamespace,
        };
        return PacketPaths.TraceAsync(cluster, From!, To, options, (pods, token) => PodRulesReader.ReadAsync(cluster, Each(pods, token), how, Reporter, token), Reporter, cancel);
    }

    private static async IAsyncEnumerable<MeshPod> Each(IReadOnlyList<MeshPod> pods, [EnumeratorCancellation] CancellationToken cancel)
    {
        await Task.CompletedTask;
        foreach (MeshPod pod in pods)
        {
            cancel.ThrowIfCancellationRequested();
            yield return pod;
        }
    }
}
