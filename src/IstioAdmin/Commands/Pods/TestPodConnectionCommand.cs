using System.Management.Automation;
using IstioAdmin.Clusters;
using IstioAdmin.Completion;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.Connections;
using IstioAdmin.Core.Redirection.Sources;
using IstioAdmin.Inspection;

namespace IstioAdmin.Commands;

/// <summary>Makes one real TCP connection from inside a pod, and compares what becomes of it with what the pod's rules let expect.</summary>
[Cmdlet(VerbsDiagnostic.Test, "PodConnection", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low), OutputType(typeof(PodConnection), typeof(bool))]
public sealed class TestPodConnectionCommand : MeshCommand
{
    /// <summary>The pod that sends.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    public MeshPod? From { get; set; }

    /// <summary>The service, pod or address that it connects to, with a port.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    public string To { get; set; } = "";

    /// <summary>User id of the process that connects.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? UserId { get; set; }

    /// <summary>Group id of that process.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? GroupId { get; set; }

    /// <summary>Seconds until an attempt that nobody answers is given up.</summary>
    [Parameter]
    [ValidateRange(1, 300)]
    public int Timeout { get; set; } = 5;

    /// <summary>Image of inspector pods.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? InspectorImage { get; set; }

    /// <summary>Namespace of inspector pods.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? InspectorNamespace { get; set; }

    /// <summary>Return only whether the connection went as the rules say.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <inheritdoc/>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ConnectedCluster]
    [ArgumentCompleter(typeof(ClusterCompleter))]
    [SupportsWildcards]
    public override MeshCluster[]? Cluster { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancel)
    {
        var options = new PodConnectionOptions
        {
            UserId = UserId is null ? null : Terms.Id(nameof(UserId), UserId),
            GroupId = GroupId is null ? null : Terms.Id(nameof(GroupId), GroupId),
            Timeout = TimeSpan.FromSeconds(Timeout),
        };
        var how = new RulesReadOptions { InspectorImage = InspectorImage, InspectorNamespace = InspectorNamespace };
        return ForEachClusterAsync(async (cluster, cancel) =>
        {
            if (!ShouldProcess($"{From} on {cluster.Server}", $"Connect to {To} from inside"))
                return;
            PodConnection connection = await PodConnections.TestAsync(cluster, From!, To, options, how, Reporter, cancel);
            WriteObject(Quiet ? connection.Agrees : connection);
        }, cancel);
    }
}
