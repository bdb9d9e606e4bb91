using IstioAdmin.Iptables.Parsing;

namespace IstioAdmin.Iptables.Tests.Parsing;

public sealed class ErrorTests
{
    [Theory]
    [InlineData("-A INPUT -s 300.1.1.1 -j DROP", 13, "300.1.1.1")]
    [InlineData("-A INPUT -s 10.0.0.0/33 -j DROP", 13, "10.0.0.0/33")]
    [InlineData("-A INPUT -p nosuch -j DROP", 13, "nosuch")]
    [InlineData("-A INPUT -i much-too-long-a-name -j DROP", 13, "much-too-long-a-name")]
    [InlineData("-A MISSING -j DROP", 1, "MISSING")]
    [InlineData("-A INPUT --dport 22 -j DROP", 10, "--dport")]
    [InlineData("-A INPUT stray -j DROP", 10, "stray")]
    [InlineData("-A INPUT -j DROP -j ACCEPT", 18, "-j")]
    [InlineData("-A INPUT -s", 12, "")]
    [InlineData("-A INPUT -j", 10, "")]
    [InlineData("-A INPUT -p tcp !", 18, "")]
    [InlineData("-A INPUT ! ! -p tcp -j DROP", 12, "!")]
    [InlineData("-A INPUT -m owner ! -j DROP !", 29, "!")]
    [InlineData("-A INPUT -m owner ! ! -s 10.0.0.1 -j DROP", 19, "!")]
    [InlineData("-A INPUT -m comment --comment \"no end -j DROP", 31, "\"no end -j DROP")]
    [InlineData("-A INPUT -m \"comment", 13, "\"comment")]
    [InlineData("-A INPUT -j LOG --log-prefix \"", 30, "\"")]
    [InlineData("-I INPUT 7 -j DROP", 11, "7")]
    [InlineData("-D INPUT -p tcp -j DROP", 9, "INPUT")]
    [InlineData("-Q INPUT", 1, "-Q")]
    [InlineData("[1] -A INPUT -j DROP", 1, "[1]")]
    [InlineData(":NEW MAYBE [0:0]", 6, "MAYBE")]
    [InlineData(":NEW - 0:0", 8, "0:0")]
    [InlineData(":ACCEPT - [0:0]", 2, "ACCEPT")]
    [InlineData("-N LOG", 4, "LOG")]
    [InlineData("hello world", 1, "hello")]
    public void A_bad_line_is_named_with_column_and_word_and_loses_nothing_else(string line, int column, string word)
    {
        ParseResult result = IptablesSave.Parse(Dump.WithRules("-A USER -j RETURN", line, "-A USER -j DROP"));

        SyntaxError error = Assert.Single(result.Errors);
        Assert.Equal((5, column, word), (error.Line, error.Column, error.Token));
        Assert.Equal(2, result.Rulesets.Single().Find("filter")!.Find("USER")!.Rules.Count);
    }

    [Fact]
    public void Strict_reading_ends_at_the_first_bad_line()
    {
        var thrown = Assert.Throws<IptablesFormatException>(() => IptablesSave.Parse(Dump.WithRules("-A INPUT oops"), new ParseOptions { Strict = true }));

        Assert.Equal(4, thrown.Error.Line);
        Assert.Contains("oops", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_dump_that_was_cut_off_says_so_and_keeps_what_came()
    {
        ParseResult result = IptablesSave.Parse("*nat\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -j RETURN\n");

        Assert.Contains("cut off", Assert.Single(result.Errors).Message, StringComparison.Ordinal);
        Assert.Single(result.Rulesets.Single().Find("nat")!.Find("OUTPUT")!.Rules);
    }

    [Fact]
    public void Nothing_is_no_ruleset_and_no_error()
    {
        ParseResult result = IptablesSave.Parse("");

        Assert.Empty(result.Rulesets);
        Assert.Empty(result.Errors);
    }

    [Fact]
    public void A_line_of_50_MB_is_one_error_with_a_short_word()
    {
        ParseResult result = IptablesSave.Parse("*nat\n" + new string('x', 50_000_000) + "\nCOMMIT\n");

        Assert.Equal(100, Assert.Single(result.Errors).Token.Length);
    }
}
