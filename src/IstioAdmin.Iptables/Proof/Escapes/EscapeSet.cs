using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Iptables.Proof.Escapes;

/// <summary>The answer to a question about all packets.</summary>
public enum EscapeVerdict
{
    /// <summary>Nothing was expected; the outcomes tell what becomes of the packets.</summary>
    None,

    /// <summary>The question is about no packet that can exist: its conditions exclude each other.</summary>
    NoPackets,

    /// <summary>All packets come to what was expected. This holds for every single one.</summary>
    Proven,

    /// <summary>No packet is known to escape, but some depend on something that is not understood, or rules are missing in the dump.</summary>
    Unproven,

    /// <summary>The proxy's own packets are caught and brought back to it.</summary>
    Loops,

    /// <summary>Some packets surely come to something else.</summary>
    Escapes,
}

/// <summary>What becomes of all packets of a question. The boxes of all fates are disjoint, and together they are the whole question.</summary>
public sealed record EscapeSet
{
    /// <summary>The question.</summary>
    public required EscapeQuery Query { get; init; }

    /// <summary>The rules.</summary>
    public required Ruleset Ruleset { get; init; }

    /// <summary>The answer.</summary>
    public required EscapeVerdict Verdict { get; init; }

    /// <summary>Packets that come to what was expected; all of them when nothing was.</summary>
    public required IReadOnlyList<PacketFate> Met { get; init; }

    /// <summary>Packets that surely come to something else.</summary>
    public required IReadOnlyList<PacketFate> Escapes { get; init; }

    /// <summary>Packets of which it cannot be told, each with the rule that is not understood.</summary>
    public required IReadOnlyList<PacketFate> Unproven { get; init; }

    /// <summary>Packets of the proxy that come back to it.</summary>
    public required IReadOnlyList<PacketFate> Loops { get; init; }

    /// <summary>What is known to be missing in the rules, each as a sentence.</summary>
    public required IReadOnlyList<string> Gaps { get; init; }

    /// <summary>Whether the lists show all boxes there are; the verdict is about all packets in any case.</summary>
    public required bool IsComplete { get; init; }
}
