using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.Policies;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Parsing;
using IstioAdmin.Iptables.Proof.Escapes;
using IstioAdmin.Iptables.Redirection;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Core.Tests.Redirection.Policies;

/// <summary>Pods, their network and their rules, for tests of policies.</summary>
internal static class PolicyWorld
{
    public const string PodV4 = "10.244.7.5", PodV6 = "fd00::5";

    public static readonly IReadOnlyList<string> V4 = [PodV4], V6 = [PodV6], Dual = [PodV4, PodV6];

    /// <summary>A pod with both families on its interface; which of them Kubernetes knows is another matter.</summary>
    public static TraceHost Host { get; } = new([new HostInterface("eth0", [(IpFamily.IPv4, Address(PodV4)), (IpFamily.IPv6, Address(PodV6))])], "eth0");

    public static UInt128 Address(string text)
    {
        IpFamily family = text.Contains(':', StringComparison.Ordinal) ? IpFamily.IPv6 : IpFamily.IPv4;
        return AddressPattern.TryParseAddress(text, family, out UInt128 address) ? address : throw new FormatException(text);
    }

    /// <summary>A pod that the CNI plugin redirects.</summary>
    public static MeshPod ByCni(
        string? version = "1.26.1",
        IReadOnlyDictionary<string, string>? annotations = null,
        ContainerTraffic? proxy = null,
        IReadOnlyList<ContainerTraffic>? applications = null,
        IReadOnlyList<string>? addresses = null) => Pod(
            RedirectMethod.Cni,
            version,
            new() { Containers = [.. applications ?? [App()], proxy ?? Proxy()] },
            annotations,
            addresses);

    /// <summary>A pod that istio-init redirects.</summary>
    public static MeshPod ByInit(
        string? version, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment = null, IReadOnlyList<string>? addresses = null,
        IReadOnlyList<string>? command = null) => Pod(
            RedirectMethod.InitContainer,
            version,
            new()
            {
                Containers =
                [
                    new() { Name = "istio-init", IsInit = true, Command = command ?? [], Arguments = arguments, Environment = environment ?? new Dictionary<string, string>() },
                    App(),
                    Proxy(),
                ],
            },
            null,
            addresses);

    public static MeshPod Pod(
        RedirectMethod method, string? version, PodTrafficFacts traffic, IReadOnlyDictionary<string, string>? annotations = null, IReadOnlyList<string>? addresses = null) => new()
        {
            Cluster = "test",
            Namespace = "shop",
            Name = "web",
            RedirectMethod = method,
            IstioVersion = version,
            Traffic = traffic,
            Annotations = annotations ?? new Dictionary<string, string>(),
            PodIPs = addresses ?? V4,
        };

    public static ContainerTraffic App(params int[] ports) => new() { Name = "app", Ports = [.. ports.Select(port => new DeclaredPort(port, "TCP"))] };

    public static ContainerTraffic Proxy(params (string Name, string Value)[] environment) => new()
    {
        Name = "istio-proxy",
        RunAsUser = 1337,
        RunAsGroup = 1337,
        Environment = environment.ToDictionary(variable => variable.Name, variable => variable.Value),
        Ports = [new(15090, "TCP")],
    };

    public static Dictionary<string, string> Annotations(params (string Name, string Value)[] annotations) => annotations.ToDictionary(a => a.Name, a => a.Value);

    public static RedirectionPolicy Policy(MeshPod pod) => new RedirectionPolicies().For(pod);

    /// <summary>What Istio writes for a policy.</summary>
    public static Ruleset Written(RedirectionPolicy policy, IpFamily family) => PodRedirectionRules.Write(policy.Settings!, family);

    public static Ruleset Parse(string text, IpFamily family = IpFamily.IPv4) =>
        IptablesSave.Parse(text, new ParseOptions { Family = family, Strict = true }).Rulesets.SingleOrDefault() ?? new Ruleset { Family = family };

    /// <summary>The clauses that do not hold, each with a sentence.</summary>
    public static IReadOnlyList<string> Broken(RedirectionPolicy policy, Func<IpFamily, Ruleset> rules, TraceHost? host = null)
    {
        var broken = new List<string>();
        foreach (PolicyClause clause in policy.Clauses)
        {
            foreach (ClauseQuery query in clause.Queries)
            {
                EscapeSet answer = new EscapeFinder(rules(query.Family), host ?? Host).Find(query.Query, mostBoxes: 2);
                if (answer.Verdict is not (EscapeVerdict.Proven or EscapeVerdict.NoPackets))
                    broken.Add($"{clause.Name} {query.Family} {answer.Verdict}: {answer.Escapes.Concat(answer.Unproven).FirstOrDefault()?.Text}");
            }
        }
        return broken;
    }

    /// <summary>Names of the clauses that do not hold.</summary>
    public static string[] BrokenNames(RedirectionPolicy policy, string rules) =>
        [.. Broken(policy, family => family == IpFamily.IPv4 ? Parse(rules) : new Ruleset { Family = family }).Select(text => text.Split(' ')[0]).Distinct()];
}
