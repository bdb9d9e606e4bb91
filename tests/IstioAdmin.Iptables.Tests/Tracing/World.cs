using System.Net;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Iptables.Tests.Tracing;

/// <summary>A pod with one address of each family, and packets to and from it.</summary>
internal static class World
{
    public static TraceHost Pod { get; } = new(
        [new HostInterface("eth0", [(IpFamily.IPv4, Address("10.244.7.5")), (IpFamily.IPv6, Address("fd00::5"))])],
        "eth0");

    public static PacketOwner App { get; } = new(1000, 1000);

    public static PacketOwner Proxy { get; } = new(1337, 1337);

    public static UInt128 Address(string text)
    {
        IpFamily family = text.Contains(':', StringComparison.Ordinal) ? IpFamily.IPv6 : IpFamily.IPv4;
        Assert.True(AddressPattern.TryParseAddress(IPAddress.Parse(text).ToString(), family, out UInt128 address));
        return address;
    }

    public static Packet In(ushort port, string to = "10.244.7.5") =>
        new() { Source = Address("10.244.7.9"), SourcePort = 40000, Destination = Address(to), DestinationPort = port, InInterface = "eth0" };

    public static Packet Out(PacketOwner owner, string to, ushort port) =>
        new() { Source = Address("10.244.7.5"), SourcePort = 40000, Destination = Address(to), DestinationPort = port, Owner = owner };
}
