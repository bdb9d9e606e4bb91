using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Iptables.Redirection;

/// <summary>Today's rules for connections to the pod.</summary>
internal static class InboundRules
{
    private const string Established = "-m conntrack --ctstate RELATED,ESTABLISHED ";

    /// <summary>Writes them. The nat chains are there even where TPROXY does the work in mangle.</summary>
    public static void Write(RedirectionPlan plan, RuleSheet sheet)
    {
        sheet.Append("nat", "ISTIO_INBOUND", $"-p tcp -m tcp --dport {plan.InboundTunnelPort} -j RETURN");
        sheet.Append("nat", "ISTIO_REDIRECT", $"-p tcp -j REDIRECT --to-ports {plan.ProxyPort}");
        sheet.Append("nat", "ISTIO_IN_REDIRECT", $"-p tcp -j REDIRECT --to-ports {plan.InboundCapturePort}");
        if (!plan.InboundPorts.Any)
            return;
        if (plan.Tproxy)
            TproxyRules.WriteChains(plan, sheet, plan.InboundCapturePort);
        string table = plan.Tproxy ? "mangle" : "nat";
        sheet.Append(table, "PREROUTING", "-p tcp -j ISTIO_INBOUND");
        if (plan.InboundPorts.All)
        {
            foreach (PortRange ports in plan.ExcludedInboundPorts)
                sheet.Append(table, "ISTIO_INBOUND", $"{Clause.Port("tcp", ports)}-j RETURN");
            Capture(plan, sheet, "-p tcp ");
        }
        foreach (PortRange ports in plan.InboundPorts.Listed)
            Capture(plan, sheet, Clause.Port("tcp", ports));
    }

    private static void Capture(RedirectionPlan plan, RuleSheet sheet, string condition)
    {
        if (plan.Tproxy)
        {
            sheet.Append("mangle", "ISTIO_INBOUND", $"{condition}{Established}-j ISTIO_DIVERT");
            sheet.Append("mangle", "ISTIO_INBOUND", $"{condition}-j ISTIO_TPROXY");
        }
        else
        {
            sheet.Append("nat", "ISTIO_INBOUND", $"{condition}-j ISTIO_IN_REDIRECT");
        }
    }
}
