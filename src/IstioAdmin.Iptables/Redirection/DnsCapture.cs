using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Iptables.Redirection;

/// <summary>Which DNS goes to the agent.</summary>
/// <param name="All">Every server's, whatever is listed.</param>
/// <param name="Servers">The servers otherwise, each a single address.</param>
internal sealed record DnsCapture(bool All, IReadOnlyList<AddressPattern> Servers)
{
    /// <summary>Whether the family has DNS to capture.</summary>
    public bool Concerns(IpFamily family) => All || Of(family).Any();

    /// <summary>The servers of a family.</summary>
    public IEnumerable<AddressPattern> Of(IpFamily family) => Servers.Where(server => server.Family == family);

    /// <summary>Reads the three settings; null when nothing is captured.</summary>
    public static DnsCapture? Of(PodRedirectionSettings settings)
    {
        AddressPattern[] servers = [.. Values.Words(nameof(settings.DnsServers), settings.DnsServers).Select(word => Server(nameof(settings.DnsServers), word))];
        return settings.RedirectDns && (settings.CaptureAllDns || servers.Length > 0) ? new DnsCapture(settings.CaptureAllDns, servers) : null;
    }

    private static AddressPattern Server(string setting, string word)
    {
        IpFamily family = word.Contains(':', StringComparison.Ordinal) ? IpFamily.IPv6 : IpFamily.IPv4;
        return AddressPattern.TryParseAddress(word, family, out UInt128 address)
            ? new AddressPattern(family, address, AddressPattern.FullMask(family))
            : throw new RedirectionSettingException(
                setting, word, "is not an address", "Give the nameservers of the pod's resolv.conf, or set CaptureAllDns and none.");
    }
}
