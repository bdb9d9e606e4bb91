using System.Management.Automation;
using IstioAdmin.Core;
using IstioAdmin.Inspection;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Redirection;

namespace IstioAdmin.Commands;

/// <summary>Writes the rules that istio-init or the CNI plugin would write into a pod, without writing them anywhere.</summary>
[Cmdlet(VerbsCommon.New, "PodRedirectionRule"), OutputType(typeof(Ruleset))]
public sealed class NewPodRedirectionRuleCommand : AsyncCommand
{
    /// <summary>Which generation of Istio writes.</summary>
    [Parameter(Position = 0)]
    [ValidateSet("Current", "FirstGeneration")]
    public string Generation { get; set; } = "Current";

    /// <summary>Whose defaults hold where nothing is said.</summary>
    [Parameter]
    [ValidateSet("CniPlugin", "InitContainer", "Program")]
    public string Writer { get; set; } = "CniPlugin";

    /// <summary>Families to write rules for.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ValidateSet("IPv4", "IPv6")]
    public string[] Family { get; set; } = ["IPv4"];

    /// <summary>How inbound connections come to the proxy.</summary>
    [Parameter]
    [ValidateSet("Redirect", "Tproxy")]
    public string? Mode { get; set; }

    /// <summary>Inbound ports to redirect.</summary>
    [Parameter]
    public string[]? InboundPort { get; set; }

    /// <summary>Inbound ports to leave alone.</summary>
    [Parameter]
    public string[]? ExcludeInboundPort { get; set; }

    /// <summary>Outbound ports to redirect whatever their destination.</summary>
    [Parameter]
    public string[]? OutboundPort { get; set; }

    /// <summary>Outbound ports to leave alone.</summary>
    [Parameter]
    public string[]? ExcludeOutboundPort { get; set; }

    /// <summary>Destinations to redirect.</summary>
    [Parameter]
    public string[]? OutboundIpRange { get; set; }

    /// <summary>Destinations to leave alone.</summary>
    [Parameter]
    public string[]? ExcludeOutboundIpRange { get; set; }

    /// <summary>Port of the proxy for outbound connections.</summary>
    [Parameter]
    public string? ProxyPort { get; set; }

    /// <summary>Port of the proxy for inbound connections.</summary>
    [Parameter]
    public string? InboundCapturePort { get; set; }

    /// <summary>Port of the mesh tunnel, which is never redirected.</summary>
    [Parameter]
    public string? InboundTunnelPort { get; set; }

    /// <summary>User ids of the proxy.</summary>
    [Parameter]
    public string[]? ProxyUserId { get; set; }

    /// <summary>Group ids of the proxy.</summary>
    [Parameter]
    public string[]? ProxyGroupId { get; set; }

    /// <summary>Mark of the packets that TPROXY routes.</summary>
    [Parameter]
    public string? TproxyMark { get; set; }

    /// <summary>Interfaces of virtual machines in the pod, whose packets count as outbound.</summary>
    [Parameter]
    public string[]? KubeVirtInterface { get; set; }

    /// <summary>Interfaces whose packets are left alone.</summary>
    [Parameter]
    public string[]? ExcludeInterface { get; set; }

    /// <summary>Whether DNS goes to the agent.</summary>
    [Parameter]
    public SwitchParameter RedirectDns { get; set; }

    /// <summary>Whether DNS to every server does, not only to those named.</summary>
    [Parameter]
    public SwitchParameter CaptureAllDns { get; set; }

    /// <summary>DNS servers of the pod.</summary>
    [Parameter]
    public string[]? DnsServer { get; set; }

    /// <summary>Whether packets that conntrack calls invalid are dropped.</summary>
    [Parameter]
    public SwitchParameter DropInvalid { get; set; }

    /// <summary>Groups whose outbound traffic is redirected.</summary>
    [Parameter]
    public string[]? OwnerGroupId { get; set; }

    /// <summary>Groups whose outbound traffic is left alone.</summary>
    [Parameter]
    public string[]? ExcludeOwnerGroupId { get; set; }

    /// <summary>What counts as loopback in IPv4.</summary>
    [Parameter]
    public string? LoopbackCidr { get; set; }

    /// <summary>Whether the first generation lets inbound IPv6 through, which it rejects otherwise.</summary>
    [Parameter]
    public SwitchParameter EnableInboundIPv6 { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancel)
    {
        try
        {
            PodRedirectionSettings settings = Settings();
            if (EnableInboundIPv6 && settings.Generation == RedirectionGeneration.Current)
                WriteWarning("-EnableInboundIPv6 is a setting of the first generation and has no effect on today's rules; -Family IPv6 writes those.");
            foreach (IpFamily family in Family.Select(name => Enum.Parse<IpFamily>(name, ignoreCase: true)).Distinct())
                WriteObject(PodRedirectionRules.Write(settings, family));
        }
        catch (RedirectionSettingException e)
        {
            throw new MeshException("InvalidSetting", FailureKind.InvalidInput, $"-{ParameterOf(e.Setting)}: '{e.Value}' {e.Problem}.", InParameters(e.Remedy), e.Value, e);
        }
        return Task.CompletedTask;
    }

    /// <summary>The parameter that sets a setting: they are named alike but for the plural and a shorter word for excluded.</summary>
    private static string ParameterOf(string setting) => setting switch
    {
        nameof(PodRedirectionSettings.ProxyUsers) => nameof(ProxyUserId),
        nameof(PodRedirectionSettings.ProxyGroups) => nameof(ProxyGroupId),
        nameof(PodRedirectionSettings.OwnerGroups) => nameof(OwnerGroupId),
        nameof(PodRedirectionSettings.ExcludedOwnerGroups) => nameof(ExcludeOwnerGroupId),
        nameof(PodRedirectionSettings.IPv6) => nameof(EnableInboundIPv6),
        nameof(PodRedirectionSettings.RedirectDns) or nameof(PodRedirectionSettings.CaptureAllDns) => setting,
        _ => setting.TrimEnd('s').Replace("Excluded", "Exclude", StringComparison.Ordinal),
    };

    /// <summary>Advice that speaks of settings, in the names that an administrator types.</summary>
    private static string InParameters(string remedy)
    {
        foreach (string setting in new[] { nameof(PodRedirectionSettings.ExcludedOwnerGroups), nameof(PodRedirectionSettings.CaptureAllDns), nameof(PodRedirectionSettings.Generation) })
            remedy = remedy.Replace(setting, $"-{ParameterOf(setting)}", StringComparison.Ordinal);
        return remedy;
    }

    private bool IsGiven(string parameter) => MyInvocation.BoundParameters.ContainsKey(parameter);

    private PodRedirectionSettings Settings()
    {
        var generation = Enum.Parse<RedirectionGeneration>(Generation, ignoreCase: true);
        bool first = generation == RedirectionGeneration.FirstGeneration;
        PodRedirectionSettings defaults = Writer.ToUpperInvariant() switch
        {
            "CNIPLUGIN" => UpstreamDefaults.CniPlugin(generation),
            "INITCONTAINER" => UpstreamDefaults.InitContainer(generation),
            _ => UpstreamDefaults.Program(generation),
        };
        return defaults with
        {
            Mode = Mode is null ? defaults.Mode : Enum.Parse<InterceptionMode>(Mode, ignoreCase: true),
            InboundPorts = InboundPort ?? defaults.InboundPorts,
            ExcludedInboundPorts = ExcludeInboundPort ?? defaults.ExcludedInboundPorts,
            OutboundPorts = OutboundPort ?? defaults.OutboundPorts,
            ExcludedOutboundPorts = ExcludeOutboundPort ?? defaults.ExcludedOutboundPorts,
            OutboundIpRanges = OutboundIpRange ?? defaults.OutboundIpRanges,
            ExcludedOutboundIpRanges = ExcludeOutboundIpRange ?? defaults.ExcludedOutboundIpRanges,
            ProxyPort = ProxyPort is null ? defaults.ProxyPort : Terms.Port(nameof(ProxyPort), ProxyPort),
            InboundCapturePort = InboundCapturePort is null ? defaults.InboundCapturePort : Terms.Port(nameof(InboundCapturePort), InboundCapturePort),
            InboundTunnelPort = InboundTunnelPort is null ? defaults.InboundTunnelPort : Terms.Port(nameof(InboundTunnelPort), InboundTunnelPort),
            ProxyUsers = ProxyUserId ?? defaults.ProxyUsers,
            ProxyGroups = ProxyGroupId ?? defaults.ProxyGroups,
            TproxyMark = TproxyMark is null ? defaults.TproxyMark : Terms.Mark(nameof(TproxyMark), TproxyMark),
            KubeVirtInterfaces = KubeVirtInterface ?? defaults.KubeVirtInterfaces,
            ExcludedInterfaces = ExcludeInterface ?? defaults.ExcludedInterfaces,
            RedirectDns = IsGiven(nameof(RedirectDns)) ? RedirectDns : defaults.RedirectDns,
            CaptureAllDns = IsGiven(nameof(CaptureAllDns)) ? CaptureAllDns : defaults.CaptureAllDns,
            DnsServers = DnsServer ?? defaults.DnsServers,
            DropInvalid = IsGiven(nameof(DropInvalid)) ? DropInvalid : defaults.DropInvalid,
            OwnerGroups = OwnerGroupId ?? defaults.OwnerGroups,
            ExcludedOwnerGroups = ExcludeOwnerGroupId ?? defaults.ExcludedOwnerGroups,
            LoopbackCidr = LoopbackCidr ?? defaults.LoopbackCidr,
            IPv6 = first ? EnableInboundIPv6 : Family.Contains("IPv6", StringComparer.OrdinalIgnoreCase),
        };
    }
}
