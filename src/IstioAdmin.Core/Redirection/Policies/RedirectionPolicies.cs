using System.Net;
using System.Net.Sockets;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Proof.Escapes;
using IstioAdmin.Iptables.Redirection;

namespace IstioAdmin.Core.Redirection.Policies;

/// <summary>
/// Works out what must hold for pods. Pods whose settings are equal get one policy, and policies with an equal question share it, so that a
/// proof can be kept by them. Bounded: when it is full it starts anew. Safe to use from several threads.
/// </summary>
public sealed class RedirectionPolicies
{
    private const int Capacity = 4096;
    private const int MostProxyIds = 64;

    private readonly object _lock = new();
    private readonly QueryPool _queries = new();
    private readonly Dictionary<PodKey, RedirectionPolicy> _byPod = [];
    private readonly Dictionary<PolicyKey, RedirectionPolicy> _byContent = [];

    /// <summary>The policies that everybody shares who has no reason for others.</summary>
    public static RedirectionPolicies Shared { get; } = new();

    /// <summary>How many different policies are known at the moment.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _byContent.Count;
        }
    }

    /// <summary>The policy of a pod. One that nothing redirects has no clauses.</summary>
    public RedirectionPolicy For(MeshPod pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        IReadOnlyList<IpFamily> families = Families(pod.PodIPs);
        // Pods of one listing share these down to the instance, which spares comparing them.
        var known = new PodKey(pod.Traffic, pod.Annotations, pod.IstioVersion, pod.RedirectMethod, families);
        lock (_lock)
        {
            if (_byPod.TryGetValue(known, out RedirectionPolicy? policy))
                return policy;
        }
        IstioRelease? release = IstioRelease.TryParse(pod.IstioVersion, out IstioRelease parsed) ? parsed : null;
        var key = new PolicyKey(pod.RedirectMethod, release, pod.Traffic, AnnotationsText(pod.Annotations), families);
        lock (_lock)
        {
            if (!_byContent.TryGetValue(key, out RedirectionPolicy? policy))
            {
                if (_byContent.Count == Capacity)
                    _byContent.Clear();
                _byContent[key] = policy = Make(key, pod.Annotations);
            }
            if (_byPod.Count == Capacity)
                _byPod.Clear();
            return _byPod[known] = policy;
        }
    }

    private RedirectionPolicy Make(PolicyKey key, IReadOnlyDictionary<string, string> annotations) => key.Method switch
    {
        RedirectMethod.InitContainer when key.Traffic.IstioInit is { } init => Sidecar(key, InitArguments.Read(key.Release, init)),
        RedirectMethod.Cni => Sidecar(key, PluginAnnotations.Read(key.Release, annotations, key.Traffic)),
        RedirectMethod.Ambient => Ambient(key, annotations),
        _ => new() { Method = key.Method, Release = key.Release, Clauses = [] },
    };

    private RedirectionPolicy Sidecar(PolicyKey key, SettingsDraft draft)
    {
        if (draft.Settings.Generation == RedirectionGeneration.Current)
            draft.Settings = draft.Settings with { IPv6 = WritesIPv6(key.Families, draft.DualStack) };
        if (HasUnusualMask(draft) is { } problem)
        {
            draft.Problems.Add(problem);
            return new() { Method = key.Method, Release = key.Release, Settings = draft.Settings, Clauses = [], Problems = [.. draft.Problems] };
        }
        TrafficPlan plan = TrafficPlan.Of(draft, key.Families);
        return new()
        {
            Method = key.Method,
            Release = key.Release,
            Settings = draft.Settings,
            Proxy = new ProxyIdentity(Single(plan.Users), Single(plan.Groups)),
            Clauses = SidecarClauses.Of(plan, draft, _queries),
            Problems = [.. draft.Problems, .. PolicyChecks.Of(plan, draft, key.Traffic)],
        };
    }

    private RedirectionPolicy Ambient(PolicyKey key, IReadOnlyDictionary<string, string> annotations)
    {
        bool inPod = PolicyReleases.AmbientIsInPod(key.Release);
        return new()
        {
            Method = key.Method,
            Release = key.Release,
            Clauses = inPod ? AmbientClauses.Of(key.Release, annotations, key.Families, _queries) : [],
            Problems = inPod
                ? []
                : [new("AmbientNotInPod", $"Ambient mode of release {key.Release} redirects on the node, not within the pod: its rules say nothing.", "Upgrade to Istio 1.21 or newer.", "release")],
        };
    }

    /// <summary>Today's program goes by the order of the kernel's list of addresses, in which IPv4 comes first.</summary>
    private static bool WritesIPv6(IReadOnlyList<IpFamily> families, bool dualStack) =>
        PodAddresses.UseIPv6(families.Order().Select(family => family == IpFamily.IPv4 ? IPAddress.Parse("192.0.2.1") : IPAddress.Parse("2001:db8::1")), dualStack);

    // iptables takes masks with gaps; what such an "address" holds is not to be told in ranges.
    private static PolicyProblem? HasUnusualMask(SettingsDraft draft) =>
        SettingWords.Ranges(draft.Settings.OutboundIpRanges).Concat(SettingWords.Ranges(draft.Settings.ExcludedOutboundIpRanges)).Any(range => range.PrefixLength is null)
            ? new("UnusualMask", "A range of destinations has a mask with gaps, which no clause can be made of.", "Write prefixes such as 10.96.0.0/12.", draft.SourceOf(nameof(PodRedirectionSettings.OutboundIpRanges)))
            : null;

    private static uint[] Single(IReadOnlyList<IdRange> ids) =>
        [.. ids.SelectMany(range => Enumerable.Range(0, (int)Math.Min(MostProxyIds, (long)range.Last - range.First + 1)).Select(i => range.First + (uint)i)).Take(MostProxyIds)];

    private static readonly IpFamily[] OnlyV4 = [IpFamily.IPv4];
    private static readonly IpFamily[] OnlyV6 = [IpFamily.IPv6];
    private static readonly IpFamily[] Both = [IpFamily.IPv4, IpFamily.IPv6];

    /// <summary>The families of a pod's addresses; IPv4 while it has none.</summary>
    private static IpFamily[] Families(IReadOnlyList<string> addresses)
    {
        bool v4 = false, v6 = false;
        foreach (string address in addresses)
        {
            if (IPAddress.TryParse(address, out IPAddress? parsed))
            {
                v4 |= parsed.AddressFamily == AddressFamily.InterNetwork;
                v6 |= parsed.AddressFamily == AddressFamily.InterNetworkV6;
            }
        }
        return (v4, v6) switch
        {
            (true, true) => Both,
            (false, true) => OnlyV6,
            _ => OnlyV4,
        };
    }

    private static readonly string[] Read =
    [
        IstioNames.InterceptionMode, PluginAnnotations.IncludeInboundPorts, PluginAnnotations.ExcludeInboundPorts, PluginAnnotations.IncludeOutboundPorts,
        PluginAnnotations.ExcludeOutboundPorts, PluginAnnotations.IncludeRanges, PluginAnnotations.ExcludeRanges, PluginAnnotations.ExcludeInterfaces,
        PluginAnnotations.KubeVirtInterfaces, PluginAnnotations.RerouteInterfaces, AmbientClauses.BypassInbound, AmbientClauses.DnsCapture,
    ];

    private static string AnnotationsText(IReadOnlyDictionary<string, string> annotations) =>
        string.Join('\n', Read.Where(annotations.ContainsKey).Select(name => $"{name}={annotations[name].Length}:{annotations[name]}"));

    /// <summary>What of a pod decides, by instance.</summary>
    private readonly struct PodKey(PodTrafficFacts traffic, IReadOnlyDictionary<string, string> annotations, string? version, RedirectMethod method, IReadOnlyList<IpFamily> families)
        : IEquatable<PodKey>
    {
        private readonly PodTrafficFacts _traffic = traffic;
        private readonly IReadOnlyDictionary<string, string> _annotations = annotations;
        private readonly string? _version = version;
        private readonly RedirectMethod _method = method;
        private readonly IReadOnlyList<IpFamily> _families = families;

        public bool Equals(PodKey other) =>
            ReferenceEquals(_traffic, other._traffic) && ReferenceEquals(_annotations, other._annotations) && _version == other._version && _method == other._method
            && ReferenceEquals(_families, other._families);

        public override bool Equals(object? obj) => obj is PodKey other && Equals(other);

        public override int GetHashCode() => HashCode.Combine(
            System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(_traffic), System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(_annotations), _version, _method, _families);
    }

    /// <summary>The same by content; the families are one of three lists.</summary>
    private sealed record PolicyKey(RedirectMethod Method, IstioRelease? Release, PodTrafficFacts Traffic, string Annotations, IReadOnlyList<IpFamily> Families);
}
