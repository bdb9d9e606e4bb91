using System.Collections.Concurrent;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Parsing;
using IstioAdmin.Iptables.Parsing.Nftables;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Iptables.Proof.Escapes;

/// <summary>
/// Answers the same question about many pods. Most pods of a mesh have the same rules: each content is read once, and each proof is made once
/// for all pods that no rule can tell apart by their addresses. The packets behind a verdict are worked out when somebody looks at them, for
/// the very pod. Safe to use from several threads.
/// </summary>
public sealed class EscapeCache
{
    private readonly ConcurrentDictionary<DumpKey, ParseResult> _read = [];
    private readonly ConcurrentDictionary<(Ruleset Ruleset, EscapeQuery Query), AddressAtoms> _atoms = new(ByIdentity.Instance);
    private readonly ConcurrentDictionary<(AddressAtoms Atoms, string Class), EscapeVerdict> _verdicts = [];

    /// <summary>How many different contents have been read.</summary>
    public int ContentCount => _read.Count;

    /// <summary>How many proofs have been made.</summary>
    public int ProofCount => _verdicts.Count;

    /// <summary>
    /// Reads a dump, or gives what the first dump of the same content was read as: its counters and line numbers are that one's.
    /// </summary>
    /// <param name="text">What iptables-save printed.</param>
    /// <param name="options">How to read it.</param>
    public ParseResult Read(string text, ParseOptions? options = null)
    {
        options ??= new ParseOptions();
        DumpKey key = DumpKey.Of(text, options);
        return _read.TryGetValue(key, out ParseResult? known) ? known : _read.GetOrAdd(key, IptablesSave.Parse(text, options));
    }

    /// <summary>Reads a listing of nft in JSON, or gives what the first one of the same content was read as.</summary>
    /// <param name="json">What <c>nft -j list ruleset</c> printed.</param>
    public ParseResult ReadListing(string json)
    {
        DumpKey key = DumpKey.OfListing(json);
        return _read.TryGetValue(key, out ParseResult? known) ? known : _read.GetOrAdd(key, NftablesJson.Parse(json));
    }

    /// <summary>Answers a question about a pod. Questions are told apart by identity: use one object for all pods.</summary>
    /// <param name="ruleset">The pod's rules, as <see cref="Read"/> gave them.</param>
    /// <param name="host">The pod's interfaces and addresses.</param>
    /// <param name="query">The question.</param>
    public EscapeSet Find(Ruleset ruleset, TraceHost host, EscapeQuery query)
    {
        AddressAtoms atoms = _atoms.TryGetValue((ruleset, query), out AddressAtoms? known) ? known : _atoms.GetOrAdd((ruleset, query), new AddressAtoms(ruleset, query));
        string alike = atoms.ClassOf(host);
        if (_verdicts.TryGetValue((atoms, alike), out EscapeVerdict verdict))
            return new EscapeSet(query, ruleset, verdict, new Lazy<EscapeLists>(() => new EscapeFinder(ruleset, host).Find(query).Lists));
        EscapeSet proof = new EscapeFinder(ruleset, host).Find(query);
        _verdicts.TryAdd((atoms, alike), proof.Verdict);
        return proof;
    }

    private sealed class ByIdentity : IEqualityComparer<(Ruleset Ruleset, EscapeQuery Query)>
    {
        public static ByIdentity Instance { get; } = new();

        public bool Equals((Ruleset Ruleset, EscapeQuery Query) a, (Ruleset Ruleset, EscapeQuery Query) b) =>
            ReferenceEquals(a.Ruleset, b.Ruleset) && ReferenceEquals(a.Query, b.Query);

        public int GetHashCode((Ruleset Ruleset, EscapeQuery Query) pair) =>
            HashCode.Combine(System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(pair.Ruleset), System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(pair.Query));
    }
}
