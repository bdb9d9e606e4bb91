using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Redirection;
using static IstioAdmin.Core.Redirection.Policies.ClauseText;

namespace IstioAdmin.Core.Redirection.Policies;

/// <summary>Settings that Istio obeys and that their author can hardly have meant: more is let past the proxy than the words suggest, or less.</summary>
internal static class PolicyChecks
{
    /// <summary>Ports on which the proxy itself answers; to exclude them is nothing odd (Istio's application requirements).</summary>
    private static readonly ushort[] ProxyPorts = [15000, 15001, 15004, 15006, 15008, 15009, 15020, 15021, 15053, 15090];

    /// <summary>The problems of a pod with a sidecar.</summary>
    public static IEnumerable<PolicyProblem> Of(TrafficPlan plan, SettingsDraft draft, PodTrafficFacts traffic) =>
        Inbound(plan, draft, traffic).Concat(Outbound(plan, draft)).Concat(Interfaces(plan, draft)).Concat(Identities(plan, draft, traffic)).Concat(IPv6(plan, draft));

    private static IEnumerable<PolicyProblem> Inbound(TrafficPlan plan, SettingsDraft draft, PodTrafficFacts traffic)
    {
        string source = draft.SourceOf(nameof(PodRedirectionSettings.InboundPorts));
        (ContainerTraffic Container, int Port)[] declared = [.. traffic.Applications.SelectMany(c => c.Ports.Where(p => p.Protocol == "TCP").Select(p => (c, p.Number)))];
        if (!plan.AllInbound && plan.InboundPorts.Count == 0)
        {
            yield return new(
                "NoInboundPorts",
                $"No inbound port is included ({source}), so that every connection reaches the application without passing the proxy.",
                plan.IsFirstGeneration
                    ? "Declare the application's ports as containerPorts, or annotate the pod template with includeInboundPorts: \"*\"."
                    : "Take the empty includeInboundPorts away, or set it to \"*\".",
                source);
            yield break;
        }
        string excludedBy = draft.SourceOf(nameof(PodRedirectionSettings.ExcludedInboundPorts));
        foreach ((ContainerTraffic container, int port) in declared)
        {
            if (port is < 1 or > ushort.MaxValue)
                continue;
            bool left = plan.AllInbound && SettingWords.Ports(plan.Settings.ExcludedInboundPorts).Any(range => range.Contains((ushort)port));
            if (left && !ProxyPorts.Contains((ushort)port))
            {
                yield return new(
                    "DeclaredPortExcluded",
                    $"Port {port}, which container {container.Name} declares, is excluded ({excludedBy}): connections to it reach the application without mutual TLS, authorization or metrics.",
                    $"Take {port} out of excludeInboundPorts, unless clients outside the mesh need it so.",
                    excludedBy);
            }
            if (!plan.AllInbound && !plan.InboundPorts.Any(range => range.Contains((ushort)port)))
            {
                yield return new(
                    "DeclaredPortNotIncluded",
                    $"Port {port}, which container {container.Name} declares, is not among the included ones ({source}): connections to it reach the application without passing the proxy.",
                    $"Add {port} to includeInboundPorts, or set it to \"*\".",
                    source);
            }
        }
        PortRange[] excluded = SettingWords.Ports(plan.Settings.ExcludedInboundPorts);
        if (plan.AllInbound && excluded.Any(range => range is { First: <= 1, Last: ushort.MaxValue }))
        {
            yield return new(
                "AllInboundPortsExcluded", $"Every inbound port is excluded ({excludedBy}), so that nothing enters the proxy.", "Exclude single ports only.", excludedBy);
        }
        else if (!plan.AllInbound && excluded.Any(range => !ProxyPorts.Contains(range.First)))
        {
            yield return new(
                "ExcludedPortsIgnored",
                $"Excluded inbound ports ({excludedBy}) count only where all are included; here single ones are ({source}).",
                "Leave the ports out of includeInboundPorts, which is all it takes, and drop excludeInboundPorts.",
                excludedBy);
        }
    }

    private static IEnumerable<PolicyProblem> Outbound(TrafficPlan plan, SettingsDraft draft)
    {
        string included = draft.SourceOf(nameof(PodRedirectionSettings.OutboundIpRanges));
        if (!plan.AllRanges && plan.Ranges.Count == 0 && plan.OutboundPorts.Count == 0)
        {
            yield return new(
                "NoOutboundRanges", $"No destination is included ({included}), so that nothing that the application sends enters the proxy.",
                "Take the empty includeOutboundIPRanges away, or set it to \"*\".", included);
            yield break;
        }
        string excluded = draft.SourceOf(nameof(PodRedirectionSettings.ExcludedOutboundIpRanges));
        foreach (AddressPattern range in plan.ExcludedRanges)
        {
            if (range.Mask == UInt128.Zero)
            {
                yield return new(
                    "AllDestinationsExcluded", $"{range} is excluded ({excluded}), which is every {Name(range.Family)} destination: nothing that the application sends enters the proxy.",
                    "Exclude only the networks that must be reached past the proxy.", excluded);
            }
            else if (plan.Ranges.FirstOrDefault(inner => inner.Family == range.Family && Covers(range, inner)) is { Mask: var mask } inner && mask != UInt128.Zero)
            {
                yield return new(
                    "IncludedRangeExcluded", $"{inner} is included ({included}) and lies wholly in {range}, which is excluded ({excluded}); exclusion wins.",
                    "Include or exclude the range, not both.", excluded);
            }
        }
        string ports = draft.SourceOf(nameof(PodRedirectionSettings.ExcludedOutboundPorts));
        if (plan.ExcludedOutboundPorts.Any(range => range is { First: <= 1, Last: ushort.MaxValue }))
            yield return new("AllOutboundPortsExcluded", $"Every outbound port is excluded ({ports}): nothing that the application sends enters the proxy.", "Exclude single ports only.", ports);
        if (!plan.AllGroups && plan.OwnerGroups.Count == 0)
        {
            string groups = draft.SourceOf(nameof(PodRedirectionSettings.OwnerGroups));
            yield return new("NoOwnerGroups", $"No group is included ({groups}): nothing that the application sends enters the proxy.", "Name the application's groups, or set '*'.", groups);
        }
    }

    private static IEnumerable<PolicyProblem> Interfaces(TrafficPlan plan, SettingsDraft draft)
    {
        string source = draft.SourceOf(nameof(PodRedirectionSettings.ExcludedInterfaces));
        foreach (InterfacePattern name in plan.ExcludedInterfaces.Where(name => name.Matches("eth0")))
        {
            yield return new(
                "MainInterfaceExcluded", $"Interface {name.Text} is excluded ({source}); eth0 is the one by which a pod's traffic comes and goes, so that none of it enters the proxy.",
                "Exclude additional interfaces only.", source);
        }
    }

    private static IEnumerable<PolicyProblem> Identities(TrafficPlan plan, SettingsDraft draft, PodTrafficFacts traffic)
    {
        foreach (ContainerTraffic container in traffic.Containers.Where(c => c.Name != IstioNames.ProxyContainer && c != traffic.IstioInit && !c.Name.StartsWith("istio-", StringComparison.Ordinal)))
        {
            string? who = Has(plan.Users, traffic.UserOf(container)) ? $"user {traffic.UserOf(container)}"
                : Has(plan.Groups, traffic.GroupOf(container)) ? $"group {traffic.GroupOf(container)}"
                : null;
            if (who is not null)
            {
                yield return new(
                    "RunsAsProxy",
                    $"Container {container.Name} runs as {who}, which is the proxy's: what it sends passes the proxy by.",
                    "Give the container another runAsUser and runAsGroup than the proxy's.",
                    $"securityContext of {(container.RunAsUser is null && container.RunAsGroup is null ? "the pod" : container.Name)}");
            }
        }
        if (traffic.Proxy is { } proxy && traffic.UserOf(proxy) is { } user && !Has(plan.Users, user) && !Has(plan.Groups, traffic.GroupOf(proxy)))
        {
            yield return new(
                "ProxyNotExempt",
                $"The proxy runs as user {user}{(traffic.GroupOf(proxy) is { } group ? $" and group {group}" : "")}, but the rules exempt user {Ids(plan.Users)} and group {Ids(plan.Groups)} ({draft.SourceOf(nameof(PodRedirectionSettings.ProxyUsers))}): what the proxy sends comes back to it.",
                "Let the proxy run with the ids that the injector gives it, 1337 by default.",
                $"securityContext of {proxy.Name}");
        }
    }

    private static IEnumerable<PolicyProblem> IPv6(TrafficPlan plan, SettingsDraft draft)
    {
        if (!plan.Families.Contains(IpFamily.IPv6))
            yield break;
        if (plan.IsFirstGeneration)
        {
            yield return new(
                "IPv6NotCaptured",
                plan.Settings.IPv6
                    ? "The pod has an IPv6 address, and this release redirects no IPv6: connections by it reach the application past the proxy, and so leave those that the application makes."
                    : "The pod has an IPv6 address, and this release redirects no IPv6: connections to it are refused, and those that the application makes leave past the proxy.",
                "Give the workload IPv4 addresses only, or use a release of Istio that serves dual stack.",
                draft.SourceOf(nameof(PodRedirectionSettings.IPv6)));
        }
        else if (!plan.Settings.IPv6)
        {
            yield return new(
                "IPv6NotCaptured",
                "The pod has an IPv6 address besides its first, which is IPv4, and dual stack is not on: Istio writes no IPv6 rules, and connections by IPv6 pass the proxy by.",
                "Set ISTIO_DUAL_STACK to \"true\" in the mesh's proxyMetadata (and in istiod), or give the workload IPv4 addresses only.",
                TrafficVariables.DualStack);
        }
    }

    private static bool Has(IReadOnlyList<IdRange> ids, long? id) => id is >= 0 and <= uint.MaxValue && ids.Any(range => range.Contains((uint)id));

    private static bool Covers(AddressPattern outer, AddressPattern inner) => (inner.Mask & outer.Mask) == outer.Mask && (inner.Value & outer.Mask) == outer.Value;

    private static string Name(IpFamily family) => family == IpFamily.IPv4 ? "IPv4" : "IPv6";
}
