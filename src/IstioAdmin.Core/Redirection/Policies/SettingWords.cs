using System.Globalization;
using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Core.Redirection.Policies;

/// <summary>Reads the words of settings that the writer of rules has accepted.</summary>
internal static class SettingWords
{
    public static string[] Split(IReadOnlyList<string> list) =>
        [.. list.SelectMany(element => element.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))];

    public static bool IsAll(IReadOnlyList<string> list) => Split(list) is ["*"];

    public static PortRange[] Ports(IReadOnlyList<string> list) => [.. Split(list).Where(word => word != "*").Select(word =>
    {
        (string first, string last) = Ends(word, ':');
        return new PortRange(ushort.Parse(first, CultureInfo.InvariantCulture), ushort.Parse(last, CultureInfo.InvariantCulture));
    })];

    public static IdRange[] Ids(IReadOnlyList<string> list) => [.. Split(list).Where(word => word != "*").Select(word =>
    {
        (string first, string last) = Ends(word, '-');
        return new IdRange(uint.Parse(first, CultureInfo.InvariantCulture), uint.Parse(last, CultureInfo.InvariantCulture));
    })];

    public static AddressPattern[] Ranges(IReadOnlyList<string> list) =>
        [.. Split(list).Where(word => word != "*").Select(word => AddressPattern.TryParse(word, Family(word), out AddressPattern pattern) ? pattern : throw new FormatException(word))];

    /// <summary>Whether a range was written with a loopback address, which lets calls within the pod be redirected (Go: netip.Addr.IsLoopback).</summary>
    public static bool NamesLoopback(string word)
    {
        IpFamily family = Family(word);
        int slash = word.IndexOf('/', StringComparison.Ordinal);
        return AddressPattern.TryParseAddress(slash < 0 ? word : word.AsSpan(0, slash), family, out UInt128 address)
            && (family == IpFamily.IPv4 ? (uint)address >> 24 == 127 : address == UInt128.One || address >> 24 == 0xFFFF7F);
    }

    /// <summary>Whether a word is an address and a length, as Go's parsers of prefixes want it.</summary>
    public static bool IsPrefix(string word)
    {
        int slash = word.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && slash < word.Length - 1
            && !word.AsSpan(slash + 1).ContainsAnyExceptInRange('0', '9')
            && AddressPattern.TryParseAddress(word.AsSpan(0, slash), Family(word), out _)
            && AddressPattern.TryParse(word, Family(word), out _);
    }

    private static IpFamily Family(string word) => word.Contains(':', StringComparison.Ordinal) ? IpFamily.IPv6 : IpFamily.IPv4;

    private static (string First, string Last) Ends(string word, char separator)
    {
        int at = word.IndexOf(separator, StringComparison.Ordinal);
        return at < 0 ? (word, word) : (word[..at], word[(at + 1)..]);
    }
}
