using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Model.Matches;
using IstioAdmin.Iptables.Model.Targets;
using IstioAdmin.Iptables.Parsing;
using IstioAdmin.Iptables.Printing;
using IstioAdmin.Testing;

namespace IstioAdmin.Kernel.Tests.Examples;

/// <summary>Upstream's own examples, as far as the kernel here takes them: what iptables saves, we read and print.</summary>
public sealed class ExtensionExampleTests
{
    // What the model gives a meaning to. An extension may have further options; with one of those it is kept word for word.
    private static readonly Dictionary<string, string[]> Understood = new(StringComparer.Ordinal)
    {
        ["-m tcp"] = ["--sport", "--dport", "--tcp-flags"],
        ["-m udp"] = ["--sport", "--dport"],
        ["-m sctp"] = ["--sport", "--dport"],
        ["-m dccp"] = ["--sport", "--dport"],
        ["-m multiport"] = ["--sports", "--dports", "--ports"],
        ["-m owner"] = ["--uid-owner", "--gid-owner", "--socket-exists", "--suppl-groups"],
        ["-m conntrack"] = ["--ctstate"],
        ["-m state"] = ["--state"],
        ["-m mark"] = ["--mark"],
        ["-m connmark"] = ["--mark"],
        ["-m addrtype"] = ["--src-type", "--dst-type", "--limit-iface-in", "--limit-iface-out"],
        ["-m icmp"] = ["--icmp-type"],
        ["-m icmp6"] = ["--icmpv6-type"],
        ["-m iprange"] = ["--src-range", "--dst-range"],
        ["-m comment"] = ["--comment"],
        ["-m set"] = ["--match-set"],
        ["-m physdev"] = ["--physdev-in", "--physdev-out", "--physdev-is-in", "--physdev-is-out", "--physdev-is-bridged"],
        ["-j REJECT"] = ["--reject-with"],
        ["-j REDIRECT"] = ["--to-ports", "--random"],
        ["-j MASQUERADE"] = ["--to-ports", "--random", "--random-fully"],
        ["-j DNAT"] = ["--to-destination", "--random", "--persistent"],
        ["-j SNAT"] = ["--to-source", "--random", "--random-fully", "--persistent"],
        ["-j TPROXY"] = ["--on-port", "--on-ip", "--tproxy-mark"],
        ["-j MARK"] = ["--set-xmark"],
        ["-j CONNMARK"] = ["--set-xmark", "--save-mark", "--restore-mark", "--nfmask", "--ctmask"],
        ["-j CT"] = ["--notrack", "--zone"],
    };

    [Theory]
    [InlineData("nft", IpFamily.IPv4)]
    [InlineData("legacy", IpFamily.IPv4)]
    [InlineData("nft", IpFamily.IPv6)]
    [InlineData("legacy", IpFamily.IPv6)]
    public async Task What_iptables_saves_of_its_own_examples_is_printed_as_it_was_read(string backend, IpFamily family)
    {
        await Testbed.RequireKernelAsync();
        var iptables = new IptablesProgram(backend, family);
        int accepted = 0;
        var wrong = new List<string>();
        foreach (IGrouping<string, ExtensionExample> file in ExtensionExample.Read(Testbed.IptablesExamples, family).GroupBy(example => example.File))
        {
            await foreach ((int examples, string saved) in LoadAsync(iptables, [.. file]))
            {
                accepted += examples;
                ParseResult result = IptablesSave.Parse(saved, new ParseOptions { Family = family });
                string printed = string.Concat(result.Rulesets.Select(ruleset => SavePrinter.Print(ruleset)));
                wrong.AddRange(result.Errors.Select(error => $"{file.Key}: {error}"));
                if (WithoutComments(saved) != printed)
                    wrong.Add($"{file.Key} was saved as\n{saved}and printed as\n{printed}");
                if (await iptables.TestAsync(printed) is { Length: > 0 } refusal)
                    wrong.Add($"{file.Key}: {refusal}");
                wrong.AddRange(result.Rulesets.SelectMany(UnknownWords).Where(IsUnderstood).Select(words => $"{file.Key}: not understood: {words}"));
            }
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        // Fewer would mean that they are no longer read, or that the kernel lacks its extensions.
        Assert.True(accepted >= 400, $"only {accepted} examples were taken");
    }

    /// <summary>Loads as many examples at once as go together; those that are refused are left out.</summary>
    private static async IAsyncEnumerable<(int Examples, string Saved)> LoadAsync(IptablesProgram iptables, ExtensionExample[] examples)
    {
        string text = string.Concat(examples.GroupBy(example => example.Table).Select(table =>
            $"*{table.Key}\n{string.Concat(table.SelectMany(example => example.Rules).Select(rule => rule + "\n"))}COMMIT\n"));
        if (await iptables.LoadAndSaveAsync(text) is { } saved)
        {
            yield return (examples.Length, saved);
            yield break;
        }
        if (examples.Length == 1)
            yield break;
        foreach (ExtensionExample[] half in new[] { examples[..(examples.Length / 2)], examples[(examples.Length / 2)..] })
        {
            await foreach ((int, string) loaded in LoadAsync(iptables, half))
                yield return loaded;
        }
    }

    private static string WithoutComments(string dump) => string.Concat(dump.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line[0] != '#').Select(line => line + "\n"));

    private static IEnumerable<string> UnknownWords(Ruleset ruleset)
    {
        foreach (Rule rule in ruleset.Tables.SelectMany(table => table.Chains).SelectMany(chain => chain.Rules))
        {
            foreach (UnknownMatch match in rule.Matches.OfType<UnknownMatch>())
                yield return match.Words;
            if (rule.Target is UnknownTarget target)
                yield return target.Words;
        }
    }

    /// <summary>Whether the model ought to know what the words mean.</summary>
    private static bool IsUnderstood(string text)
    {
        string[] words = text.Split(' ');
        return Understood.TryGetValue($"{words[0]} {words[1]}", out string[]? options)
            && words.Where(word => word.StartsWith("--", StringComparison.Ordinal)).All(options.Contains);
    }
}
