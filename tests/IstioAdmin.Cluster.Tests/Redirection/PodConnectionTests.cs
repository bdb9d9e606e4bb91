using IstioAdmin.Core.Redirection.Connections;
using IstioAdmin.Core.Redirection.PacketPaths;
using IstioAdmin.Testing;
using static IstioAdmin.Cluster.Tests.Redirection.PodShapes;

namespace IstioAdmin.Cluster.Tests.Redirection;

/// <summary>Real connections from inside pods, made through an inspector pod.</summary>
[Collection(MeshNode.Collection)]
public sealed class PodConnectionTests(Testbed testbed)
{
    [Fact]
    public async Task A_healthy_pods_connection_enters_the_proxy_as_its_rules_say()
    {
        RedirectionWorld world = await RedirectionWorld.OnAsync(testbed);

        PodConnection connection = await world.ConnectAsync(Today, $"{World}:80", PodShape.AppUser);

        Assert.True(connection.Agrees, string.Join('\n', connection.Text));
        Assert.Equal((ConnectionOutcome.Connected, LegVerdict.Proxied), (connection.Outcome, connection.Predicted.Sender.Verdict));
        Assert.Contains(connection.Observed, hit => hit.Predicted && hit.Text.EndsWith("-j REDIRECT --to-ports 15001", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_rules_it_goes_straight_out_and_that_was_to_be_expected()
    {
        RedirectionWorld world = await RedirectionWorld.OnAsync(testbed);
        PodShape pod = Today with { Name = "connects-straight" };
        await world.StartWithoutRulesAsync(pod);

        PodConnection connection = await world.ConnectAsync(pod, $"{World}:80", PodShape.AppUser);

        await world.DeleteAsync(pod);
        Assert.True(connection.Agrees, string.Join('\n', connection.Text));
        Assert.Equal((ConnectionOutcome.Connected, LegVerdict.Direct, null), (connection.Outcome, connection.Predicted.Sender.Verdict, connection.TakenBy));
        Assert.Empty(connection.Observed);
    }
}
