using System.Text.Json.Nodes;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Parsing;
using IstioAdmin.Iptables.Printing;
using IstioAdmin.Iptables.Tracing;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Nodes;

/// <summary>A pod's network namespace: its addresses, and its rules as each back end of iptables has them.</summary>
/// <param name="address">The pod's address.</param>
/// <param name="inode">The number by which the namespace is told from others.</param>
internal sealed class PodNetwork(string address, ulong inode)
{
    private readonly object _gate = new();
    private readonly Dictionary<(bool Legacy, IpFamily Family), string> _rules = [];
    private Dictionary<(IpFamily, string, string, int), RuleCounters>? _counters;

    /// <summary>The pod's address.</summary>
    public string Address => address;

    /// <summary>The number of the namespace.</summary>
    public ulong Inode => inode;

    /// <summary>Whether it has no rules at all.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_gate)
                return _rules.Count == 0;
        }
    }

    /// <summary>The rules as iptables-save (nf_tables) or iptables-legacy-save prints them, without comments; empty when there are none.</summary>
    public string Rules(IpFamily family, bool legacy = false)
    {
        lock (_gate)
            return _rules.GetValueOrDefault((legacy, family), "");
    }

    /// <summary>Sets the rules of a family and back end; empty takes them away.</summary>
    public void Set(IpFamily family, string text, bool legacy = false)
    {
        lock (_gate)
        {
            _counters = null;
            if (text.Length == 0)
                _rules.Remove((legacy, family));
            else
                _rules[(legacy, family)] = text;
        }
    }

    /// <summary>The rules, for a snapshot.</summary>
    public JsonArray Save()
    {
        lock (_gate)
        {
            return new JsonArray([.. _rules.Select(rules => new JsonObject
            {
                ["family"] = rules.Key.Family.ToString(),
                ["legacy"] = rules.Key.Legacy,
                ["rules"] = rules.Value,
            })]);
        }
    }

    /// <summary>Sets the rules of a snapshot.</summary>
    public void Restore(JsonArray saved)
    {
        foreach (JsonObject rules in saved.OfType<JsonObject>())
            Set(Enum.TryParse(Json.Text(rules, "family"), out IpFamily family) ? family : IpFamily.IPv4, Json.Text(rules, "rules") ?? "", Json.Flag(rules, "legacy") == true);
    }

    /// <summary>Takes all rules away.</summary>
    public void Flush()
    {
        lock (_gate)
        {
            _counters = null;
            _rules.Clear();
        }
    }

    /// <summary>The rules of the nf_tables back end, with what they have counted.</summary>
    public Ruleset Ruleset(IpFamily family)
    {
        string text = Rules(family);
        Ruleset read = IptablesSave.Parse(text, new ParseOptions { Family = family }).Rulesets.SingleOrDefault() ?? new Ruleset { Family = family };
        lock (_gate)
        {
            return read with
            {
                Tables = [.. read.Tables.Select(table => table with
                {
                    Chains = [.. table.Chains.Select(chain => chain with
                    {
                        Rules = [.. chain.Rules.Select((rule, i) => rule with { Counters = _counters?.GetValueOrDefault((family, table.Name, chain.Name, i + 1)) ?? default })],
                    })],
                })],
            };
        }
    }

    /// <summary>The rules of the nf_tables back end with their counters, as <c>iptables-save -c</c> prints them.</summary>
    public string WithCounters(IpFamily family) => Rules(family).Length == 0 ? "" : SavePrinter.Print(Ruleset(family), withCounters: true);

    /// <summary>Counts a packet at every rule that it met.</summary>
    public void Count(IpFamily family, IEnumerable<TraceStep> steps)
    {
        lock (_gate)
        {
            _counters ??= [];
            foreach (TraceStep step in steps.Where(step => step is { Matched: true, Number: > 0 }))
            {
                RuleCounters before = _counters.GetValueOrDefault((family, step.Table, step.Chain, step.Number));
                _counters[(family, step.Table, step.Chain, step.Number)] = new RuleCounters(before.Packets + 1, before.Bytes + 60);
            }
        }
    }

    /// <summary>The namespace as packets see it.</summary>
    public TraceHost Host()
    {
        uint own = 0;
        foreach (string part in address.Split('.'))
            own = (own << 8) | byte.Parse(part, System.Globalization.CultureInfo.InvariantCulture);
        return new TraceHost(
            [new HostInterface(TraceHost.Loopback, [(IpFamily.IPv4, TraceHost.LoopbackIPv4)]), new HostInterface("eth0", [(IpFamily.IPv4, own)])], "eth0");
    }
}
