using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Iptables.Redirection;

/// <summary>
/// DNS to the agent, TCP and UDP. The agent asks the servers by the same ports as its clients would, so in the raw table both
/// conversations get a conntrack zone of their own: 1 between agent and servers, 2 between clients and agent.
/// </summary>
internal static class DnsRules
{
    private const string Chain = "ISTIO_OUTPUT_DNS";
    private const ushort AgentPort = 15053;

    /// <summary>Writes them. The agent's own zones are there for both families, whatever servers there are.</summary>
    public static void Write(RedirectionPlan plan, DnsCapture dns, RuleSheet sheet)
    {
        sheet.Append("raw", "OUTPUT", $"-j {Chain}");
        AddressPattern?[] servers = dns.All ? [null] : [.. dns.Of(sheet.Family).Cast<AddressPattern?>()];
        if (dns.Concerns(sheet.Family))
            sheet.Append("nat", "ISTIO_OUTPUT", $"-j {Chain}");
        foreach (string protocol in (string[])["tcp", "udp"])
        {
            foreach (AddressPattern? server in servers)
                sheet.Append("nat", Chain, $"{To(server)}-p {protocol} -m {protocol} --dport 53 -j REDIRECT --to-ports {AgentPort}");
        }
        foreach (string agent in plan.ProxyUsers.Select(Clause.User).Concat(plan.ProxyGroups.Select(Clause.Group)))
        {
            sheet.Append("raw", Chain, $"-p udp -m udp --dport 53 {agent}-j CT --zone 1");
            sheet.Append("raw", Chain, $"-p udp -m udp --sport {AgentPort} {agent}-j CT --zone 2");
        }
        if (dns.Concerns(sheet.Family))
            sheet.Append("raw", "PREROUTING", "-j ISTIO_INBOUND");
        foreach (AddressPattern? server in servers)
        {
            sheet.Append("raw", Chain, $"{To(server)}-p udp -m udp --dport 53 -j CT --zone 2");
            sheet.Append("raw", "ISTIO_INBOUND", $"{From(server)}-p udp -m udp --sport 53 -j CT --zone 1");
        }
    }

    private static string To(AddressPattern? server) => server is { } address ? Clause.To(address) : "";

    private static string From(AddressPattern? server) => server is { } address ? Clause.From(address) : "";
}
