using System.Management.Automation;
using IstioAdmin.Core.Redirection.Connections;
using IstioAdmin.Core.Redirection.Sources;
using IstioAdmin.Inspection;

namespace IstioAdmin.Commands;

/// <summary>Makes one real TCP connection from inside a pod, and compares what becomes of it with what the pod's rules let expect.</summary>
[Cmdlet(VerbsDiagnostic.Test, "PodConnection", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low), OutputType(typeof(PodConnection), typeof(bool))]
public sealed class TestPodConnectionCommand : PodPacketCommand
{
    /// <summary>Seconds until an attempt that nobody answers is given up.</summary>
    [Parameter]
    [ValidateRange(1, 300)]
    public int Timeout { get; set; } = 5;

    /// <summary>Return only whether the connection went as the rules say.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

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
