namespace IstioAdmin.Iptables.Redirection;

/// <summary>Settings that the first generation's script does not know.</summary>
internal static class FirstGenerationLimits
{
    /// <summary>Refuses what would silently have no effect.</summary>
    public static void Check(PodRedirectionSettings settings)
    {
        var defaults = new PodRedirectionSettings();
        Refuse(nameof(settings.OutboundPorts), settings.OutboundPorts);
        Refuse(nameof(settings.ExcludedOutboundPorts), settings.ExcludedOutboundPorts);
        Refuse(nameof(settings.ExcludedInterfaces), settings.ExcludedInterfaces);
        Refuse(nameof(settings.DnsServers), settings.DnsServers);
        Refuse(nameof(settings.ExcludedOwnerGroups), settings.ExcludedOwnerGroups);
        Refuse(nameof(settings.OwnerGroups), settings.OwnerGroups.SequenceEqual(defaults.OwnerGroups) ? [] : settings.OwnerGroups.DefaultIfEmpty(""));
        Refuse(nameof(settings.RedirectDns), settings.RedirectDns ? ["true"] : []);
        Refuse(nameof(settings.CaptureAllDns), settings.CaptureAllDns ? ["true"] : []);
        Refuse(nameof(settings.DropInvalid), settings.DropInvalid ? ["true"] : []);
        Refuse(nameof(settings.LoopbackCidr), settings.LoopbackCidr == defaults.LoopbackCidr ? [] : [settings.LoopbackCidr]);
        Refuse(nameof(settings.InboundTunnelPort), settings.InboundTunnelPort == defaults.InboundTunnelPort ? [] : [$"{settings.InboundTunnelPort}"]);
    }

    private static void Refuse(string setting, IEnumerable<string> values)
    {
        string[] given = [.. values];
        if (given.Length > 0)
        {
            throw new RedirectionSettingException(
                setting, string.Join(',', given), "has no meaning in the first generation, whose script knows no such setting",
                "Leave it out, or choose Generation Current.");
        }
    }
}
