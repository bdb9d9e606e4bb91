using IstioAdmin.Core.Mesh;
using IstioAdmin.Iptables.Proof.Escapes;
using IstioAdmin.Iptables.Redirection;

namespace IstioAdmin.Core.Redirection.Policies;

/// <summary>What must hold for a pod's traffic, clause by clause, and where each clause comes from. Pods whose settings are equal share one.</summary>
public sealed record RedirectionPolicy
{
    /// <summary>How the pod's traffic is redirected.</summary>
    public required RedirectMethod Method { get; init; }

    /// <summary>The release whose rules apply; null when it is not known, which stands for today's.</summary>
    public IstioRelease? Release { get; init; }

    /// <summary>The settings with which Istio writes this pod's rules; null in ambient mode, whose rules have none.</summary>
    public PodRedirectionSettings? Settings { get; init; }

    /// <summary>The ids of the proxy; null in ambient mode, where a mark tells its packets.</summary>
    public ProxyIdentity? Proxy { get; init; }

    /// <summary>What must hold.</summary>
    public required IReadOnlyList<PolicyClause> Clauses { get; init; }

    /// <summary>Settings that cannot be what was meant.</summary>
    public IReadOnlyList<PolicyProblem> Problems { get; init; } = [];

    /// <inheritdoc/>
    public override string ToString() => $"{Method}, {Clauses.Count} clauses";
}
