using CsCheck;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Kernel.Tests.Nftables;

/// <summary>A pod with one address of each family, and random packets to and from it.</summary>
internal static class TracedPod
{
    public static TraceHost Host { get; } = new(
        [new HostInterface("eth0", [(IpFamily.IPv4, Address("10.244.7.5", IpFamily.IPv4)), (IpFamily.IPv6, Address("fd00::5", IpFamily.IPv6))])],
        "eth0");

    public static UInt128 Address(string text, IpFamily family)
    {
        Assert.True(AddressPattern.TryParseAddress(text, family, out UInt128 address));
        return address;
    }

    public static Gen<Packet> Packets(IpFamily family)
    {
        string[] hosts = family == IpFamily.IPv4
            ? ["10.244.7.5", "10.244.7.9", "10.244.8.1", "10.0.7.1", "127.0.0.1", "127.0.0.6", "8.8.8.8"]
            : ["fd00::5", "fd00::9", "fd00:1::1", "::1", "::6", "2001:db8::1"];
        UInt128[] addresses = [.. hosts.Select(host => Address(host, family))];
        ushort[] ports = [0, 22, 53, 80, 81, 443, 1024, 9080, 15001, 15006, 15008, 65535];
        uint[] ids = [0, 1000, 1337, 1338];
        IpProtocol[] protocols = [IpProtocol.Tcp, IpProtocol.Tcp, IpProtocol.Udp, family == IpFamily.IPv4 ? IpProtocol.Icmp : IpProtocol.IcmpV6];
        return Gen.Select(
            Gen.Int[0, protocols.Length - 1], Gen.Int[0, addresses.Length - 1], Gen.Int[0, addresses.Length - 1], Gen.Select(Gen.Int[0, ports.Length - 1], Gen.Int[0, ports.Length - 1]),
            Gen.Select(Gen.Int[0, ids.Length - 1], Gen.Int[0, ids.Length - 1]), Gen.Bool, Gen.Int[0, 2]).Select((protocol, from, to, port, id, sent, mark) =>
        {
            bool hasPorts = protocols[protocol].HasPorts;
            return new Packet
            {
                Family = family,
                Protocol = protocols[protocol],
                Source = addresses[from],
                Destination = addresses[to],
                SourcePort = hasPorts ? ports[port.Item1] : (ushort)0,
                DestinationPort = hasPorts ? ports[port.Item2] : (ushort)0,
                IcmpType = hasPorts ? (byte)0 : (byte)8,
                Mark = (uint)mark,
                InInterface = sent ? "" : "eth0",
                Owner = sent ? new PacketOwner(ids[id.Item1], ids[id.Item2]) : null,
            };
        });
    }

    /// <summary>What becomes of a packet, without the rules that decide: two readings of one ruleset have rules of their own.</summary>
    public static string Fate(this PacketTracer tracer, Packet packet)
    {
        TraceOutcome outcome = packet.Owner is null ? tracer.Inbound(packet) : tracer.Outbound(packet);
        return outcome switch
        {
            TraceOutcome.Delivered o => $"delivered to {o.Address}:{o.Port}, {(o.By is null ? "as sent" : "redirected")}",
            TraceOutcome.Sent o => $"sent by {o.Interface} to {o.Address}:{o.Port}, {(o.By is null ? "as sent" : "redirected")}",
            TraceOutcome.Dropped o => $"dropped in {o.Table} {o.Chain}, {(o.By is null ? "by policy" : "by a rule")}",
            TraceOutcome.Rejected o => $"rejected in {o.By.Chain}",
            _ => Undecided,
        };
    }

    public const string Undecided = "undecided";
}
