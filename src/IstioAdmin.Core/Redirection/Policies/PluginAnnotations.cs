using System.Globalization;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Iptables.Redirection;

namespace IstioAdmin.Core.Redirection.Policies;

/// <summary>
/// The settings that the CNI plugin takes from a pod: annotations, the proxy's environment and ids
/// (istio/cni: cmd/istio-cni/redirect.go; istio/istio: cni/pkg/plugin/sidecar_redirect.go).
/// </summary>
internal sealed class PluginAnnotations
{
    public const string IncludeInboundPorts = "traffic.sidecar.istio.io/includeInboundPorts";
    public const string ExcludeInboundPorts = "traffic.sidecar.istio.io/excludeInboundPorts";
    public const string IncludeOutboundPorts = "traffic.sidecar.istio.io/includeOutboundPorts";
    public const string ExcludeOutboundPorts = "traffic.sidecar.istio.io/excludeOutboundPorts";
    public const string IncludeRanges = "traffic.sidecar.istio.io/includeOutboundIPRanges";
    public const string ExcludeRanges = "traffic.sidecar.istio.io/excludeOutboundIPRanges";
    public const string ExcludeInterfaces = "traffic.sidecar.istio.io/excludeInterfaces";
    public const string KubeVirtInterfaces = "traffic.sidecar.istio.io/kubevirtInterfaces";
    public const string RerouteInterfaces = "istio.io/reroute-virtual-interfaces";

    private readonly IstioRelease? _release;
    private readonly IReadOnlyDictionary<string, string> _annotations;
    private readonly PodTrafficFacts _traffic;
    private readonly SettingsDraft _draft;
    private readonly PodRedirectionSettings _defaults;

    private PluginAnnotations(IstioRelease? release, IReadOnlyDictionary<string, string> annotations, PodTrafficFacts traffic)
    {
        (_release, _annotations, _traffic) = (release, annotations, traffic);
        RedirectionGeneration generation = PolicyReleases.IsFirstGeneration(release) ? RedirectionGeneration.FirstGeneration : RedirectionGeneration.Current;
        _defaults = UpstreamDefaults.CniPlugin(generation) with { CaptureAllDns = false };
        if (!PolicyReleases.ExcludesOutboundPorts(release))
            _defaults = _defaults with { ExcludedOutboundPorts = [] };
        _draft = new(release, _defaults, $"default of the CNI plugin ({Upstream.PluginRedirect(release)})");
    }

    /// <summary>Reads them.</summary>
    public static SettingsDraft Read(IstioRelease? release, IReadOnlyDictionary<string, string> annotations, PodTrafficFacts traffic)
    {
        var reader = new PluginAnnotations(release, annotations, traffic);
        reader.ReadMode();
        reader.ReadPorts();
        reader.ReadRanges();
        reader.ReadInterfaces();
        if (!PolicyReleases.IsFirstGeneration(release))
        {
            reader.ReadProxyIds();
            reader.ReadEnvironment();
        }
        reader._draft.Check(reader._defaults with { InboundPorts = PolicyReleases.IncludesDeclaredPorts(release) ? reader.DeclaredPorts() : ["*"] });
        return reader._draft;
    }

    private void ReadMode()
    {
        if (Value(IstioNames.InterceptionMode, mode => mode is "REDIRECT" or "TPROXY" ? null : "is neither REDIRECT nor TPROXY") is { } mode)
        {
            _draft.Set(
                nameof(PodRedirectionSettings.Mode),
                _draft.Settings with { Mode = mode == "TPROXY" ? InterceptionMode.Tproxy : InterceptionMode.Redirect },
                Phrase(IstioNames.InterceptionMode));
        }
    }

    private void ReadPorts()
    {
        ReadIncludedInboundPorts();
        if (Value(ExcludeInboundPorts, PortList(wildcard: false)) is { } excluded)
            _draft.Set(nameof(PodRedirectionSettings.ExcludedInboundPorts), _draft.Settings with { ExcludedInboundPorts = WithOwnPorts(excluded) }, Phrase(ExcludeInboundPorts));
        else
            _draft.Settings = _draft.Settings with { ExcludedInboundPorts = WithOwnPorts("15020") };
        if (PolicyReleases.ExcludesOutboundPorts(_release) && Value(ExcludeOutboundPorts, PortList(wildcard: false)) is { } left)
            _draft.Set(nameof(PodRedirectionSettings.ExcludedOutboundPorts), _draft.Settings with { ExcludedOutboundPorts = [left] }, Phrase(ExcludeOutboundPorts));
        if (PolicyReleases.IncludesOutboundPorts(_release) && Value(IncludeOutboundPorts, PortList(wildcard: true)) is { } taken)
            _draft.Set(nameof(PodRedirectionSettings.OutboundPorts), _draft.Settings with { OutboundPorts = [taken] }, Phrase(IncludeOutboundPorts));
    }

    private void ReadIncludedInboundPorts()
    {
        const string Setting = nameof(PodRedirectionSettings.InboundPorts);
        string? included = Value(IncludeInboundPorts, PortList(wildcard: true));
        if (included is not null && !(PolicyReleases.ReplacesIncludedPorts(_release) && included != "*"))
        {
            _draft.Set(Setting, _draft.Settings with { InboundPorts = [included] }, Phrase(IncludeInboundPorts));
            return;
        }
        if (included is not null || PolicyReleases.IncludesDeclaredPorts(_release))
            _draft.Set(Setting, _draft.Settings with { InboundPorts = DeclaredPorts() }, $"ports that the containers declare ({Upstream.PluginRedirect(_release)})");
        else
            _draft.Settings = _draft.Settings with { InboundPorts = ["*"] };
    }

    /// <summary>The plugin takes the ports whatever their protocol, and none of the proxy's.</summary>
    private string[] DeclaredPorts() =>
        [.. _traffic.Applications.SelectMany(c => c.Ports).Select(port => port.Number.ToString(CultureInfo.InvariantCulture)).Distinct()];

    /// <summary>Since 1.5 the plugin adds ports of the proxy itself to those that the annotation excludes.</summary>
    private string[] WithOwnPorts(string excluded)
    {
        string[] own = _release switch
        {
            { } r when r < new IstioRelease(1, 5) => [],
            { } r when r < new IstioRelease(1, 6) => ["15090"],
            _ => ["15020", "15021", "15090"],
        };
        return [.. excluded.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Concat(own).Distinct()];
    }

    private void ReadRanges()
    {
        if (Value(IncludeRanges, RangeList(wildcard: true)) is { } included)
            _draft.Set(nameof(PodRedirectionSettings.OutboundIpRanges), _draft.Settings with { OutboundIpRanges = [included] }, Phrase(IncludeRanges));
        if (Value(ExcludeRanges, RangeList(wildcard: false)) is { } excluded)
            _draft.Set(nameof(PodRedirectionSettings.ExcludedOutboundIpRanges), _draft.Settings with { ExcludedOutboundIpRanges = [excluded] }, Phrase(ExcludeRanges));
    }

    private void ReadInterfaces()
    {
        if (PolicyReleases.PluginExcludesInterfaces(_release) && _annotations.TryGetValue(ExcludeInterfaces, out string? excluded))
            _draft.Set(nameof(PodRedirectionSettings.ExcludedInterfaces), _draft.Settings with { ExcludedInterfaces = [excluded] }, Phrase(ExcludeInterfaces));
        string? name = PolicyReleases.ReroutesVirtualInterfaces(_release) && _annotations.ContainsKey(RerouteInterfaces) ? RerouteInterfaces
            : _annotations.ContainsKey(KubeVirtInterfaces) ? KubeVirtInterfaces
            : null;
        if (name is not null)
            _draft.Set(nameof(PodRedirectionSettings.KubeVirtInterfaces), _draft.Settings with { KubeVirtInterfaces = [_annotations[name]] }, Phrase(name));
    }

    private void ReadProxyIds()
    {
        if (!PolicyReleases.PluginReadsProxyIds(_release) || _traffic.Proxy is not { } proxy)
            return;
        // Root counts as not set.
        if (proxy.RunAsUser is { } user and not 0)
            _draft.Set(nameof(PodRedirectionSettings.ProxyUsers), _draft.Settings with { ProxyUsers = [Text(user)] }, $"runAsUser {user} of {proxy.Name}");
        if (proxy.RunAsGroup is { } group and not 0)
            _draft.Set(nameof(PodRedirectionSettings.ProxyGroups), _draft.Settings with { ProxyGroups = [Text(group)] }, $"runAsGroup {group} of {proxy.Name}");
    }

    private void ReadEnvironment()
    {
        if (PolicyReleases.PluginCapturesDns(_release) && Switch(TrafficVariables.DnsCapture))
        {
            _draft.Set(
                nameof(PodRedirectionSettings.RedirectDns), _draft.Settings with { RedirectDns = true, CaptureAllDns = true }, Phrase(TrafficVariables.DnsCapture, "true"));
        }
        if (PolicyReleases.DropsInvalid(_release) && Switch(TrafficVariables.InvalidDrop))
            _draft.Set(nameof(PodRedirectionSettings.DropInvalid), _draft.Settings with { DropInvalid = true }, Phrase(TrafficVariables.InvalidDrop, "true"));
        if (PolicyReleases.DualStackVariable(_release) is { } dualStack && Switch(dualStack))
        {
            _draft.DualStack = true;
            _draft.Note(nameof(PodRedirectionSettings.IPv6), Phrase(dualStack, "true"));
        }
        foreach (string name in (string[])[TrafficVariables.OwnerGroups, TrafficVariables.OwnerGroupsExclude, TrafficVariables.LoopbackCidr])
        {
            if (_traffic.Proxy?.Environment.TryGetValue(name, out string? value) == true && value.Length > 0)
            {
                _draft.Problems.Add(new(
                    "VariableNotRead",
                    $"{name}={value} of istio-proxy has no effect: the CNI plugin reads its own environment, not the pod's.",
                    "Exclude by address or port instead (excludeOutboundIPRanges, excludeOutboundPorts), or inject the pod with istio-init.",
                    name));
            }
        }
    }

    /// <summary>A boolean of the proxy's environment; what is none counts as false.</summary>
    private bool Switch(string name)
    {
        if (_traffic.Proxy?.Environment.TryGetValue(name, out string? text) != true)
            return false;
        if (GoBoolean.TryParse(text, out bool value))
            return value;
        _draft.Problems.Add(new("InvalidBoolean", $"{name}='{text}' of istio-proxy is no boolean; the CNI plugin takes it for false.", "Write true or false.", name));
        return false;
    }

    /// <summary>The value of an annotation; null when it is missing or, which is noted, cannot be used.</summary>
    private string? Value(string name, Func<string, string?> fault)
    {
        if (!_annotations.TryGetValue(name, out string? value))
            return null;
        if (fault(value) is not { } wrong)
            return value;
        string consequence = PolicyReleases.IsFirstGeneration(_release) ? "the CNI plugin of this release logs that and takes its default"
            : PolicyReleases.BadAnnotationStopsPod(_release) ? "the CNI plugin refuses it and the pod does not start"
            : "the CNI plugin of this release logs that and writes no rules at all: the pod runs without redirection";
        _draft.Problems.Add(new("InvalidAnnotation", $"{name}='{value}' {wrong}; {consequence}.", "Correct the annotation on the workload's pod template.", name));
        return null;
    }

    private static Func<string, string?> PortList(bool wildcard) => text =>
    {
        if (text.Length == 0 || (wildcard && text == "*") || text.Trim().Length == 0)
            return null;
        return text.Split(',').Select(word => word.Trim()).FirstOrDefault(word => !ushort.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out _)) is { } bad
            ? $"has '{bad}', which is no port"
            : null;
    };

    private static Func<string, string?> RangeList(bool wildcard) => text =>
    {
        if (text.Length == 0 || (wildcard && text == "*"))
            return null;
        return text.Split(',').FirstOrDefault(word => !SettingWords.IsPrefix(word)) is { } bad ? $"has '{bad}', which is no address prefix" : null;
    };

    private string Phrase(string annotation) => Phrase(annotation, _annotations[annotation]);

    private static string Phrase(string name, string value) => name.Contains('/', StringComparison.Ordinal) ? $"annotation {name}={Quote(value)}" : $"{name}={value} of istio-proxy";

    private static string Quote(string value) => value.Length == 0 ? "''" : value;

    private static string Text(long id) => id.ToString(CultureInfo.InvariantCulture);
}
