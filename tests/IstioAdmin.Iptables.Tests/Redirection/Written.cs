using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Printing;
using IstioAdmin.Iptables.Redirection;

namespace IstioAdmin.Iptables.Tests.Redirection;

/// <summary>Shorthands for what is written.</summary>
internal static class Written
{
    public static PodRedirectionSettings Today { get; } = UpstreamDefaults.InitContainer(RedirectionGeneration.Current);

    public static PodRedirectionSettings First { get; } = UpstreamDefaults.CniPlugin(RedirectionGeneration.FirstGeneration);

    public static string Text(PodRedirectionSettings settings, IpFamily family = IpFamily.IPv4) => SavePrinter.Print(PodRedirectionRules.Write(settings, family));

    /// <summary>The rules of one table, without the <c>-A</c>.</summary>
    public static string[] Rules(PodRedirectionSettings settings, string table, IpFamily family = IpFamily.IPv4) =>
        [.. PodRedirectionRules.Write(settings, family).Find(table)?.Chains.SelectMany(chain => chain.Rules).Select(rule => rule.ToString()[3..]) ?? []];

    /// <summary>The rules of one chain, without the <c>-A</c> and the chain's name.</summary>
    public static string[] Rules(PodRedirectionSettings settings, string table, string chain, IpFamily family = IpFamily.IPv4) =>
        [.. Rules(settings, table, family).Where(rule => rule.StartsWith(chain + ' ', StringComparison.Ordinal)).Select(rule => rule[(chain.Length + 1)..])];
}
