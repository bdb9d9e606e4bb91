using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Iptables.Redirection;

/// <summary>The rules of the first generation's script (istio/cni, release-1.1, tools/deb/istio-iptables.sh), in its order.</summary>
internal static class FirstGenerationRules
{
    /// <summary>Writes everything.</summary>
    public static void Write(RedirectionPlan plan, RuleSheet sheet)
    {
        if (sheet.Family == IpFamily.IPv6)
        {
            if (!plan.IPv6)
                RejectInboundIPv6(sheet);
            return;
        }
        sheet.Append("nat", "ISTIO_REDIRECT", $"-p tcp -j REDIRECT --to-ports {plan.ProxyPort}");
        sheet.Append("nat", "ISTIO_IN_REDIRECT", $"-p tcp -j REDIRECT --to-ports {plan.InboundCapturePort}");
        if (plan.InboundPorts.Any)
            WriteInbound(plan, sheet);
        WriteOutbound(plan, sheet);
    }

    private static void RejectInboundIPv6(RuleSheet sheet)
    {
        sheet.Append("filter", "INPUT", "-m state --state ESTABLISHED -j ACCEPT");
        sheet.Append("filter", "INPUT", "-j REJECT --reject-with icmp6-port-unreachable");
    }

    private static void WriteInbound(RedirectionPlan plan, RuleSheet sheet)
    {
        // Here the script names the proxy port and not the inbound one.
        if (plan.Tproxy)
            TproxyRules.WriteChains(plan, sheet, plan.ProxyPort);
        string table = plan.Tproxy ? "mangle" : "nat";
        sheet.Append(table, "PREROUTING", "-p tcp -j ISTIO_INBOUND");
        if (plan.InboundPorts.All)
        {
            // SSH is always let through.
            foreach (PortRange ports in plan.ExcludedInboundPorts.Prepend(PortRange.Only(22)))
                sheet.Append(table, "ISTIO_INBOUND", $"{Clause.Port("tcp", ports)}-j RETURN");
            Capture(plan, sheet, "-p tcp ", times: 1);
        }
        foreach (PortRange ports in plan.InboundPorts.Listed)
            Capture(plan, sheet, Clause.Port("tcp", ports), times: 2);
    }

    /// <summary>For a listed port the script gives the rule for established sockets twice.</summary>
    private static void Capture(RedirectionPlan plan, RuleSheet sheet, string condition, int times)
    {
        if (!plan.Tproxy)
        {
            sheet.Append("nat", "ISTIO_INBOUND", $"{condition}-j ISTIO_IN_REDIRECT");
            return;
        }
        for (int i = 0; i < times; i++)
            sheet.Append("mangle", "ISTIO_INBOUND", $"{condition}-m socket -j ISTIO_DIVERT");
        sheet.Append("mangle", "ISTIO_INBOUND", $"{condition}-j ISTIO_TPROXY");
    }

    private static void WriteOutbound(RedirectionPlan plan, RuleSheet sheet)
    {
        sheet.Append("nat", "OUTPUT", "-p tcp -j ISTIO_OUTPUT");
        // What goes to the pod's own address is caught whoever sends it, the proxy too.
        Append(sheet, $"{Clause.NotTo(plan.LoopbackIPv4)}-o lo -j ISTIO_REDIRECT");
        foreach (IdRange users in plan.ProxyUsers)
            Append(sheet, $"{Clause.User(users)}-j RETURN");
        foreach (IdRange groups in plan.ProxyGroups)
            Append(sheet, $"{Clause.Group(groups)}-j RETURN");
        Append(sheet, $"{Clause.To(plan.LoopbackIPv4)}-j RETURN");
        foreach (OutboundRange range in plan.ExcludedOutboundIpRanges)
            Append(sheet, $"{Clause.To(range.Address)}-j RETURN");
        foreach (InterfacePattern name in plan.KubeVirtInterfaces)
            sheet.Insert("nat", "PREROUTING", 1, $"{Clause.In(name)}-j RETURN");
        WriteIncludedRanges(plan, sheet);
    }

    private static void WriteIncludedRanges(RedirectionPlan plan, RuleSheet sheet)
    {
        if (plan.OutboundIpRanges.All)
        {
            Append(sheet, "-j ISTIO_REDIRECT");
            OutboundRules.CaptureVirtualMachines(plan, sheet, "");
            return;
        }
        foreach (OutboundRange range in plan.OutboundIpRanges.Listed)
        {
            OutboundRules.CaptureVirtualMachines(plan, sheet, Clause.To(range.Address));
            Append(sheet, $"{Clause.To(range.Address)}-j ISTIO_REDIRECT");
        }
        if (plan.OutboundIpRanges.Any)
            Append(sheet, "-j RETURN");
    }

    private static void Append(RuleSheet sheet, string rule) => sheet.Append("nat", "ISTIO_OUTPUT", rule);
}
