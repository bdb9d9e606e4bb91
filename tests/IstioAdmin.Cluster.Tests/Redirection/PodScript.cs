using System.Text;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Printing;
using IstioAdmin.Iptables.Redirection;

namespace IstioAdmin.Cluster.Tests.Redirection;

/// <summary>
/// What puts rules into a pod's network namespace, and takes out what was there: iptables-save's text of both families, changed in the
/// ways in which rules get broken, as one shell script. The CNI plugin runs it for new pods, a test for running ones.
/// </summary>
internal sealed record PodScript
{
    private const string Flush = """
        nft flush ruleset
        ip -4 rule del lookup 133 2>/dev/null || true
        ip -6 rule del lookup 133 2>/dev/null || true
        ip -4 route flush table 133 2>/dev/null || true
        ip -6 route flush table 133 2>/dev/null || true
        ip -6 addr del ::6/128 dev lo 2>/dev/null || true
        for family in ip ip6; do
          for table in $(cat /proc/net/${family}_tables_names 2>/dev/null); do
            ${family}tables-legacy -w 60 -t $table -F
            ${family}tables-legacy -w 60 -t $table -X
          done
        done

        """;

    /// <summary>No rules at all.</summary>
    public static PodScript None { get; } = new();

    /// <summary>The rules of IPv4.</summary>
    public string IPv4 { get; init; } = "";

    /// <summary>The rules of IPv6.</summary>
    public string IPv6 { get; init; } = "";

    /// <summary>Whether they go into the legacy tables.</summary>
    public bool Legacy { get; init; }

    /// <summary>Commands beside the rules: routes, rules of other programs.</summary>
    public string Commands { get; init; } = "";

    /// <summary>The script.</summary>
    public string Text
    {
        get
        {
            var text = new StringBuilder(Flush);
            string backend = Legacy ? "legacy" : "nft";
            if (IPv4.Length > 0)
                text.Append($"iptables-{backend}-restore -w 60 <<'EOF'\n{IPv4}EOF\n");
            if (IPv6.Length > 0)
                text.Append($"ip6tables-{backend}-restore -w 60 <<'EOF'\n{IPv6}EOF\n");
            return text.Append(Commands).ToString();
        }
    }

    /// <summary>The rules that upstream writes for settings.</summary>
    public static PodScript Of(PodRedirectionSettings settings) => new()
    {
        IPv4 = SavePrinter.Print(PodRedirectionRules.Write(settings, IpFamily.IPv4)),
        IPv6 = SavePrinter.Print(PodRedirectionRules.Write(settings, IpFamily.IPv6)),
        Commands = string.Concat(TproxyRouting.Write(settings, IpFamily.IPv4).Concat(TproxyRouting.Write(settings, IpFamily.IPv6)).Select(command => command + "\n")),
    };

    /// <summary>Leaves out the rules of both families that satisfy a condition; there must be one.</summary>
    public PodScript Without(Func<string, bool> rule) => Edit(lines => lines.Where(line => !IsRule(line) || !rule(line)));

    /// <summary>Leaves out a rule.</summary>
    public PodScript Without(string rule) => Without(line => line == rule);

    /// <summary>Changes the rules that contain some words; there must be one.</summary>
    public PodScript Replace(string words, string other) => Edit(lines => lines.Select(line => IsRule(line) ? line.Replace(words, other, StringComparison.Ordinal) : line));

    /// <summary>Puts a rule, <c>-A CHAIN …</c>, to the head of its chain in the nat table of both families.</summary>
    public PodScript First(string rule) => First("nat", rule);

    /// <summary>Puts a rule to the head of its chain in both families.</summary>
    public PodScript First(string table, string rule) => Edit(lines => Inserted(lines, table, rule));

    /// <summary>Moves a rule to the head of its chain in the nat table.</summary>
    public PodScript MoveFirst(string rule) => Without(rule).First(rule);

    /// <summary>Changes only the rules of IPv4.</summary>
    public PodScript OnlyIPv4(Func<PodScript, PodScript> change) => this with { IPv4 = change(this with { IPv6 = "" }).IPv4 };

    /// <summary>Changes only the rules of IPv6.</summary>
    public PodScript OnlyIPv6(Func<PodScript, PodScript> change) => this with { IPv6 = change(this with { IPv4 = "" }).IPv6 };

    /// <summary>Adds commands.</summary>
    public PodScript Then(string commands) => this with { Commands = $"{Commands}{commands}\n" };

    private static bool IsRule(string line) => line.StartsWith("-A ", StringComparison.Ordinal);

    private PodScript Edit(Func<IEnumerable<string>, IEnumerable<string>> edit)
    {
        PodScript edited = this with { IPv4 = Edit(IPv4, edit), IPv6 = Edit(IPv6, edit) };
        return edited != this ? edited : throw new InvalidOperationException("The rules are not as this breakage supposes; it changes nothing.");
    }

    private static string Edit(string rules, Func<IEnumerable<string>, IEnumerable<string>> edit) =>
        rules.Length == 0 ? "" : string.Concat(edit(rules.TrimEnd('\n').Split('\n')).Select(line => line + "\n"));

    private static IEnumerable<string> Inserted(IEnumerable<string> lines, string table, string rule)
    {
        string chain = rule.Split(' ')[1];
        bool inside = false, done = false, there = false;
        foreach (string line in lines)
        {
            there |= line == $"*{table}";
            inside = line.StartsWith('*') ? line == $"*{table}" : inside;
            if (inside && !done && (line == "COMMIT" || line.StartsWith($"-A {chain} ", StringComparison.Ordinal)))
            {
                done = true;
                yield return rule;
            }
            yield return line;
        }
        if (there)
            yield break;
        // A table that nobody has used yet.
        yield return $"*{table}";
        yield return rule;
        yield return "COMMIT";
    }
}
