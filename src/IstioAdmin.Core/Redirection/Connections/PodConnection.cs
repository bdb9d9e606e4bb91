using IstioAdmin.Core.Redirection.PacketPaths;

namespace IstioAdmin.Core.Redirection.Connections;

/// <summary>A connection that was made from inside a pod, beside what the pod's rules let expect of it.</summary>
public sealed record PodConnection
{
    /// <summary>The cluster.</summary>
    public required string Cluster { get; init; }

    /// <summary>Namespace of the pod that sent.</summary>
    public required string Namespace { get; init; }

    /// <summary>Name of the pod that sent.</summary>
    public required string Name { get; init; }

    /// <summary>What it connected to, in words.</summary>
    public required PacketTarget To { get; init; }

    /// <summary>The address that it connected to.</summary>
    public required string Address { get; init; }

    /// <summary>The port that it connected to.</summary>
    public required ushort Port { get; init; }

    /// <summary>User id of the process that connected.</summary>
    public required uint User { get; init; }

    /// <summary>Group id of the process that connected.</summary>
    public required uint Group { get; init; }

    /// <summary>Whether somebody took the connection: the pod's own proxy, or the other end.</summary>
    public bool Connected => Outcome == ConnectionOutcome.Connected;

    /// <summary>How it ended.</summary>
    public required ConnectionOutcome Outcome { get; init; }

    /// <summary>The socket in the pod itself that took the connection, as <c>127.0.0.1:15001</c>; null when it left the pod, or that was not seen.</summary>
    public string? TakenBy { get; init; }

    /// <summary>What the rules let expect.</summary>
    public required PacketPath Predicted { get; init; }

    /// <summary>The rules in the pod whose counters rose meanwhile.</summary>
    public required IReadOnlyList<RuleHit> Observed { get; init; }

    /// <summary>Whether nothing that was seen speaks against what the rules let expect.</summary>
    public required bool Agrees { get; init; }

    /// <summary>What happened, and what speaks against the prediction, in sentences.</summary>
    public required IReadOnlyList<string> Text { get; init; }

    /// <summary>Who connected, in words: <c>agent istio-system/istio-cni-node-7xk2f on node n1</c>.</summary>
    public required string Reader { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{Namespace}/{Name} to {To}: {Outcome}, {(Agrees ? "as the rules say" : "not as the rules say")}";
}
