using CsCheck;
using IstioAdmin.Iptables.Redirection;

namespace IstioAdmin.Iptables.Tests.Redirection;

/// <summary>Random settings from few values of each kind, so that they meet: the same port included and excluded, lists of both families.</summary>
public static class RandomSettings
{
    private static readonly string[] All = ["*"];

    private static readonly Gen<string> Port = Gen.OneOf(
        Pick("0", "22", "53", "80", "443", "9080", "15001", "15006", "15008", "15020", "65535", "8000:8010", "0:65535", "60000:65535"),
        Gen.UShort.Select(port => $"{port}"));

    private static readonly Gen<string> RangeV4 = Gen.OneOf(
        Pick("0.0.0.0/0", "10.0.0.0/8", "10.96.0.0/12", "10.244.7.5/32", "10.1.2.3/16", "169.254.169.254/32", "224.0.0.0/4", "127.0.0.0/8", "127.0.0.9/32"),
        Gen.Select(Gen.UInt, Gen.Int[1, 32], (bits, length) => $"{bits >> 24}.{(bits >> 16) & 255}.{(bits >> 8) & 255}.{bits & 255}/{length}"));

    private static readonly Gen<string> RangeV6 = Gen.OneOf(
        Pick("::/0", "fd00::/8", "fd00::5/128", "2001:db8::/32", "::1/128", "::/96", "::ffff:0:0/96", "1:2:3:4:5:6:7:8/64"),
        Gen.Select(Gen.UShort, Gen.UShort, Gen.Int[1, 128], (high, low, length) => $"{high:x}::{low:x}/{length}"));

    private static readonly Gen<string> Id = Gen.OneOf(Pick("0", "1337", "1000", "4294967294", "2000-2999", "1337-1340"), Gen.UShort.Select(id => $"{id}"));

    private static readonly Gen<string> Interface = Pick("eth0", "eth1", "net1", "k6t-net0", "tap+", "lo", "veth.1@x");

    private static readonly Gen<string> Server = Pick("10.96.0.10", "127.0.0.53", "8.8.8.8", "fd00::10", "::127.0.0.53", "2001:4860:4860::8888");

    private static readonly Gen<(string[] Included, string[] Excluded)> Ports = Gen.Select(List(Port, all: true), List(Port));

    /// <summary>Settings of the first generation.</summary>
    public static Gen<PodRedirectionSettings> FirstGeneration { get; } = Gen.Select(
        Ports,
        Gen.Select(List(RangeV4, all: true), List(RangeV4)),
        Gen.Select(List(Interface), List(Id), List(Id)),
        Gen.Select(Pick<ushort>(15001, 16001), Pick<ushort?>(null, 15006), Gen.Bool, Pick<uint>(1337, 0, 0xFFFFFFFF), Gen.Bool),
        (ports, ranges, names, rest) => new PodRedirectionSettings
        {
            Generation = RedirectionGeneration.FirstGeneration,
            InboundPorts = ports.Included,
            ExcludedInboundPorts = ports.Excluded,
            OutboundIpRanges = ranges.Item1,
            ExcludedOutboundIpRanges = ranges.Item2,
            KubeVirtInterfaces = names.Item1,
            ProxyUsers = names.Item2,
            ProxyGroups = names.Item3,
            ProxyPort = rest.Item1,
            InboundCapturePort = rest.Item2,
            Mode = rest.Item3 ? InterceptionMode.Tproxy : InterceptionMode.Redirect,
            TproxyMark = rest.Item4,
            IPv6 = rest.Item5,
        });

    /// <summary>Settings of today's program.</summary>
    public static Gen<PodRedirectionSettings> Current { get; } = Gen.Select(
        FirstGeneration,
        Ports,
        Gen.Select(List(Gen.OneOf(RangeV4, RangeV6), all: true), List(Gen.OneOf(RangeV4, RangeV6))),
        Gen.Select(List(Id, all: true), List(Id), Gen.Bool),
        Gen.Select(Gen.Bool, Gen.Bool, List(Server)),
        Gen.Select(List(Interface), Gen.Bool, Pick("127.0.0.1/32", "127.0.0.1/8", "127.1.0.0/16"), Pick<ushort>(15008, 53)),
        (first, ports, ranges, groups, dns, rest) => first with
        {
            Generation = RedirectionGeneration.Current,
            OutboundPorts = ports.Included is ["*"] ? [] : ports.Included,
            ExcludedOutboundPorts = ports.Excluded,
            OutboundIpRanges = ranges.Item1,
            ExcludedOutboundIpRanges = ranges.Item2,
            OwnerGroups = groups.Item3 ? ["*"] : groups.Item1,
            ExcludedOwnerGroups = groups.Item2,
            RedirectDns = dns.Item1,
            CaptureAllDns = dns.Item2,
            DnsServers = dns.Item3,
            ExcludedInterfaces = rest.Item1,
            DropInvalid = rest.Item2,
            LoopbackCidr = rest.Item3,
            InboundTunnelPort = rest.Item4,
        });

    /// <summary>Settings of either generation.</summary>
    public static Gen<PodRedirectionSettings> Either { get; } = Gen.OneOf(FirstGeneration, Current);

    private static Gen<T> Pick<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static Gen<string[]> List(Gen<string> word, bool all = false)
    {
        Gen<string[]> some = word.Array[0, 3];
        return all ? Gen.Frequency((1, Gen.Const(() => All)), (2, some)) : some;
    }
}
