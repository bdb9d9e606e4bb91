using System.Globalization;
using IstioAdmin.Iptables.Redirection;

namespace IstioAdmin.Core.Redirection.Policies;

/// <summary>One flag of istio-init, and the variables that stand for it (istio/istio: tools/istio-iptables/pkg/constants/constants.go).</summary>
/// <param name="Short">Its letter; null when it has none.</param>
/// <param name="Long">Its long name.</param>
/// <param name="Setting">The setting that it changes.</param>
/// <param name="Set">Changes it; null when the value cannot be read.</param>
internal sealed record InitOption(char? Short, string Long, string Setting, Func<SettingsDraft, string, PodRedirectionSettings?> Set)
{
    /// <summary>Whether the first generation's script has it.</summary>
    public bool InFirstGeneration { get; init; }

    /// <summary>Whether it stands alone for "true".</summary>
    public bool IsSwitch { get; init; }

    /// <summary>Variables with the same effect; by default the long name in capitals.</summary>
    public IReadOnlyList<string> Variables { get; init; } = [Long.ToUpperInvariant().Replace('-', '_')];

    /// <summary>All flags with a meaning for the rules.</summary>
    public static IReadOnlyList<InitOption> All { get; } =
    [
        Port('p', "envoy-port", nameof(PodRedirectionSettings.ProxyPort), (s, port) => s with { ProxyPort = port }) with { InFirstGeneration = true },
        // The first generation knows the variable only.
        Port('z', "inbound-capture-port", nameof(PodRedirectionSettings.InboundCapturePort), (s, port) => s with { InboundCapturePort = port }) with { InFirstGeneration = true },
        Port('e', "inbound-tunnel-port", nameof(PodRedirectionSettings.InboundTunnelPort), (s, port) => s with { InboundTunnelPort = port }),
        List('u', "proxy-uid", nameof(PodRedirectionSettings.ProxyUsers), (s, list) => s with { ProxyUsers = list }) with { InFirstGeneration = true },
        List('g', "proxy-gid", nameof(PodRedirectionSettings.ProxyGroups), (s, list) => s with { ProxyGroups = list }) with { InFirstGeneration = true },
        Text('m', "istio-inbound-interception-mode", nameof(PodRedirectionSettings.Mode), Mode) with { InFirstGeneration = true },
        List('b', "istio-inbound-ports", nameof(PodRedirectionSettings.InboundPorts), (s, list) => s with { InboundPorts = list }) with { InFirstGeneration = true },
        List('d', "istio-local-exclude-ports", nameof(PodRedirectionSettings.ExcludedInboundPorts), (s, list) => s with { ExcludedInboundPorts = list }) with { InFirstGeneration = true },
        List('c', "istio-exclude-interfaces", nameof(PodRedirectionSettings.ExcludedInterfaces), (s, list) => s with { ExcludedInterfaces = list }),
        List('i', "istio-service-cidr", nameof(PodRedirectionSettings.OutboundIpRanges), (s, list) => s with { OutboundIpRanges = list }) with { InFirstGeneration = true },
        List('x', "istio-service-exclude-cidr", nameof(PodRedirectionSettings.ExcludedOutboundIpRanges), (s, list) => s with { ExcludedOutboundIpRanges = list }) with { InFirstGeneration = true },
        List('q', "istio-outbound-ports", nameof(PodRedirectionSettings.OutboundPorts), (s, list) => s with { OutboundPorts = list }),
        List('o', "istio-local-outbound-ports-exclude", nameof(PodRedirectionSettings.ExcludedOutboundPorts), (s, list) => s with { ExcludedOutboundPorts = list }),
        List('k', "kube-virt-interfaces", nameof(PodRedirectionSettings.KubeVirtInterfaces), (s, list) => s with { KubeVirtInterfaces = list }) with { InFirstGeneration = true },
        Number('t', "istio-inbound-tproxy-mark", nameof(PodRedirectionSettings.TproxyMark), (s, mark) => s with { TproxyMark = mark }) with { InFirstGeneration = true },
        Number('r', "istio-inbound-tproxy-route-table", nameof(PodRedirectionSettings.TproxyRouteTable), (s, table) => s with { TproxyRouteTable = table }) with { InFirstGeneration = true },
        Switch("redirect-dns", nameof(PodRedirectionSettings.RedirectDns), (s, on) => s with { RedirectDns = on }, TrafficVariables.RedirectDns, TrafficVariables.DnsCapture),
        Switch("capture-all-dns", nameof(PodRedirectionSettings.CaptureAllDns), (s, on) => s with { CaptureAllDns = on }, TrafficVariables.CaptureAllDns),
        Switch("drop-invalid", nameof(PodRedirectionSettings.DropInvalid), (s, on) => s with { DropInvalid = on }, TrafficVariables.DropInvalid, TrafficVariables.InvalidDrop),
        new(null, "dual-stack", nameof(PodRedirectionSettings.IPv6), DualStack) { IsSwitch = true, Variables = [TrafficVariables.DualStackFlag, TrafficVariables.DualStack] },
        // Variables only. The script of the first generation takes any value but an empty one for yes.
        new(null, "", nameof(PodRedirectionSettings.IPv6), InboundIPv6) { InFirstGeneration = true, Variables = [TrafficVariables.InboundIPv6] },
        new(null, "", nameof(PodRedirectionSettings.OwnerGroups), (draft, value) => draft.Settings with { OwnerGroups = [value] }) { Variables = [TrafficVariables.OwnerGroups] },
        new(null, "", nameof(PodRedirectionSettings.ExcludedOwnerGroups), (draft, value) => draft.Settings with { ExcludedOwnerGroups = [value] }) { Variables = [TrafficVariables.OwnerGroupsExclude] },
        new(null, "", nameof(PodRedirectionSettings.LoopbackCidr), (draft, value) => draft.Settings with { LoopbackCidr = value }) { Variables = [TrafficVariables.LoopbackCidr] },
        WritesNothing("skip-rule-apply", null, TrafficVariables.SkipRuleApply),
        WritesNothing("dry-run", 'n', TrafficVariables.DryRun),
        WritesNothing("cleanup-only", null, TrafficVariables.CleanupOnly),
    ];

    private static InitOption Text(char letter, string name, string setting, Func<PodRedirectionSettings, string, PodRedirectionSettings> set) =>
        new(letter, name, setting, (draft, value) => set(draft.Settings, value));

    private static InitOption List(char letter, string name, string setting, Func<PodRedirectionSettings, string[], PodRedirectionSettings> set) =>
        new(letter, name, setting, (draft, value) => set(draft.Settings, [value]));

    private static InitOption Port(char letter, string name, string setting, Func<PodRedirectionSettings, ushort, PodRedirectionSettings> set) =>
        new(letter, name, setting, (draft, value) => ushort.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) ? set(draft.Settings, port) : null);

    private static InitOption Number(char letter, string name, string setting, Func<PodRedirectionSettings, uint, PodRedirectionSettings> set) =>
        new(letter, name, setting, (draft, value) => uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out uint number) ? set(draft.Settings, number) : null);

    private static InitOption Switch(string name, string setting, Func<PodRedirectionSettings, bool, PodRedirectionSettings> set, params string[] variables) =>
        new(null, name, setting, (draft, value) => GoBoolean.TryParse(value, out bool on) ? set(draft.Settings, on) : null) { IsSwitch = true, Variables = variables };

    private static InitOption WritesNothing(string name, char? letter, string variable) => new(letter, name, $"--{name}", (draft, value) =>
    {
        if (!GoBoolean.TryParse(value, out bool on))
            return null;
        if (on)
        {
            draft.Problems.Add(new(
                "NothingWritten", $"istio-init was started with {name}, so that it wrote no rules.", "Take the flag out of the injection template and restart the workload.", "istio-init"));
        }
        return draft.Settings;
    })
    { IsSwitch = true, Variables = [variable] };

    // Everything but TPROXY is REDIRECT to both generations.
    private static PodRedirectionSettings Mode(PodRedirectionSettings settings, string value) =>
        settings with { Mode = value == "TPROXY" ? InterceptionMode.Tproxy : InterceptionMode.Redirect };

    private static PodRedirectionSettings? DualStack(SettingsDraft draft, string value)
    {
        if (!GoBoolean.TryParse(value, out bool on))
            return null;
        draft.DualStack = on;
        return draft.Settings;
    }

    private static PodRedirectionSettings InboundIPv6(SettingsDraft draft, string value) =>
        draft.Settings.Generation == RedirectionGeneration.FirstGeneration ? draft.Settings with { IPv6 = true } : draft.Settings;
}
