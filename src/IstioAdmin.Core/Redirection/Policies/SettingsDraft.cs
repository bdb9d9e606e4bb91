using IstioAdmin.Core.Mesh;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Redirection;

namespace IstioAdmin.Core.Redirection.Policies;

/// <summary>Settings as they are being gathered from a pod, each with the place that it comes from.</summary>
internal sealed class SettingsDraft
{
    private readonly Dictionary<string, string> _sources = new(StringComparer.Ordinal);
    private readonly string _default;

    /// <summary>Starts with the settings that apply when nobody says anything.</summary>
    /// <param name="release">The release.</param>
    /// <param name="settings">The settings.</param>
    /// <param name="defaultSource">Where they come from.</param>
    public SettingsDraft(IstioRelease? release, PodRedirectionSettings settings, string defaultSource) =>
        (Release, Settings, _default) = (release, settings, defaultSource);

    public IstioRelease? Release { get; }

    public PodRedirectionSettings Settings { get; set; }

    /// <summary>Whether IPv6 rules are written when any address of the pod is of that family, not only the first.</summary>
    public bool DualStack { get; set; }

    public List<PolicyProblem> Problems { get; } = [];

    /// <summary>Takes a value for a setting, and its source.</summary>
    public void Set(string setting, PodRedirectionSettings settings, string source)
    {
        Settings = settings;
        _sources[setting] = source;
    }

    /// <summary>Names the source of a setting that is already there.</summary>
    public void Note(string setting, string source) => _sources[setting] = source;

    /// <summary>Where a setting comes from.</summary>
    public string SourceOf(string setting) => _sources.GetValueOrDefault(setting, _default);

    /// <summary>Where settings come from, without repetitions.</summary>
    public string[] SourcesOf(params string[] settings) => [.. settings.Select(SourceOf).Distinct()];

    /// <summary>
    /// Tries the settings on the writer of rules. What it refuses, iptables refuses as well, and the pod does not start; the setting then goes
    /// back to the default, so that the rest can still be judged.
    /// </summary>
    public void Check(PodRedirectionSettings defaults)
    {
        for (int i = 0; i < 16; i++)
        {
            try
            {
                PodRedirectionRules.Write(Settings, IpFamily.IPv4);
                return;
            }
            catch (RedirectionSettingException e)
            {
                string source = SourceOf(e.Setting);
                Problems.Add(new(
                    "UnusableValue", $"{source}: '{e.Value}' {e.Problem}; iptables refuses the rules and the pod does not start.", e.Remedy, source));
                Settings = WithDefault(e.Setting, Settings, defaults);
                Note(e.Setting, _default);
            }
        }
        Settings = defaults;
    }

    private static PodRedirectionSettings WithDefault(string setting, PodRedirectionSettings of, PodRedirectionSettings defaults) => setting switch
    {
        nameof(of.ProxyPort) => of with { ProxyPort = defaults.ProxyPort },
        nameof(of.InboundCapturePort) => of with { InboundCapturePort = defaults.InboundCapturePort },
        nameof(of.ProxyUsers) => of with { ProxyUsers = defaults.ProxyUsers },
        nameof(of.ProxyGroups) => of with { ProxyGroups = defaults.ProxyGroups },
        nameof(of.InboundPorts) => of with { InboundPorts = defaults.InboundPorts },
        nameof(of.ExcludedInboundPorts) => of with { ExcludedInboundPorts = defaults.ExcludedInboundPorts },
        nameof(of.OutboundPorts) => of with { OutboundPorts = defaults.OutboundPorts },
        nameof(of.ExcludedOutboundPorts) => of with { ExcludedOutboundPorts = defaults.ExcludedOutboundPorts },
        nameof(of.OutboundIpRanges) => of with { OutboundIpRanges = defaults.OutboundIpRanges },
        nameof(of.ExcludedOutboundIpRanges) => of with { ExcludedOutboundIpRanges = defaults.ExcludedOutboundIpRanges },
        nameof(of.KubeVirtInterfaces) => of with { KubeVirtInterfaces = defaults.KubeVirtInterfaces },
        nameof(of.ExcludedInterfaces) => of with { ExcludedInterfaces = defaults.ExcludedInterfaces },
        nameof(of.OwnerGroups) => of with { OwnerGroups = defaults.OwnerGroups },
        nameof(of.ExcludedOwnerGroups) => of with { ExcludedOwnerGroups = defaults.ExcludedOwnerGroups },
        nameof(of.LoopbackCidr) => of with { LoopbackCidr = defaults.LoopbackCidr },
        _ => defaults,
    };
}
