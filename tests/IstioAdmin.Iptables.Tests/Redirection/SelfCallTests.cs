using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Redirection;
using IstioAdmin.Iptables.Tests.Tracing;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Iptables.Tests.Redirection;

/// <summary>
/// The one case in which the proxy's own packets are redirected: an application calls its own service, the proxy picks its own
/// pod as the endpoint, and the call must come in as any other would.
/// </summary>
public sealed class SelfCallTests
{
    private static TraceOutcome Send(PodRedirectionSettings settings, PacketOwner owner, string to, ushort port, string from = "10.244.7.5") =>
        new PacketTracer(PodRedirectionRules.Write(settings, IpFamily.IPv4), World.Pod).Outbound(World.Out(owner, to, port) with { Source = World.Address(from) });

    private static ushort Reached(TraceOutcome outcome) => Assert.IsType<TraceOutcome.Delivered>(outcome).Port;

    [Theory]
    [InlineData("10.244.7.5", 80, 15006)]
    [InlineData("10.244.7.5", 15008, 15008)]
    [InlineData("127.0.0.1", 80, 80)]
    public void Of_the_proxy_only_what_goes_to_the_pod_itself_is_caught(string to, int port, int reached) =>
        Assert.Equal(reached, Reached(Send(Written.Today, World.Proxy, to, (ushort)port)));

    [Fact]
    public void What_the_proxy_passes_on_is_not_caught_again() =>
        Assert.Equal(80, Reached(Send(Written.Today, World.Proxy, "10.244.7.5", 80, from: "127.0.0.6")));

    [Fact]
    public void An_application_calls_itself_directly() => Assert.Equal(80, Reached(Send(Written.Today, World.App, "10.244.7.5", 80)));

    [Fact]
    public void In_the_first_generation_whoever_calls_the_pod_is_caught_for_the_outbound_port()
    {
        Assert.Equal(15001, Reached(Send(Written.First, World.Proxy, "10.244.7.5", 80)));
        Assert.Equal(15001, Reached(Send(Written.First, World.App, "10.244.7.5", 80)));
    }
}
