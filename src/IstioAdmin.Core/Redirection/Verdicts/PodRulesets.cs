using System.Collections.Concurrent;
using IstioAdmin.Core.Redirection.Sources;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Parsing;
using IstioAdmin.Iptables.Proof.Escapes;

namespace IstioAdmin.Core.Redirection.Verdicts;

/// <summary>The rules that are in force in a pod, from everything that was printed about them.</summary>
/// <param name="ByFamily">
/// The joined rulesets of each family. Two where several back ends hold rules: nothing tells which of them the kernel calls first, so
/// that a clause has to hold in both orders.
/// </param>
/// <param name="Backends">The back ends that hold rules.</param>
/// <param name="Gaps">What could not be read, each as a sentence.</param>
internal sealed record PodRulesets(IReadOnlyDictionary<IpFamily, Ruleset[]> ByFamily, IReadOnlyList<string> Backends, IReadOnlyList<string> Gaps)
{
    /// <summary>Whether there is no rule at all.</summary>
    public bool IsEmpty => Backends.Count == 0;
}

/// <summary>Reads dumps, each content once: most pods of a mesh have the same.</summary>
internal sealed class PodRulesetReader(EscapeCache cache)
{
    private static readonly IpFamily[] Families = [IpFamily.IPv4, IpFamily.IPv6];

    private const int MostSets = 256;

    private readonly ConcurrentDictionary<string, SetList> _sets = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Parts, PodRulesets> _known = new();

    public PodRulesets Read(IReadOnlyList<RuleDump> dumps)
    {
        RuleDump[] rules = [.. dumps.Where(dump => dump.Format != RuleDumpFormat.Ipset)];
        ParseResult[] results = [.. rules.Select(Read)];
        SetList[] sets = [.. dumps.Where(dump => dump.Format == RuleDumpFormat.Ipset).Select(ReadSets)];
        var key = new Parts([.. results, .. sets]);
        if (_known.TryGetValue(key, out PodRulesets? known))
            return known;
        if (_known.Count > 4096)
            _known.Clear();
        return _known.GetOrAdd(key, Join(rules, results, sets));
    }

    private ParseResult Read(RuleDump dump) => dump.Format == RuleDumpFormat.NftJson
        ? cache.ReadListing(dump.Text)
        : cache.Read(dump.Text, new ParseOptions { Family = dump.Family ?? IpFamily.IPv4 });

    private SetList ReadSets(RuleDump dump)
    {
        if (_sets.Count > MostSets)
            _sets.Clear();
        return _sets.GetOrAdd(dump.Text, text => new SetList(IpsetSave.Parse(text, out IReadOnlyList<SyntaxError> errors), errors));
    }

    private static PodRulesets Join(RuleDump[] dumps, ParseResult[] results, SetList[] sets)
    {
        var byFamily = new Dictionary<IpFamily, Ruleset[]>();
        var backends = new SortedSet<string>(StringComparer.Ordinal);
        IpSet[] allSets = [.. sets.SelectMany(list => list.Sets)];
        bool legacyRead = dumps.Any(dump => dump.Format == RuleDumpFormat.IptablesLegacy);
        foreach (IpFamily family in Families)
        {
            List<Ruleset> saved = [];
            List<Ruleset> listed = [];
            foreach ((RuleDump dump, ParseResult result) in dumps.Zip(results))
            {
                foreach (Ruleset ruleset in result.Rulesets.Where(ruleset => ruleset.Family == family))
                {
                    if (dump.Format == RuleDumpFormat.NftJson)
                        listed.Add(ruleset);
                    else
                        saved.Add(Of(dump.Format, ruleset, legacyRead) with { Sets = allSets });
                }
            }
            // Read strictly: what iptables-nft-save shows need not be taken from nft's listing, where its extensions are opaque.
            Ruleset[] parts = [.. saved.Concat(listed.Select(listing => Rest(listing, saved))).Where(part => !RulesetUnion.IsInert(part) || part.OtherBackendPresent)];
            Ruleset[] active = [.. parts.Where(part => !RulesetUnion.IsInert(part))];
            backends.UnionWith(active.Select(Name));
            byFamily[family] = parts switch
            {
                [] => [new Ruleset { Family = family }],
                _ when active.Length > 1 => [RulesetUnion.Of(parts), RulesetUnion.Of([.. Enumerable.Reverse(parts)])],
                _ => [RulesetUnion.Of(parts)],
            };
        }
        string[] errors = [.. results.SelectMany(result => result.Errors).Concat(sets.SelectMany(list => list.Errors)).Take(3).Select(error => $"A line of the rules could not be read: {error}")];
        return new PodRulesets(byFamily, [.. backends], errors);
    }

    private static Ruleset Of(RuleDumpFormat format, Ruleset ruleset, bool legacyRead) => format switch
    {
        RuleDumpFormat.IptablesLegacy => ruleset with { Backend = RulesetBackend.Legacy },
        RuleDumpFormat.IptablesNft => ruleset with { Backend = RulesetBackend.NfTables, OtherBackendPresent = ruleset.OtherBackendPresent && !legacyRead },
        _ => ruleset with { OtherBackendPresent = ruleset.OtherBackendPresent && !legacyRead },
    };

    /// <summary>The tables of a listing that no dump of iptables-nft shows in full.</summary>
    private static Ruleset Rest(Ruleset listing, List<Ruleset> saved) => listing with
    {
        Tables = [.. listing.Tables.Where(table => table.IsInet || !saved.Any(dump => dump.Backend != RulesetBackend.Legacy && dump.Find(table.Name) is { } shown && Shows(shown, table)))],
    };

    private static bool Shows(Table saved, Table listed) =>
        listed.Chains.All(chain => saved.Find(chain.Name) is { } shown && shown.Rules.Count >= chain.Rules.Count);

    private static string Name(Ruleset part) => part switch
    {
        { IsNftListing: true } => "nftables",
        { Backend: RulesetBackend.Legacy } => "iptables-legacy",
        { Backend: RulesetBackend.NfTables } => "iptables-nft",
        _ => "iptables",
    };

    private sealed record SetList(IReadOnlyList<IpSet> Sets, IReadOnlyList<SyntaxError> Errors);

    /// <summary>What was read, by identity.</summary>
    private sealed class Parts(object[] results) : IEquatable<Parts>
    {
        private readonly object[] _results = results;

        public bool Equals(Parts? other) => other is not null && _results.AsSpan().SequenceEqual(other._results, ReferenceEqualityComparer.Instance);

        public override bool Equals(object? obj) => Equals(obj as Parts);

        public override int GetHashCode()
        {
            var hash = new HashCode();
            foreach (object result in _results)
                hash.Add(System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(result));
            return hash.ToHashCode();
        }
    }
}
