using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Iptables.Redirection;

/// <summary>Today's rules for what processes of the pod send.</summary>
internal static class OutboundRules
{
    private const string Chain = "ISTIO_OUTPUT";

    /// <summary>Writes them.</summary>
    public static void Write(RedirectionPlan plan, RuleSheet sheet)
    {
        sheet.Append("nat", "OUTPUT", $"-j {Chain}");
        foreach (PortRange ports in plan.ExcludedOutboundPorts)
        {
            Append(sheet, $"{Clause.Port("tcp", ports)}-j RETURN");
            Append(sheet, $"{Clause.Port("udp", ports)}-j RETURN");
        }
        // The proxy passes connections on to its own pod from this address.
        Append(sheet, $"{Clause.From(RedirectionPlan.PassthroughSource(sheet.Family))}-o lo -j RETURN");
        foreach (IdRange users in plan.ProxyUsers)
        {
            // With DNS capture the agent may ask a server within the pod, which is no call that the proxy should see.
            string ports = plan.Dns is null ? NotTunnel(plan) : $"-m multiport ! --dports 53,{plan.InboundTunnelPort} ";
            WriteProxy(plan, sheet, ports, Clause.User(users), Clause.NotUser(users));
        }
        foreach (IdRange groups in plan.ProxyGroups)
            WriteProxy(plan, sheet, NotTunnel(plan), Clause.Group(groups), Clause.NotGroup(groups));
        WriteOwnerGroups(plan, sheet);
        if (plan.Dns is { } dns)
            DnsRules.Write(plan, dns, sheet);
        Append(sheet, $"{Clause.To(plan.Loopback(sheet.Family))}-j RETURN");
        foreach (OutboundRange range in plan.ExcludedOutboundIpRanges.Where(range => range.Address.Family == sheet.Family))
            Append(sheet, $"{Clause.To(range.Address)}-j RETURN");
        foreach (PortRange ports in plan.OutboundPorts)
            Append(sheet, $"{Clause.Port("tcp", ports)}-j ISTIO_REDIRECT");
        WriteIncludedRanges(plan, sheet);
    }

    /// <summary>What the proxy sends to its pod comes in like a call from outside; whatever else it sends goes out untouched.</summary>
    private static void WriteProxy(RedirectionPlan plan, RuleSheet sheet, string ports, string proxy, string notProxy)
    {
        Append(sheet, $"{Clause.NotTo(plan.Loopback(sheet.Family))}-o lo -p tcp {ports}{proxy}-j ISTIO_IN_REDIRECT");
        // Calls within the pod stay within it, unless a loopback address is to be redirected by name: in either family, for both.
        if (!plan.OutboundIpRanges.Listed.Any(range => range.NamesLoopback))
            Append(sheet, plan.Dns is null ? $"-o lo {notProxy}-j RETURN" : $"-o lo -p tcp -m tcp ! --dport 53 {notProxy}-j RETURN");
        Append(sheet, $"{proxy}-j RETURN");
    }

    private static void WriteOwnerGroups(RedirectionPlan plan, RuleSheet sheet)
    {
        if (!plan.OwnerGroups.All)
        {
            Append(sheet, $"{string.Concat(plan.OwnerGroups.Listed.Select(Clause.NotGroup))}-j RETURN");
            return;
        }
        foreach (IdRange groups in plan.ExcludedOwnerGroups)
            Append(sheet, $"{Clause.Group(groups)}-j RETURN");
    }

    private static void WriteIncludedRanges(RedirectionPlan plan, RuleSheet sheet)
    {
        if (plan.OutboundIpRanges.All)
        {
            Append(sheet, "-j ISTIO_REDIRECT");
            CaptureVirtualMachines(plan, sheet, "");
        }
        foreach (OutboundRange range in plan.OutboundIpRanges.Listed.Where(range => range.Address.Family == sheet.Family))
        {
            Append(sheet, $"{Clause.To(range.Address)}-j ISTIO_REDIRECT");
            CaptureVirtualMachines(plan, sheet, Clause.To(range.Address));
        }
    }

    /// <summary>What a virtual machine in the pod sends comes in by an interface. Inserted, so the last one stands first.</summary>
    public static void CaptureVirtualMachines(RedirectionPlan plan, RuleSheet sheet, string destination)
    {
        foreach (InterfacePattern name in plan.KubeVirtInterfaces)
            sheet.Insert("nat", "PREROUTING", 1, $"{destination}{Clause.In(name)}-j ISTIO_REDIRECT");
    }

    private static string NotTunnel(RedirectionPlan plan) => $"-m tcp ! --dport {plan.InboundTunnelPort} ";

    private static void Append(RuleSheet sheet, string rule) => sheet.Append("nat", Chain, rule);
}
