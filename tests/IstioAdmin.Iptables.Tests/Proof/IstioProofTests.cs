using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Proof;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Iptables.Tests.Proof;

public sealed class IstioProofTests
{
    private static Dictionary<string, PacketSet> Prove(string file, string? inInterface, out PacketSpace space)
    {
        var prover = new RulesetProver(Dump.Parse(Dump.Read(file)), Tracing.World.Pod);
        space = prover.Space;
        PacketSet tcpToPod = space.Where(PacketField.Protocol, 6, 6);
        if (inInterface is not null)
        {
            tcpToPod = tcpToPod.And(space.Where(PacketField.Destination, Tracing.World.Address("10.244.7.5"), Tracing.World.Address("10.244.7.5")))
                .And(space.Where(PacketField.Source, [Interval.Of(new AddressPattern(IpFamily.IPv4, 0x0B000000, 0xFF000000))]));
        }
        return prover.Prove(new PacketQuery { InInterface = inInterface, Packets = _ => tcpToPod })
            .ToDictionary(o => $"{o.Outcome.Kind} {o.Outcome.By?.Target}".TrimEnd(), o => o.Packets);
    }

    [Fact]
    public void Inbound_exactly_the_excluded_ports_escape()
    {
        Dictionary<string, PacketSet> outcomes = Prove("istio-cni-1.1-annotated.save", "eth0", out PacketSpace space);

        Assert.Equal(["Delivered", "Redirected -j REDIRECT --to-ports 15001"], outcomes.Keys.Order());
        PacketSet escapes = outcomes["Delivered"];
        PacketSet ports = space.Where(PacketField.DestinationPort, [new Interval(22, 22), new Interval(9443, 9443)]);
        Assert.True(escapes.Except(ports).IsEmpty);
        Assert.Equal(2, escapes.Boxes().Count);
    }

    [Fact]
    public void Outbound_packets_of_the_proxy_leave_and_those_of_the_application_do_not()
    {
        Dictionary<string, PacketSet> outcomes = Prove("istio-cni-1.1-details.save", null, out PacketSpace space);

        PacketSet proxy = space.Where(PacketField.User, 1337, 1337).Or(space.Where(PacketField.Group, 1337, 1337));
        Assert.True(outcomes["Sent"].Except(proxy).IsEmpty);
        // Its own pod's address is the exception: what goes out by lo to anything but 127.0.0.1 is caught, whoever sent it.
        PacketSet caught = outcomes["Redirected -j REDIRECT --to-ports 15001"].And(proxy);
        Assert.False(caught.IsEmpty);
        Assert.True(caught.Except(space.Where(PacketField.Destination, [TraceHost.LoopbackNet, new(Tracing.World.Address("10.244.7.5"), Tracing.World.Address("10.244.7.5"))])).IsEmpty);
    }
}
