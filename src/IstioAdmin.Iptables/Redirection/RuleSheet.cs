using System.Text;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Parsing;

namespace IstioAdmin.Iptables.Redirection;

/// <summary>
/// Collects the rules of one family in the order in which upstream gives them and makes the ruleset that iptables-save would
/// print afterwards. Rules are written in iptables-save's own form: -s, -d, -i, -o, -p, extensions, target.
/// </summary>
internal sealed class RuleSheet
{
    /// <summary>The order of the nf_tables back end (iptables/nft.c, xtables_ipv4); the legacy one prints tables as they were made.</summary>
    private static readonly string[] TableOrder = ["mangle", "raw", "filter", "nat"];

    private readonly Dictionary<(string Table, string Chain), List<string>> _chains = [];

    public RuleSheet(IpFamily family) => Family = family;

    /// <summary>Family of the rules.</summary>
    public IpFamily Family { get; }

    /// <summary>What Istio's programs call their own chains.</summary>
    private static bool IsOwn(string chain) => chain.StartsWith("ISTIO_", StringComparison.Ordinal);

    /// <summary>Adds a rule at the end of a chain (<c>-A</c>).</summary>
    public void Append(string table, string chain, string rule) => Chain(table, chain, rule).Add(rule);

    /// <summary>Puts a rule where <c>-I chain position</c> would; positions count from 1.</summary>
    public void Insert(string table, string chain, int position, string rule) => Chain(table, chain, rule).Insert(position - 1, rule);

    /// <summary>The ruleset.</summary>
    public Ruleset Build()
    {
        var text = new StringBuilder();
        foreach (string table in TableOrder)
            AppendTable(text, table);
        return IptablesSave.Parse(text.ToString(), new ParseOptions { Family = Family, Strict = true }).Rulesets.SingleOrDefault()
            ?? new Ruleset { Family = Family };
    }

    private void AppendTable(StringBuilder text, string table)
    {
        var rules = _chains.Where(pair => pair.Key.Table == table).ToDictionary(pair => pair.Key.Chain, pair => pair.Value);
        if (rules.Count == 0)
            return;
        // Built-in chains in the hooks' order, user chains by name: both back ends do so, and both compare bytes.
        string[] chains = [.. BuiltIn(table), .. rules.Keys.Where(IsOwn).Order(StringComparer.Ordinal)];
        text.Append('*').Append(table).Append('\n');
        foreach (string chain in chains)
            text.Append(':').Append(chain).Append(IsOwn(chain) ? " - [0:0]\n" : " ACCEPT [0:0]\n");
        foreach (string chain in chains)
        {
            foreach (string rule in rules.GetValueOrDefault(chain, []))
                text.Append("-A ").Append(chain).Append(' ').Append(rule).Append('\n');
        }
        text.Append("COMMIT\n");
    }

    private static string[] BuiltIn(string table) => table switch
    {
        "raw" => ["PREROUTING", "OUTPUT"],
        "mangle" => ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"],
        "nat" => ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"],
        _ => ["INPUT", "FORWARD", "OUTPUT"],
    };

    private List<string> Chain(string table, string chain, string rule)
    {
        // A chain that is jumped to exists, whether or not anything is ever put into it.
        string target = rule[(rule.LastIndexOf(' ') + 1)..];
        if (IsOwn(target))
            Chain(table, target);
        return Chain(table, chain);
    }

    private List<string> Chain(string table, string chain)
    {
        if (!_chains.TryGetValue((table, chain), out List<string>? rules))
            _chains.Add((table, chain), rules = []);
        return rules;
    }
}
