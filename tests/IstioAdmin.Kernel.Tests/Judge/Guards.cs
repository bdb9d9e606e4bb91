namespace IstioAdmin.Kernel.Tests.Judge;

/// <summary>
/// What stands first in every built-in chain, so that answers come through whatever the rules under test do to first packets: the rest of
/// a TCP handshake and the errors of ICMP. The only first packets that fit are those that TPROXY took, whose connection gets a mark. The tracer
/// sees these rules like any others.
/// </summary>
internal static class Guards
{
    private const string Diverted = "0x80000000/0x80000000";

    /// <summary>The head of a table: its chains, their policies, and the guards.</summary>
    public static string Head(string table, string[] builtIn, bool[] dropping, IEnumerable<string> users, bool v4)
    {
        string chains = string.Concat(builtIn.Select((chain, i) => $":{chain} {(dropping[i] ? "DROP" : "ACCEPT")} [0:0]\n").Concat(users.Select(chain => $":{chain} - [0:0]\n")));
        // Connections that are known already do not come through nat.
        string guards = table == "nat" ? "" : string.Concat(builtIn.Select(chain => Guard(table, chain, v4)));
        return $"*{table}\n{chains}{guards}";
    }

    /// <summary>A table without rules.</summary>
    public static string Empty(string table, string[] builtIn, bool v4) => Head(table, builtIn, new bool[builtIn.Length], [], v4) + "COMMIT\n";

    /// <summary>A whole dump of a few rules, each with the name of its table before it; user chains are made as they are named.</summary>
    public static string Dump(string[] rules, bool v4)
    {
        var text = new System.Text.StringBuilder();
        foreach ((string table, string[] chains) in RandomRules.Tables)
        {
            string[] own = [.. rules.Where(rule => rule.StartsWith(table + " ", StringComparison.Ordinal)).Select(rule => rule[(table.Length + 1)..])];
            string[] users = [.. own.Select(rule => rule.Split(' ')[1]).Distinct().Except(chains)];
            text.Append(Head(table, chains, new bool[chains.Length], users, v4)).AppendJoin('\n', own).Append(own.Length > 0 ? "\n" : "").Append("COMMIT\n");
        }
        return text.ToString();
    }

    /// <summary>Whether a line is one of the guards.</summary>
    public static bool IsGuard(string line) =>
        line.Contains("! --syn -j ACCEPT", StringComparison.Ordinal) || line.Contains("! --tcp-flags FIN,SYN,RST,ACK SYN -j ACCEPT", StringComparison.Ordinal) || line.Contains("-m socket --transparent", StringComparison.Ordinal) || line.Contains(Diverted, StringComparison.Ordinal)
        || line.EndsWith("-type 3 -j ACCEPT", StringComparison.Ordinal) || line.EndsWith("-type 1 -j ACCEPT", StringComparison.Ordinal);

    private static string Guard(string table, string chain, bool v4)
    {
        // What follows a packet that TPROXY took must be routed as that was: a connection is known by its mark, an untracked one by its socket.
        string divert = table != "mangle" ? "" : chain switch
        {
            "PREROUTING" => $"-A {chain} -p tcp -m tcp ! --syn -m connmark --mark {Diverted} -j MARK --set-xmark 0x500/0xf00\n"
                + $"-A {chain} -p tcp -m tcp ! --syn -m socket --transparent -j MARK --set-xmark 0x500/0xf00\n",
            "INPUT" => $"-A {chain} -p tcp -m mark --mark 0x500/0xf00 -j CONNMARK --set-xmark {Diverted}\n",
            _ => "",
        };
        string errors = v4 ? "-p icmp -m icmp --icmp-type 3" : "-p ipv6-icmp -m icmp6 --icmpv6-type 1";
        return $"{divert}-A {chain} -p tcp -m tcp ! --syn -j ACCEPT\n-A {chain} {errors} -j ACCEPT\n";
    }
}
