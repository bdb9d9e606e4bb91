using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.Policies;
using IstioAdmin.Core.Redirection.Sources;
using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Core.Redirection.Verdicts;

/// <summary>Whether the traffic that should enter a pod's proxy does: the verdict, what it rests on, and what to do.</summary>
public sealed record PodRedirection
{
    /// <summary>The pod.</summary>
    public required MeshPod Pod { get; init; }

    /// <summary>Name of the connected cluster.</summary>
    public string Cluster => Pod.Cluster;

    /// <summary>The pod's namespace.</summary>
    public string Namespace => Pod.Namespace;

    /// <summary>The pod's name.</summary>
    public string Name => Pod.Name;

    /// <summary>The node it runs on.</summary>
    public string? Node => Pod.Node;

    /// <summary>How its traffic is redirected.</summary>
    public RedirectMethod Method => Pod.RedirectMethod;

    /// <summary>The verdict.</summary>
    public required RedirectionVerdict Verdict { get; init; }

    /// <summary>Packets that come in.</summary>
    public DirectionResult Inbound { get; init; } = DirectionResult.Nothing;

    /// <summary>Packets that the pod sends.</summary>
    public DirectionResult Outbound { get; init; } = DirectionResult.Nothing;

    /// <summary>Packets that must enter the proxy and do not.</summary>
    public IReadOnlyList<EscapedPackets> Escapes { get; init; } = Array.Empty<EscapedPackets>();

    /// <summary>What an administrator should know, the worst first.</summary>
    public IReadOnlyList<RedirectionFinding> Findings { get; init; } = Array.Empty<RedirectionFinding>();

    /// <summary>What the verdict rests on; null when no rules were read.</summary>
    public RedirectionEvidence? Evidence { get; init; }

    /// <summary>The rules that are in force, one ruleset for each family; where several back ends hold rules, all of them together.</summary>
    public IReadOnlyList<Ruleset> Ruleset { get; init; } = Array.Empty<Ruleset>();

    /// <summary>What was read; null when no rules were read.</summary>
    public PodRules? Rules { get; init; }

    /// <summary>What must hold; null when nothing is expected.</summary>
    public RedirectionPolicy? Policy { get; init; }

    /// <summary>Whether nothing is wrong: everything that must be redirected is, or nothing must.</summary>
    public bool IsGood => Verdict is RedirectionVerdict.Redirected or RedirectionVerdict.NotExpected;

    /// <summary>Pod and verdict.</summary>
    public override string ToString() => $"{Pod}: {Verdict}";
}
