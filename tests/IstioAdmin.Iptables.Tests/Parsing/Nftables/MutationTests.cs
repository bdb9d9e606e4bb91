using System.Text;
using CsCheck;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Parsing;
using IstioAdmin.Iptables.Parsing.Nftables;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Iptables.Tests.Parsing.Nftables;

/// <summary>A listing that nft 1.0.6 printed of tables with one rule for nearly everything that it knows, and what may become of it on the way.</summary>
public sealed class MutationTests
{
    private static readonly string Listing = Dump.Read("nft-1.0.6-listing.json");

    // What a careless program makes of a value: another type, nothing, something near it.
    private static readonly string[] Replacements =
        ["null", "{}", "[]", "\"\"", "\"\\ud800\"", "0", "-1", "4294967296", "1.5", "true", "\"@s4\"", "\"*\"", "{\"set\": []}", "{\"range\": [5, 1]}", "[[]]", "{\"elem\": 1}", "\"ip6\""];

    [Fact]
    public void Every_rule_of_the_listing_is_there_and_what_is_not_understood_is_what_cannot_be()
    {
        ParseResult result = NftablesJson.Parse(Listing);

        Assert.Empty(result.Errors);
        Ruleset ruleset = result.Rulesets[0];
        Rule[] rules = [.. ruleset.Tables.SelectMany(table => table.Chains).SelectMany(chain => chain.Rules)];
        int listed = Listing.Split('\n').Count(line => line.StartsWith("{\"rule\"", StringComparison.Ordinal));
        Assert.Equal(listed, rules.Select(rule => rule.Line).Distinct().Count());
        string[] unknown = [.. rules.Where(rule => !rule.IsUnderstood).Select(rule => rule.NftText![(rule.NftText!.IndexOf(rule.Chain, StringComparison.Ordinal) + rule.Chain.Length + 1)..]).Where(words => !words.Contains("xt ", StringComparison.Ordinal))];
        Assert.Equal(
            [
                "ct direction original accept",
                "tcp flags { syn, ack } accept",
                "limit rate 5/minute accept",
                "{\"quota\": {\"val\": 5, \"val_unit\": \"mbytes\"}}",
                "meta pkttype broadcast drop",
                "{\"exthdr\": {\"name\": \"hbh\"}} true accept",
                "ip ttl 1 drop",
                "{\"numgen\": {\"mode\": \"random\", \"mod\": 2, \"offset\": 0}} 0 accept",
                "ct zone 1 accept",
                "dnat ip to tcp dport map { 80 : 10.0.0.1, 81 : 10.0.0.2 }",
            ],
            unknown);
    }

    [Fact]
    public void A_listing_with_bytes_changed_is_read_or_has_errors_and_never_throws() =>
        Gen.Select(Gen.Int[0, Listing.Length - 1], Gen.Byte, Gen.Int[0, Listing.Length - 1], Gen.Int[0, 60]).Sample(
            (at, value, cut, length) =>
            {
                byte[] bytes = Encoding.UTF8.GetBytes(Listing.Remove(cut, Math.Min(length, Listing.Length - cut)));
                bytes[Math.Min(at, bytes.Length - 1)] = value;
                Judge(NftablesJson.Parse(bytes));
            },
            iter: 3000);

    [Fact]
    public void A_listing_with_a_value_replaced_is_read_or_has_errors_and_never_throws() =>
        Gen.Select(Gen.Int[0, Listing.Length - 1], Gen.Int[0, Replacements.Length - 1]).Sample(
            (from, replacement) =>
            {
                int start = Listing.IndexOf(": ", from, StringComparison.Ordinal) + 2;
                int end = start < 2 ? -1 : Listing.IndexOfAny([',', '}', ']'], start);
                if (end > 0)
                    Judge(NftablesJson.Parse(Listing[..start] + Replacements[replacement] + Listing[end..]));
            },
            iter: 3000);

    [Fact]
    public void Ten_thousand_brackets_are_an_error() => Assert.Single(NftablesJson.Parse("{\"nftables\": " + new string('[', 10000)).Errors);

    // What was read can be printed, traced and proven, whatever it is.
    private static void Judge(ParseResult result)
    {
        foreach (Ruleset ruleset in result.Rulesets)
        {
            Assert.All(ruleset.Tables.SelectMany(table => table.Chains).SelectMany(chain => chain.Rules), rule => Assert.NotEmpty(rule.ToString()));
            new PacketTracer(ruleset, Tracing.World.Pod).Inbound(Tracing.World.In(80) with { Family = ruleset.Family });
        }
    }
}
