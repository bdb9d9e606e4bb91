using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Iptables.Redirection;

/// <summary>
/// Today's rules, in the order of istio/istio tools/istio-iptables/pkg/capture/run.go, Run. The order between chains does not
/// show in the result; within a chain it decides.
/// </summary>
internal static class CurrentRules
{
    /// <summary>Writes everything.</summary>
    public static void Write(RedirectionPlan plan, RuleSheet sheet)
    {
        SkipExcludedInterfaces(plan, sheet);
        foreach (InterfacePattern name in plan.KubeVirtInterfaces)
            sheet.Insert("nat", "PREROUTING", 1, $"{Clause.In(name)}-j RETURN");
        if (plan.DropInvalid)
        {
            sheet.Append("mangle", "PREROUTING", "-m conntrack --ctstate INVALID -j ISTIO_DROP");
            sheet.Append("mangle", "ISTIO_DROP", "-j DROP");
        }
        InboundRules.Write(plan, sheet);
        OutboundRules.Write(plan, sheet);
        if (plan.Tproxy)
            TproxyRules.WriteMarks(plan, sheet);
    }

    private static void SkipExcludedInterfaces(RedirectionPlan plan, RuleSheet sheet)
    {
        string[] tables = plan.Tproxy ? ["nat", "mangle"] : ["nat"];
        foreach (string table in tables)
        {
            foreach (InterfacePattern name in plan.ExcludedInterfaces)
            {
                sheet.Append(table, "PREROUTING", $"{Clause.In(name)}-j RETURN");
                sheet.Append(table, "OUTPUT", $"{Clause.Out(name)}-j RETURN");
            }
        }
    }
}
