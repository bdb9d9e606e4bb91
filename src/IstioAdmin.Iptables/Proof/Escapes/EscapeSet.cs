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
public sealed class EscapeSet
{
    private readonly Lazy<EscapeLists> _lists;

    internal EscapeSet(EscapeQuery query, Ruleset ruleset, EscapeVerdict verdict, Lazy<EscapeLists> lists) =>
        (Query, Ruleset, Verdict, _lists) = (query, ruleset, verdict, lists);

    /// <summary>The question.</summary>
    public EscapeQuery Query { get; }

    /// <summary>The rules.</summary>
    public Ruleset Ruleset { get; }

    /// <summary>The answer.</summary>
    public EscapeVerdict Verdict { get; }

    /// <summary>Packets that come to what was expected; all of them when nothing was.</summary>
    public IReadOnlyList<PacketFate> Met => _lists.Value.Met;

    /// <summary>Packets that surely come to something else.</summary>
    public IReadOnlyList<PacketFate> Escapes => _lists.Value.Escapes;

    /// <summary>Packets of which it cannot be told, each with the rule that is not understood.</summary>
    public IReadOnlyList<PacketFate> Unproven => _lists.Value.Unproven;

    /// <summary>Packets of the proxy that come back to it.</summary>
    public IReadOnlyList<PacketFate> Loops => _lists.Value.Loops;

    /// <summary>What is known to be missing in the rules, each as a sentence.</summary>
    public IReadOnlyList<string> Gaps => Ruleset.Gaps;

    /// <summary>Whether the lists show all boxes there are; the verdict is about all packets in any case.</summary>
    public bool IsComplete => _lists.Value.IsComplete;

    internal EscapeLists Lists => _lists.Value;

    /// <summary>Question and verdict.</summary>
    public override string ToString() => $"{Query}: {Verdict}";
}

/// <summary>The packets behind a verdict.</summary>
internal sealed record EscapeLists(
    IReadOnlyList<PacketFate> Met, IReadOnlyList<PacketFate> Escapes, IReadOnlyList<PacketFate> Unproven, IReadOnlyList<PacketFate> Loops, bool IsComplete);
