using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Parsing;

namespace IstioAdmin.Iptables.Tests;

/// <summary>Shorthands for dumps in tests.</summary>
internal static class Dump
{
    public static string Read(string file) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Data", file));

    /// <summary>A filter table with one user chain and the given rules in it.</summary>
    public static string WithRules(params string[] rules) =>
        "*filter\n:INPUT ACCEPT [0:0]\n:USER - [0:0]\n" + string.Concat(rules.Select(rule => rule + "\n")) + "COMMIT\n";

    /// <summary>The only ruleset of a dump that must be without errors.</summary>
    public static Ruleset Parse(string text, IpFamily family = IpFamily.IPv4)
    {
        ParseResult result = IptablesSave.Parse(text, new ParseOptions { Family = family });
        Assert.Empty(result.Errors);
        return Assert.Single(result.Rulesets);
    }

    /// <summary>The dump without comment lines, which carry dates.</summary>
    public static string WithoutComments(string text) =>
        string.Concat(text.Split('\n').Where(line => line.Length > 0 && line[0] != '#').Select(line => line + "\n"));
}
