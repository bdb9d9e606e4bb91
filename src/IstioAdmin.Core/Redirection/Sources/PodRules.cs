using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Core.Redirection.Sources;

/// <summary>What was read about the rules of one pod, and how.</summary>
public sealed record PodRules
{
    /// <summary>Where they were read; never Auto.</summary>
    public required RulesSource Source { get; init; }

    /// <summary>Who read them, in words: <c>agent istio-system/istio-cni-node-7xk2f on node n1</c>.</summary>
    public required string Reader { get; init; }

    /// <summary>The privileges that the reading used, each as a phrase: <c>create pods/exec in istio-system</c>.</summary>
    public IReadOnlyList<string> Privileges { get; init; } = [];

    /// <summary>When.</summary>
    public required DateTimeOffset ReadAt { get; init; }

    /// <summary>What was printed; a program that printed nothing has an empty text, one that is missing has no entry but a gap.</summary>
    public required IReadOnlyList<RuleDump> Dumps { get; init; }

    /// <summary>Interfaces and addresses of the pod's network namespace; null when they were not seen.</summary>
    public TraceHost? Host { get; init; }

    /// <summary>The processes in the pod; empty when they were not seen.</summary>
    public IReadOnlyList<PodProcess> Processes { get; init; } = [];

    /// <summary>
    /// What could not be read, each as a sentence: <c>There is no nft on the node: native nftables rules would not be seen.</c>
    /// </summary>
    public IReadOnlyList<string> Gaps { get; init; } = [];

    /// <summary>Families of which rules are in force, or may be, that nothing here shows; about them nothing can be proven. Gaps say why.</summary>
    public IReadOnlyList<IpFamily> Unseen { get; init; } = [];
}

/// <summary>One pod's outcome of a reading: its rules, or why there are none.</summary>
/// <param name="Pod">The pod.</param>
/// <param name="Rules">Its rules; null when they could not be read.</param>
/// <param name="Failure">Why not; names the permission where one was missing. Null when there are rules.</param>
public sealed record PodRulesReading(Mesh.MeshPod Pod, PodRules? Rules, MeshException? Failure);
