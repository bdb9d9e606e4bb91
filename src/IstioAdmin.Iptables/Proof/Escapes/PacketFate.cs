using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Iptables.Proof.Escapes;

/// <summary>What a packet has with it that is no field of it.</summary>
/// <param name="InInterface">Interface it comes in by; null when a local process sends it.</param>
/// <param name="State">What conntrack knows of its connection.</param>
/// <param name="Mark">Its mark.</param>
public sealed record PacketCircumstance(string? InInterface, ConnectionStates State, uint Mark);

/// <summary>A box of packets, what becomes of all of them, why, and one of them.</summary>
public sealed record PacketFate
{
    /// <summary>What becomes of them.</summary>
    public required OutcomeKind Outcome { get; init; }

    /// <summary>Where they go in words: <c>port 15006</c>, <c>10.0.0.1:80 by eth0</c>; empty when they go nowhere.</summary>
    public required string To { get; init; }

    /// <summary>The packets among those of the question: what the question says of addresses, ids and source ports is not said again.</summary>
    public required PacketBox Packets { get; init; }

    /// <summary>The interfaces, states and marks for which that holds.</summary>
    public required IReadOnlyList<PacketCircumstance> Circumstances { get; init; }

    /// <summary>The rule that decides: that changes, ends or lets go the packets; null when no rule does.</summary>
    public required RuleLocation? Rule { get; init; }

    /// <summary>The part of the rule that is not understood; null when all is.</summary>
    public string? Doubt { get; init; }

    /// <summary>One of the packets, to try.</summary>
    public required Packet Example { get; init; }

    /// <summary>The fate as a sentence.</summary>
    public required string Text { get; init; }

    /// <summary>What becomes of them, the place of the rule that decides, and the rule: a line each.</summary>
    public required IReadOnlyList<string> Lines { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Text;
}
