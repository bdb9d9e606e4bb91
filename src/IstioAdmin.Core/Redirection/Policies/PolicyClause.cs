using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Proof.Escapes;

namespace IstioAdmin.Core.Redirection.Policies;

/// <summary>One thing that must hold for a pod's traffic, as a question that can be proven.</summary>
public sealed record PolicyClause
{
    /// <summary>Short stable name in PascalCase, for example <c>InboundCaptured</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What it demands.</summary>
    public required ClauseKind Kind { get; init; }

    /// <summary>Whether the packets are the proxy's and not the application's.</summary>
    public bool OfProxy { get; init; }

    /// <summary>Whether it is about packets that come in or that the pod sends.</summary>
    public required PacketDirection Direction { get; init; }

    /// <summary>The clause in words: <c>inbound TCP to every port but 15020 enters the proxy at port 15006</c>.</summary>
    public required string Text { get; init; }

    /// <summary>Where it comes from, each as a phrase: an annotation with its value, an argument of istio-init, the default of a release with its upstream file.</summary>
    public required IReadOnlyList<string> Sources { get; init; }

    /// <summary>
    /// The questions, for both families unless the clause names a family's addresses. Pods with the same policy share the instances, so that
    /// <see cref="EscapeCache"/> proves each only once.
    /// </summary>
    public required IReadOnlyList<ClauseQuery> Queries { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{Name}: {Text}";
}

/// <summary>A question about the packets of one family; the clause holds when the answer to each of its questions is Proven or NoPackets.</summary>
/// <param name="Family">The family whose rules are asked.</param>
/// <param name="Query">The question.</param>
public sealed record ClauseQuery(IpFamily Family, EscapeQuery Query);
