using System.Globalization;
using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Iptables.Redirection;

/// <summary>Reads the words of settings.</summary>
internal static class Values
{
    /// <summary>How many groups upstream puts into one rule (istio/istio: tools/common/config/validation.go).</summary>
    public const int MostOwnerGroups = 64;

    /// <summary>The values of a list, split at commas, without the empty ones.</summary>
    public static IEnumerable<string> Words(string setting, IReadOnlyList<string> list) =>
        (list ?? throw new ArgumentNullException(setting)).SelectMany(element => element.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));

    /// <summary>Reads a list in which <c>*</c> alone means everything.</summary>
    public static Selection<T> Select<T>(string setting, IReadOnlyList<string> list, Func<string, IReadOnlyList<string>, IReadOnlyList<T>> read)
    {
        string[] words = [.. Words(setting, list)];
        if (!words.Contains("*"))
            return new Selection<T>(false, read(setting, words));
        if (words.Length == 1)
            return new Selection<T>(true, []);
        throw new RedirectionSettingException(
            setting, string.Join(',', words), "mixes '*' with other values, which upstream would hand to iptables as they are",
            "Give '*' alone for everything, or only the values.");
    }

    /// <summary>Reads ports and ranges of ports.</summary>
    public static IReadOnlyList<PortRange> Ports(string setting, IReadOnlyList<string> list) => [.. Words(setting, list).Select(word => Port(setting, word))];

    /// <summary>Reads user or group ids and ranges of them.</summary>
    public static IReadOnlyList<IdRange> Ids(string setting, IReadOnlyList<string> list) => [.. Words(setting, list).Select(word => Id(setting, word))];

    /// <summary>Reads interface names.</summary>
    public static IReadOnlyList<InterfacePattern> Interfaces(string setting, IReadOnlyList<string> list) =>
        [.. Words(setting, list).Select(word => Interface(setting, word))];

    /// <summary>Takes a port only when something can listen on it.</summary>
    public static ushort Listening(string setting, ushort port) => port != 0
        ? port
        : throw new RedirectionSettingException(setting, "0", "is no port to listen on", "Give the proxy's port, 1 to 65535.");

    private static PortRange Port(string setting, string word)
    {
        int colon = word.IndexOf(':', StringComparison.Ordinal);
        ReadOnlySpan<char> low = colon < 0 ? word : word.AsSpan(0, colon);
        ReadOnlySpan<char> high = colon < 0 ? word : word.AsSpan(colon + 1);
        if (TryNumber(low, ushort.MaxValue, out uint first) && TryNumber(high, ushort.MaxValue, out uint last) && first <= last)
            return new PortRange((ushort)first, (ushort)last);
        throw new RedirectionSettingException(
            setting, word, word == "*" ? "cannot stand here: this list only names ports" : "is not a port",
            "Give numbers from 0 to 65535 without leading zeros, or ranges such as 8000:8010.");
    }

    private static IdRange Id(string setting, string word)
    {
        int dash = word.IndexOf('-', StringComparison.Ordinal);
        ReadOnlySpan<char> low = dash < 0 ? word : word.AsSpan(0, dash);
        ReadOnlySpan<char> high = dash < 0 ? word : word.AsSpan(dash + 1);
        // The highest number means "no id" to the kernel (extensions/libxt_owner.c).
        if (TryNumber(low, uint.MaxValue - 1, out uint first) && TryNumber(high, uint.MaxValue - 1, out uint last) && first <= last)
            return new IdRange(first, last);
        throw new RedirectionSettingException(
            setting, word, word == "*" ? "cannot stand here: this list only names ids" : "is not a numeric id",
            "Give numbers without leading zeros, or ranges such as 1000-1999; what a name stands for only the image knows ('id', 'getent group').");
    }

    private static InterfacePattern Interface(string setting, string word)
    {
        ReadOnlySpan<char> name = word.EndsWith('+') ? word.AsSpan(0, word.Length - 1) : word;
        bool plain = word.Length <= InterfacePattern.MaxLength && !name.StartsWith("-");
        foreach (char c in name)
            plain &= char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-' or '@';
        return plain
            ? new InterfacePattern(word)
            : throw new RedirectionSettingException(
                setting, word, "is not an interface name",
                $"Give up to {InterfacePattern.MaxLength} letters, digits and '_.-@', with a final '+' for every name that begins so.");
    }

    // A leading zero means octal to iptables, and nobody who writes one expects that.
    private static bool TryNumber(ReadOnlySpan<char> text, uint most, out uint number) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= most && (text.Length == 1 || text[0] != '0');
}
