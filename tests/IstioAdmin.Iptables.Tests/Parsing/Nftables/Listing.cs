using System.Text;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Parsing;
using IstioAdmin.Iptables.Parsing.Nftables;

namespace IstioAdmin.Iptables.Tests.Parsing.Nftables;

/// <summary>Listings of nft, written shortly.</summary>
internal static class Listing
{
    public const string Accept = """{"accept": null}""";

    public const string Drop = """{"drop": null}""";

    public static string Match(string left, string right, string op = "==") =>
        $$$"""{"match": {"op": "{{{op}}}", "left": {{{left}}}, "right": {{{right}}} }}""";

    public static string Payload(string protocol, string field) => $$$"""{"payload": {"protocol": "{{{protocol}}}", "field": "{{{field}}}"}}""";

    public static string Meta(string key) => $$$"""{"meta": {"key": "{{{key}}}"}}""";

    public static string Ct(string key) => $$$"""{"ct": {"key": "{{{key}}}"}}""";

    public static string Table(string family, string name) => $$$"""{"table": {"family": "{{{family}}}", "name": "{{{name}}}", "handle": 1}}""";

    public static string Chain(string family, string table, string name) => $$$"""{"chain": {"family": "{{{family}}}", "table": "{{{table}}}", "name": "{{{name}}}", "handle": 1}}""";

    public static string Base(string family, string table, string name, string type, string hook, int priority, string policy = "accept") =>
        $$$"""{"chain": {"family": "{{{family}}}", "table": "{{{table}}}", "name": "{{{name}}}", "handle": 1, "type": "{{{type}}}", "hook": "{{{hook}}}", "prio": {{{priority}}}, "policy": "{{{policy}}}"}}""";

    public static string Rule(string family, string table, string chain, params string[] statements) =>
        $$$"""{"rule": {"family": "{{{family}}}", "table": "{{{table}}}", "chain": "{{{chain}}}", "handle": 1, "expr": [{{{string.Join(", ", statements)}}}]}}""";

    public static string Text(params string[] objects) =>
        "{\"nftables\": [{\"metainfo\": {\"version\": \"1.0.6\", \"json_schema_version\": 1}},\n" + string.Join(",\n", objects) + "\n]}\n";

    public static ParseResult Parse(params string[] objects) => NftablesJson.Parse(Text(objects));

    /// <summary>The ruleset of a family in a listing that must be without errors.</summary>
    public static Ruleset Of(IpFamily family, string text)
    {
        ParseResult result = NftablesJson.Parse(Encoding.UTF8.GetBytes(text));
        Assert.Empty(result.Errors);
        return Assert.Single(result.Rulesets, ruleset => ruleset.Family == family);
    }

    /// <summary>One table <c>inet t</c> with a chain at INPUT of priority 0 and a regular chain <c>r</c>; one rule of INPUT each for the lists of statements.</summary>
    public static Ruleset Input(IpFamily family, params string[] rules) => Of(family, Text(
        [
            Table("inet", "t"), Base("inet", "t", "in", "filter", "input", 0), Chain("inet", "t", "r"), .. rules.Select(rule => Rule("inet", "t", "in", rule)),
        ]));
}
