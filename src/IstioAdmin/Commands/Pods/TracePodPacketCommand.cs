using System.Management.Automation;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Redirection.PacketPaths;
using IstioAdmin.Core.Redirection.Sources;
using IstioAdmin.Inspection;

namespace IstioAdmin.Commands;

/// <summary>Follows a packet from a pod to a service, a pod or an address, through the rules of both ends.</summary>
[Cmdlet(VerbsDiagnostic.Trace, "PodPacket"), OutputType(typeof(PacketPath))]
public sealed class TracePodPacketCommand : PodPacketCommand
{
    /// <summary>The transport protocol.</summary>
    [Parameter]
    [ValidateSet("Tcp", "Udp")]
    public string Protocol { get; set; } = "Tcp";

    /// <summary>Where the rules are read.</summary>
    [Parameter]
    [ValidateSet("Auto", "Node", "Ephemeral", "InitLog")]
    public string Source { get; set; } = "Auto";

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
        return PacketPaths.TraceAsync(cluster, From!, To, options, (pods, token) => PodRulesReader.ReadAsync(cluster, PodStream.Of(pods), how, Reporter, token), Reporter, cancel);
    }
}
