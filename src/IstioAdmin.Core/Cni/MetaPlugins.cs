namespace IstioAdmin.Core.Cni;

/// <summary>Plugins that add something to an interface that is there already, and so may stand behind others in a chain.</summary>
internal static class MetaPlugins
{
    /// <summary>containernetworking/plugins plugins/meta and, from <c>istio-cni</c> on, the plugins of meshes and clouds that are chained.</summary>
    private static readonly HashSet<string> Types = new(StringComparer.Ordinal)
    {
        "portmap", "bandwidth", "tuning", "firewall", "sbr", "vrf",
        CniConfig.IstioType, "linkerd-cni", "kuma-cni", "consul-cni", "egress-cni", "egress-v4-cni", "egress-v6-cni", "route-override",
    };

    /// <summary>Plugins of other meshes that write rules into pods as istio-cni does.</summary>
    public static IReadOnlyList<string> OtherMeshes { get; } = ["linkerd-cni", "kuma-cni", "consul-cni"];

    public static bool Include(string type) => Types.Contains(type);
}
