using CsCheck;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.Policies;

namespace IstioAdmin.Core.Tests.Redirection.Policies;

/// <summary>Pods with random valid settings, drawn from few values of each kind so that they meet.</summary>
internal static class RandomPods
{
    private static readonly Gen<string> Port = Pick("22", "53", "80", "443", "9080", "8443", "15001", "15006", "15008", "15020", "65535", "3306");
    private static readonly Gen<string> PortList = Port.Array[0, 3].Select(ports => string.Join(',', ports));
    private static readonly Gen<string> RangeV4 = Pick("10.0.0.0/8", "10.96.0.0/12", "10.244.7.5/32", "10.244.0.0/16", "169.254.169.254/32", "127.0.0.9/32", "0.0.0.0/0", "192.0.2.0/24");
    private static readonly Gen<string> RangeV6 = Pick("fd00::/8", "fd00::5/128", "2001:db8::/32", "::1/128", "::/0");
    private static readonly Gen<IReadOnlyList<string>> Addresses = Pick(PolicyWorld.V4, PolicyWorld.V6, PolicyWorld.Dual);
    private static readonly Gen<string> Id = Pick("0", "1337", "1000", "2000-2999", "5");

    /// <summary>Pods that today's plugin redirects.</summary>
    public static Gen<MeshPod> Cni { get; } = Gen.Select(
        Annotations(Gen.OneOf(RangeV4, RangeV6), outboundPorts: true),
        Environment("ISTIO_META_DNS_CAPTURE", "ISTIO_DUAL_STACK", "INVALID_DROP"),
        Gen.Select(Pick<long?>(null, 0, 1337, 5000), Pick<long?>(null, 1337, 6000)),
        Addresses,
        (annotations, environment, ids, addresses) => PolicyWorld.ByCni(
            "1.27.0", annotations, PolicyWorld.Proxy() with { Environment = environment, RunAsUser = ids.Item1, RunAsGroup = ids.Item2 }, addresses: addresses));

    /// <summary>Pods that the plugin of 1.1 redirects. What TPROXY of then asks of sockets nobody can prove.</summary>
    public static Gen<MeshPod> FirstCni { get; } = Gen.Select(
        Annotations(RangeV4, outboundPorts: false),
        Gen.Int[0, 3].Select(count => new[] { 9080, 443, 53 }[..count]),
        Addresses,
        (annotations, ports, addresses) =>
        {
            annotations.Remove("sidecar.istio.io/interceptionMode");
            return PolicyWorld.ByCni("1.1.14", annotations, applications: [PolicyWorld.App(ports)], addresses: addresses);
        });

    /// <summary>Pods that today's istio-init redirects.</summary>
    public static Gen<MeshPod> Init { get; } = Gen.Select(
        Flags(("-b", Gen.OneOf(Gen.Const("*"), PortList)), ("-d", PortList), ("-i", Ranges(Gen.OneOf(RangeV4, RangeV6), all: true)), ("-x", Ranges(Gen.OneOf(RangeV4, RangeV6), all: false)),
            ("-q", PortList), ("-o", PortList), ("-c", Pick("net1", "net+")), ("-k", Pick("tap0", "tap0,tap1")), ("-m", Pick("REDIRECT", "TPROXY")), ("-u", Id), ("-g", Id), ("-p", Gen.Const("16001")),
            ("-z", Gen.Const("16006")), ("-e", Gen.Const("16008"))),
        Environment("ISTIO_META_DNS_CAPTURE", "ISTIO_DUAL_STACK", "INVALID_DROP", "CAPTURE_ALL_DNS"),
        Gen.Select(Maybe(Gen.OneOf(Gen.Const("*"), Id, Gen.Const("201,300-310"))), Maybe(Id), Maybe(Pick("127.0.0.1/8", "127.0.0.1/32"))),
        Addresses,
        (flags, environment, groups, addresses) =>
        {
            Put("ISTIO_OUTBOUND_OWNER_GROUPS", groups.Item1);
            Put("ISTIO_OUTBOUND_OWNER_GROUPS_EXCLUDE", groups.Item2);
            Put("ISTIO_OUTBOUND_IPV4_LOOPBACK_CIDR", groups.Item3);
            return PolicyWorld.ByInit("1.27.0", ["istio-iptables", .. flags, "--log_output_level=default:info"], environment, addresses);

            void Put(string name, string? value)
            {
                if (value is not null)
                    environment[name] = value;
            }
        });

    /// <summary>Pods that the script of 1.1 redirects as an init container.</summary>
    public static Gen<MeshPod> FirstInit { get; } = Gen.Select(
        Flags(("-b", Gen.OneOf(Gen.Const("*"), PortList)), ("-d", PortList), ("-i", Ranges(RangeV4, all: true)), ("-x", Ranges(RangeV4, all: false)), ("-u", Id), ("-g", Id), ("-k", Pick("tap0", "tap0,tap1"))),
        Gen.Bool,
        Addresses,
        (flags, v6, addresses) => PolicyWorld.ByInit(
            "1.1.14", flags, v6 ? new Dictionary<string, string> { ["ENABLE_INBOUND_IPV6"] = "true" } : [], addresses));

    /// <summary>All of them.</summary>
    public static Gen<MeshPod> Any { get; } = Gen.OneOf(Cni, FirstCni, Init, FirstInit);

    private static Gen<Dictionary<string, string>> Annotations(Gen<string> range, bool outboundPorts) => Gen.Select(
        Gen.Select(Maybe(Gen.OneOf(Gen.Const("*"), PortList)), Maybe(PortList), Maybe(PortList), Maybe(PortList)),
        Gen.Select(Maybe(Ranges(range, all: true)), Maybe(Ranges(range, all: false))),
        Gen.Select(Maybe(Pick("net1", "net1,net+")), Maybe(Pick("tap0", "tap0,tap1")), Maybe(Pick("REDIRECT", "TPROXY"))),
        (ports, ranges, rest) =>
        {
            var annotations = new Dictionary<string, string>();
            Put(PluginAnnotations.IncludeInboundPorts, ports.Item1);
            Put(PluginAnnotations.ExcludeInboundPorts, ports.Item2);
            Put(PluginAnnotations.IncludeOutboundPorts, outboundPorts ? ports.Item3 : null);
            Put(PluginAnnotations.ExcludeOutboundPorts, outboundPorts ? ports.Item4 : null);
            Put(PluginAnnotations.IncludeRanges, ranges.Item1);
            Put(PluginAnnotations.ExcludeRanges, ranges.Item2);
            Put(PluginAnnotations.ExcludeInterfaces, rest.Item1);
            Put(PluginAnnotations.KubeVirtInterfaces, rest.Item2);
            Put("sidecar.istio.io/interceptionMode", rest.Item3);
            return annotations;

            void Put(string name, string? value)
            {
                if (value is not null)
                    annotations[name] = value;
            }
        });

    private static Gen<string> Ranges(Gen<string> range, bool all)
    {
        Gen<string> some = range.Array[0, 2].Select(ranges => string.Join(',', ranges));
        return all ? Gen.OneOf(Gen.Const("*"), some) : some;
    }

    private static Gen<Dictionary<string, string>> Environment(params string[] names) =>
        Gen.Select(Pick("true", "1", "false", "", null), Gen.Int).Array[names.Length].Select(values =>
            names.Zip(values, (name, value) => (name, Value: value.Item1)).Where(pair => pair.Value is not null).ToDictionary(pair => pair.name, pair => pair.Value!));

    private static Gen<string[]> Flags(params (string Flag, Gen<string> Value)[] flags) =>
        flags.Select(flag => Maybe(flag.Value).Select(value => value is null ? [] : new[] { flag.Flag, value })).Aggregate(
            Gen.Const(System.Array.Empty<string>()), (all, next) => Gen.Select(all, next, (a, b) => (string[])[.. a, .. b]));

    private static Gen<string?> Maybe(Gen<string> value) => Gen.Select(Gen.Bool, value, (some, text) => some ? text : null);

    private static Gen<T> Pick<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);
}
