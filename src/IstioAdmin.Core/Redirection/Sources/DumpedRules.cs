using System.Text.RegularExpressions;
using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Core.Redirection.Sources;

/// <summary>
/// Rules that somebody dumped: what iptables-save, ip6tables-save, their -nft and -legacy variants or <c>ipset save</c> printed, one after the other
/// or alone, or <c>nft -j list ruleset</c>. The content tells which it is.
/// </summary>
public static partial class DumpedRules
{
    /// <summary>Reads a dump.</summary>
    /// <param name="text">The dump.</param>
    /// <param name="name">Where it comes from, for people: a file's name.</param>
    /// <param name="madeAt">When it was made; now when it is not known.</param>
    /// <exception cref="MeshException">It is none of these (<c>DumpNotRecognized</c>).</exception>
    public static PodRules Read(string text, string name, DateTimeOffset? madeAt = null)
    {
        IReadOnlyList<RuleDump> dumps = Recognize(text);
        if (dumps.Count == 0)
        {
            throw new MeshException("DumpNotRecognized", FailureKind.InvalidInput, $"{name} is no dump of rules.",
                "Give it what iptables-save, ip6tables-save or 'nft -j list ruleset' prints, run in the pod's network namespace.", name);
        }
        var gaps = new List<string>();
        bool listed = dumps.Any(dump => dump.Format == RuleDumpFormat.NftJson);
        IpFamily[] unseen = [.. new[] { IpFamily.IPv4, IpFamily.IPv6 }.Where(family => !listed && !dumps.Any(dump => dump.Family == family))];
        if (!listed)
        {
            if (unseen.Contains(IpFamily.IPv6))
                gaps.Add($"{name} has no IPv6 rules: what ip6tables-save prints is not in it.");
            if (unseen.Contains(IpFamily.IPv4))
                gaps.Add($"{name} has no IPv4 rules: what iptables-save prints is not in it.");
            gaps.Add($"{name} has no nftables listing: native nftables rules would not be seen.");
        }
        return new PodRules { Source = RulesSource.Dump, Reader = name, ReadAt = madeAt ?? DateTimeOffset.UtcNow, Dumps = dumps, Gaps = gaps, Unseen = unseen };
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="MeshException">It cannot be read (<c>DumpNotReadable</c>), or as <see cref="Read"/>.</exception>
    public static async Task<PodRules> ReadFileAsync(string path, CancellationToken cancel)
    {
        try
        {
            return Read(await File.ReadAllTextAsync(path, cancel).ConfigureAwait(false), path, File.GetLastWriteTimeUtc(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new MeshException("DumpNotReadable", FailureKind.InvalidInput, $"The dump {path} cannot be read: {e.Message}", "Check path and permissions.", path, e);
        }
    }

    private static IReadOnlyList<RuleDump> Recognize(string text)
    {
        string body = text.TrimStart('\uFEFF').Trim();
        if (body.StartsWith('{'))
            return body.Contains("\"nftables\"", StringComparison.Ordinal) ? [new RuleDump(RuleDumpFormat.NftJson, null, body)] : [];
        var parts = new List<Part>();
        Part? current = null;
        foreach (string line in body.Split('\n').Select(line => line.TrimEnd('\r')))
        {
            current = Begun(parts, current, line);
            current.Lines.Add(line);
        }
        return
        [
            .. parts.Where(part => part.Lines.Any(line => TableOrSet().IsMatch(line)))
                .Select(part => new RuleDump(part.Format, part.Format == RuleDumpFormat.Ipset ? null : part.Family ?? Guess(part.Lines), string.Join('\n', part.Lines) + "\n")),
        ];
    }

    /// <summary>The part that a line belongs to. Each table has a header of its own; one back end's tables belong together.</summary>
    private static Part Begun(List<Part> parts, Part? current, string line)
    {
        (RuleDumpFormat Format, IpFamily? Family) begun;
        if (Header().Match(line) is { Success: true } header)
            begun = (FormatOf(line), header.Groups["six"].Success ? IpFamily.IPv6 : IpFamily.IPv4);
        else if (Set().IsMatch(line))
            begun = (RuleDumpFormat.Ipset, null);
        else if (current is null || (current.Format == RuleDumpFormat.Ipset && line.StartsWith('*')))
            begun = (RuleDumpFormat.Iptables, null);
        else
            return current;
        Part? known = parts.Find(part => part.Format == begun.Format && part.Family == begun.Family);
        if (known is null)
            parts.Add(known = new Part(begun.Format, begun.Family, []));
        return known;
    }

    private static RuleDumpFormat FormatOf(string header) => header switch
    {
        var text when text.Contains("(nf_tables)", StringComparison.Ordinal) || text.Contains("-nft-", StringComparison.Ordinal) => RuleDumpFormat.IptablesNft,
        // From 1.8 on the nft variant says so, so the other one is legacy; before there was but that.
        _ => RuleDumpFormat.IptablesLegacy,
    };

    private static IpFamily Guess(List<string> lines) =>
        lines.Any(line => line.StartsWith('-') && SixWords().IsMatch(line)) ? IpFamily.IPv6 : IpFamily.IPv4;

    [GeneratedRegex(@"^# Generated by (?:ip(?<six>6)?tables|xtables)(?:-nft|-legacy)?-save .*$", RegexOptions.CultureInvariant)]
    private static partial Regex Header();

    [GeneratedRegex(@"^create \S+ (?:bitmap|hash|list):", RegexOptions.CultureInvariant)]
    private static partial Regex Set();

    [GeneratedRegex(@"^(?:\* ?\w+|create \S+ )", RegexOptions.CultureInvariant)]
    private static partial Regex TableOrSet();

    [GeneratedRegex(@" (?:-s|-d|--source|--destination) [0-9a-f]*:[0-9a-f:]*|icmp6|ipv6-icmp|icmpv6", RegexOptions.CultureInvariant)]
    private static partial Regex SixWords();

    private sealed record Part(RuleDumpFormat Format, IpFamily? Family, List<string> Lines);
}
