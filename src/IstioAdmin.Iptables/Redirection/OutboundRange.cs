using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Iptables.Redirection;

/// <summary>A destination that is included or excluded.</summary>
/// <param name="Address">Addresses that belong to it.</param>
/// <param name="NamesLoopback">Whether the address was written as a loopback address, whatever its prefix makes of it.</param>
internal readonly record struct OutboundRange(AddressPattern Address, bool NamesLoopback)
{
    /// <summary>Today's program takes prefixes of either family and insists on their length (Go: netip.ParsePrefix).</summary>
    public static IReadOnlyList<OutboundRange> Read(string setting, IReadOnlyList<string> list) =>
        [.. Values.Words(setting, list).Select(word => ReadPrefix(setting, word))];

    /// <summary>The script hands the word to iptables, which takes single addresses and masks too, but no IPv6.</summary>
    public static IReadOnlyList<OutboundRange> ReadFirstGeneration(string setting, IReadOnlyList<string> list) => [.. Values.Words(setting, list).Select(word =>
        AddressPattern.TryParse(word, IpFamily.IPv4, out AddressPattern pattern)
            ? new OutboundRange(pattern, false)
            : throw Bad(setting, word, "Give IPv4 addresses or prefixes such as 10.96.0.0/12; the first generation redirects no IPv6."))];

    /// <summary>Reads what counts as loopback (istio/istio: tools/common/config/validation.go).</summary>
    public static AddressPattern Loopback(string setting, string word)
    {
        ArgumentNullException.ThrowIfNull(word, setting);
        return TryPrefix(word, IpFamily.IPv4, out UInt128 address, out AddressPattern pattern) && IsLoopback(address, IpFamily.IPv4) && pattern.PrefixLength >= 8
            ? pattern
            : throw new RedirectionSettingException(
                setting, word, "is not a prefix within 127.0.0.0/8", $"Give {PodRedirectionSettings.DefaultLoopbackCidr} for that one address, or 127.0.0.1/8 for all of them.");
    }

    private static OutboundRange ReadPrefix(string setting, string word)
    {
        IpFamily family = word.Contains(':', StringComparison.Ordinal) ? IpFamily.IPv6 : IpFamily.IPv4;
        if (!TryPrefix(word, family, out UInt128 address, out AddressPattern pattern))
            throw Bad(setting, word, "Give prefixes with their length, such as 10.96.0.0/12 or fd00::/8, and /32 or /128 for one address.");
        return new OutboundRange(pattern, IsLoopback(address, family));
    }

    private static bool TryPrefix(string word, IpFamily family, out UInt128 address, out AddressPattern pattern)
    {
        address = default;
        pattern = default;
        int slash = word.IndexOf('/', StringComparison.Ordinal);
        // After the slash iptables would take a mask as well; the program does not.
        return slash > 0
            && !word.AsSpan(slash + 1).ContainsAnyExceptInRange('0', '9')
            && AddressPattern.TryParseAddress(word.AsSpan(0, slash), family, out address)
            && AddressPattern.TryParse(word, family, out pattern);
    }

    // Go counts an IPv4 address in IPv6 clothes as what it stands for (net/netip, IsLoopback).
    private static bool IsLoopback(UInt128 address, IpFamily family) => family == IpFamily.IPv4
        ? (uint)address >> 24 == 127
        : address == UInt128.One || address >> 24 == 0xFFFF7F;

    private static RedirectionSettingException Bad(string setting, string word, string remedy) =>
        new(setting, word, word == "*" ? "cannot stand here: nothing would be left" : "is not an address prefix", remedy);
}
