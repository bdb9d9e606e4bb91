using System.Text;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Parsing;
using IstioAdmin.Iptables.Parsing.Nftables;
using IstioAdmin.Iptables.Printing;
using static IstioAdmin.Iptables.Tests.Parsing.Nftables.Listing;

namespace IstioAdmin.Iptables.Tests.Parsing.Nftables;

public sealed class ListingTests
{
    [Fact]
    public void Each_family_has_its_ruleset_and_tables_of_both_are_in_both()
    {
        ParseResult result = Parse(Table("ip", "nat"), Table("inet", "nat"), Table("ip6", "filter"), Table("arp", "filter"), Table("netdev", "x"));

        Assert.Empty(result.Errors);
        Assert.Equal([IpFamily.IPv4, IpFamily.IPv6], result.Rulesets.Select(ruleset => ruleset.Family));
        Assert.Equal([("nat", false), ("nat", true)], result.Rulesets[0].Tables.Select(table => (table.Name, table.IsInet)));
        Assert.Equal([("nat", true), ("filter", false)], result.Rulesets[1].Tables.Select(table => (table.Name, table.IsInet)));
        Assert.Equal(["arp filter", "netdev x"], result.OtherTables);
    }

    [Fact]
    public void A_base_chain_has_its_type_hook_priority_and_policy()
    {
        Ruleset ruleset = Of(IpFamily.IPv4, Text(Table("inet", "t"), Base("inet", "t", "here", "nat", "output", -90, "drop"), Chain("inet", "t", "PREROUTING")));

        Chain chain = ruleset.Find("t")!.Find("here")!;
        Assert.Equal((new BaseChain(BaseChainType.Nat, Hook.Output, -90), ChainPolicy.Drop), (chain.Base, chain.Policy!.Value));
        // A chain is what the listing says, not what its name says.
        Assert.Null(ruleset.Find("t")!.Find("PREROUTING")!.Base);
    }

    [Theory]
    [InlineData("{\"nftables\": [\n{\"table\": {\"family\": \"ip\", \"name\": \"a\"}},\n{\"table\": nonsense}]}", 3, 12)]
    [InlineData("{\"nftables\": [\n{\"table\": {\"family\": \"ip\", \"name\": \"a\"}},\n", 3, 1)]
    [InlineData("{\"nftables\": [\n{\"table\": {\"family\": \"ip\", \"name\": \"a\"}}\n]} x", 3, 4)]
    public void What_is_not_JSON_is_an_error_with_its_place_and_what_was_before_it_is_read(string text, int line, int column)
    {
        ParseResult result = NftablesJson.Parse(text);

        SyntaxError error = Assert.Single(result.Errors);
        Assert.Equal((line, column), (error.Line, error.Column));
        Assert.Equal("a", Assert.Single(Assert.Single(result.Rulesets).Tables).Name);
    }

    [Theory]
    [InlineData("""{"rule": {"family": "ip", "table": "a", "chain": "missing", "expr": []}}""", "a rule needs")]
    [InlineData("""{"chain": {"family": "ip", "table": "missing", "name": "c"}}""", "a chain needs")]
    [InlineData("""{"chain": {"family": "ip", "table": "a", "name": "c", "type": "filter", "hook": "input", "prio": "high"}}""", "a base chain needs")]
    [InlineData("""{"table": {"family": "ip", "name": "a"}}""", "listed twice")]
    [InlineData("""{"wonder": {}}""", "not known")]
    [InlineData("[1]", "an object with one member")]
    [InlineData("""{"table": {"family": "ip", "name": "\ud800"}}""", "not Unicode")]
    public void A_bad_object_is_an_error_with_its_place_and_does_not_lose_the_others(string bad, string message)
    {
        string text = Text(Table("ip", "a"), bad, Table("ip", "z"));

        ParseResult result = NftablesJson.Parse(text);

        SyntaxError error = Assert.Single(result.Errors);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Equal((3, 1), (error.Line, error.Column));
        Assert.Equal(["a", "z"], Assert.Single(result.Rulesets).Tables.Select(table => table.Name));
        Assert.Throws<IptablesFormatException>(() => NftablesJson.Parse(text, new ParseOptions { Strict = true }));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("")]
    [InlineData("{\"nftables\": 1}")]
    public void What_is_no_listing_is_an_error(string text) => Assert.Single(NftablesJson.Parse(text).Errors);

    [Fact]
    public void Bytes_that_are_not_UTF_8_are_an_error_and_everything_is_read()
    {
        byte[] text = Encoding.UTF8.GetBytes(Text(Table("ip", "aXc"), Table("ip", "z")));
        text[Array.IndexOf(text, (byte)'X')] = 0xC0;

        ParseResult result = NftablesJson.Parse(text);

        SyntaxError error = Assert.Single(result.Errors);
        Assert.Equal((2, 38), (error.Line, error.Column));
        Assert.Equal(["a\uFFFDc", "z"], Assert.Single(result.Rulesets).Tables.Select(table => table.Name));
    }

    [Fact]
    public void A_rule_knows_its_line() =>
        Assert.Equal(4, Of(IpFamily.IPv4, Text(Table("ip", "a"), Chain("ip", "a", "c"), Rule("ip", "a", "c", Drop))).Tables[0].Chains[0].Rules[0].Line);

    [Fact]
    public void What_iptables_has_words_for_is_printed_as_it_saves()
    {
        Ruleset ruleset = Of(IpFamily.IPv4, Text(
            Table("ip", "filter"), Base("ip", "filter", "INPUT", "filter", "input", 0, "drop"), Chain("ip", "filter", "USER"),
            Rule("ip", "filter", "INPUT", Match(Payload("tcp", "dport"), "80"), Accept), Rule("ip", "filter", "USER", Match(Meta("skuid"), "0"), Drop)));

        Assert.Equal(
            "*filter\n:INPUT DROP [0:0]\n:USER - [0:0]\n-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT\n-A USER -m owner --uid-owner 0 -j DROP\nCOMMIT\n",
            SavePrinter.Print(ruleset));
    }

    [Theory]
    [InlineData("ip", "INPUT", 0, Accept, null)]
    [InlineData("inet", "INPUT", 0, Accept, "Table 'inet filter'")]
    [InlineData("ip", "INPUT", 1, Accept, "Chain 'INPUT'")]
    [InlineData("ip", "mine", 0, Accept, "Chain 'mine'")]
    [InlineData("ip", "INPUT", 0, """{"xt": {"type": "target", "name": "REDIRECT"}}""", "'add rule ip filter INPUT xt target REDIRECT'")]
    public void What_iptables_has_no_words_for_is_not_printed_as_if_it_had(string family, string chain, int priority, string statement, string? named)
    {
        Ruleset ruleset = Of(IpFamily.IPv4, Text(Table(family, "filter"), Base(family, "filter", chain, "filter", "input", priority), Rule(family, "filter", chain, statement)));

        Exception? refused = Record.Exception(() => SavePrinter.Print(ruleset));

        Assert.Equal(named is not null, refused is NotSupportedException);
        Assert.Contains(named ?? "", refused?.Message ?? "", StringComparison.Ordinal);
    }
}
