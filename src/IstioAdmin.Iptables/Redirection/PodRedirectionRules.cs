using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Iptables.Redirection;

/// <summary>
/// Writes the rules that istio-init or the CNI plugin would write, as iptables-save of the nf_tables back end prints them in a
/// pod that had none before: the same tables, chains, rules and order.
/// </summary>
public static class PodRedirectionRules
{
    /// <summary>Writes the rules of one family; a ruleset without tables where upstream writes none.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="family">Family of the packets.</param>
    /// <exception cref="RedirectionSettingException">A setting cannot be used.</exception>
    public static Ruleset Write(PodRedirectionSettings settings, IpFamily family)
    {
        RedirectionPlan plan = RedirectionPlan.Of(settings);
        var sheet = new RuleSheet(family);
        if (plan.Generation == RedirectionGeneration.FirstGeneration)
            FirstGenerationRules.Write(plan, sheet);
        else if (family == IpFamily.IPv4 || plan.IPv6)
            CurrentRules.Write(plan, sheet);
        return sheet.Build();
    }
}
