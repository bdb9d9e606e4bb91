using System.Globalization;
using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Iptables.Redirection;

/// <summary>What rules alone do not do: the routes that TPROXY needs, and the address that the proxy sends from in IPv6.</summary>
public static class TproxyRouting
{
    /// <summary>
    /// The <c>ip</c> commands that upstream runs, or does the like of by netlink, beside the rules. (istio/istio:
    /// tools/common/tproxy/run_linux.go; the first generation's script routes IPv4 only.)
    /// </summary>
    /// <param name="settings">The settings.</param>
    /// <param name="family">Family of the routes.</param>
    /// <exception cref="RedirectionSettingException">A setting cannot be used.</exception>
    public static IReadOnlyList<string> Write(PodRedirectionSettings settings, IpFamily family)
    {
        RedirectionPlan plan = RedirectionPlan.Of(settings);
        var commands = new List<string>();
        if (family == IpFamily.IPv6 && (plan.Generation == RedirectionGeneration.FirstGeneration || !plan.IPv6))
            return commands;
        if (family == IpFamily.IPv6)
            commands.Add("ip -6 addr add ::6/128 dev lo");
        if (plan.Tproxy && plan.InboundPorts.Any)
        {
            string inet = family == IpFamily.IPv4 ? "inet" : "inet6";
            commands.Add(string.Create(CultureInfo.InvariantCulture, $"ip -f {inet} rule add fwmark {plan.TproxyMark} lookup {plan.TproxyRouteTable}"));
            commands.Add(string.Create(CultureInfo.InvariantCulture, $"ip -f {inet} route add local default dev lo table {plan.TproxyRouteTable}"));
        }
        return commands;
    }
}
