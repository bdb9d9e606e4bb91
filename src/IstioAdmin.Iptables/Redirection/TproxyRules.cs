using System.Globalization;
using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Iptables.Redirection;

/// <summary>What TPROXY adds to the mangle table.</summary>
internal static class TproxyRules
{
    /// <summary>Mark of what the proxy sends to its own pod, so that it comes in once more (istio-iptables, constants.go, OutboundMark).</summary>
    private const uint OutboundMark = 1338;

    /// <summary>The two chains that take a packet: to the socket that it belongs to, or to the proxy's. Both generations have them.</summary>
    public static void WriteChains(RedirectionPlan plan, RuleSheet sheet, ushort port)
    {
        sheet.Append("mangle", "ISTIO_DIVERT", SetMark(plan.TproxyMark));
        sheet.Append("mangle", "ISTIO_DIVERT", "-j ACCEPT");
        string anyAddress = sheet.Family == IpFamily.IPv4 ? "0.0.0.0" : "::";
        sheet.Append("mangle", "ISTIO_TPROXY", string.Create(
            CultureInfo.InvariantCulture,
            $"{Clause.NotTo(plan.Loopback(sheet.Family))}-p tcp -j TPROXY --on-port {port} --on-ip {anyAddress} --tproxy-mark 0x{plan.TproxyMark:x}/0xffffffff"));
    }

    /// <summary>
    /// Today's bookkeeping of marks: what the proxy sends with the client's address must come back to it, what goes to the pod
    /// itself must not be caught twice.
    /// </summary>
    public static void WriteMarks(RedirectionPlan plan, RuleSheet sheet)
    {
        string marked = Clause.Mark(plan.TproxyMark);
        sheet.Append("mangle", "PREROUTING", $"-p tcp {marked}-j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff");
        sheet.Append("mangle", "OUTPUT", $"-o lo -p tcp {marked}-j RETURN");
        string toPod = $"{Clause.NotTo(plan.Loopback(sheet.Family))}-o lo -p tcp ";
        foreach (IdRange users in plan.ProxyUsers)
            sheet.Append("mangle", "OUTPUT", $"{toPod}{Clause.User(users)}{SetMark(OutboundMark)}");
        foreach (IdRange groups in plan.ProxyGroups)
            sheet.Append("mangle", "OUTPUT", $"{toPod}{Clause.Group(groups)}{SetMark(OutboundMark)}");
        sheet.Append("mangle", "OUTPUT", string.Create(
            CultureInfo.InvariantCulture,
            $"-p tcp -m connmark --mark 0x{plan.TproxyMark:x} -j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff"));
        sheet.Insert("mangle", "ISTIO_INBOUND", 1, $"-p tcp {marked}-j RETURN");
        sheet.Insert("mangle", "ISTIO_INBOUND", 2, $"{Clause.From(RedirectionPlan.PassthroughSource(sheet.Family))}-i lo -p tcp -j RETURN");
        sheet.Insert("mangle", "ISTIO_INBOUND", 3, string.Create(CultureInfo.InvariantCulture, $"-i lo -p tcp -m mark ! --mark 0x{OutboundMark:x} -j RETURN"));
    }

    private static string SetMark(uint mark) => string.Create(CultureInfo.InvariantCulture, $"-j MARK --set-xmark 0x{mark:x}/0xffffffff");
}
