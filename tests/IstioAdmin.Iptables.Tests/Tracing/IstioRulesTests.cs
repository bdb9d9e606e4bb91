using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Iptables.Tests.Tracing;

public sealed class IstioRulesTests
{
    private static readonly PacketTracer Details = new(Dump.Parse(Dump.Read("istio-cni-1.1-details.save")), World.Pod);
    private static readonly PacketTracer Annotated = new(Dump.Parse(Dump.Read("istio-cni-1.1-annotated.save")), World.Pod);

    private static ushort DeliveredTo(TraceOutcome outcome) => Assert.IsType<TraceOutcome.Delivered>(outcome).Port;

    [Theory]
    [InlineData(9080, 15001)]
    [InlineData(9081, 9081)]
    public void Inbound_only_the_declared_port_is_captured_without_annotations(int port, int reached) =>
        Assert.Equal(reached, DeliveredTo(Details.Inbound(World.In((ushort)port))));

    [Theory]
    [InlineData(22, 22)]
    [InlineData(9443, 9443)]
    [InlineData(80, 15001)]
    [InlineData(65535, 15001)]
    public void Inbound_everything_but_the_excluded_ports_is_captured(int port, int reached) =>
        Assert.Equal(reached, DeliveredTo(Annotated.Inbound(World.In((ushort)port))));

    [Fact]
    public void Outbound_traffic_of_the_application_goes_to_the_proxy_and_that_of_the_proxy_goes_out()
    {
        Assert.Equal(15001, DeliveredTo(Details.Outbound(World.Out(World.App, "93.184.216.34", 443))));
        Assert.Equal("eth0", Assert.IsType<TraceOutcome.Sent>(Details.Outbound(World.Out(World.Proxy, "93.184.216.34", 443))).Interface);
    }

    [Theory]
    [InlineData("10.96.3.4", true)]
    [InlineData("10.244.7.8", true)]
    [InlineData("10.244.9.8", false)]
    [InlineData("8.8.8.8", false)]
    public void Outbound_ranges_are_included_and_excluded(string to, bool captured) =>
        Assert.Equal(captured, Annotated.Outbound(World.Out(World.App, to, 80)) is TraceOutcome.Delivered { Port: 15001 });

    [Fact]
    public void The_application_reaches_itself_over_localhost_without_the_proxy() =>
        Assert.Equal(9080, DeliveredTo(Details.Outbound(World.Out(World.App, "127.0.0.1", 9080))));

    [Fact]
    public void A_call_of_the_proxy_to_the_pods_own_address_is_caught_again() =>
        Assert.Equal(15001, DeliveredTo(Details.Outbound(World.Out(World.Proxy, "10.244.7.5", 9080))));

    [Fact]
    public void The_path_names_every_rule_that_was_tried()
    {
        var path = new List<TraceStep>();

        Details.Inbound(World.In(9080), path);

        Assert.Equal(
            [
                ("PREROUTING", 1, true), ("ISTIO_INBOUND", 1, true), ("ISTIO_IN_REDIRECT", 1, true), ("INPUT", 0, true),
            ],
            path.Select(step => (step.Chain, step.Number, step.Matched == true)));
    }
}
