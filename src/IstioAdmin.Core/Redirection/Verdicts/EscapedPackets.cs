using IstioAdmin.Core.Redirection.Policies;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Proof.Escapes;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Core.Redirection.Verdicts;

/// <summary>Packets that must enter the proxy and do not, one of them to try, and the rule that is to blame.</summary>
public sealed record EscapedPackets
{
    /// <summary>How they meet the pod.</summary>
    public required PacketDirection Direction { get; init; }

    /// <summary>Their family.</summary>
    public required IpFamily Family { get; init; }

    /// <summary>The clause that they break.</summary>
    public required PolicyClause Clause { get; init; }

    /// <summary>The packets, what becomes of them, and the rule; as the inspector found them.</summary>
    public required PacketFate Fate { get; init; }

    /// <summary>One of the packets.</summary>
    public Packet Example => Fate.Example;

    /// <summary>What becomes of them.</summary>
    public OutcomeKind Outcome => Fate.Outcome;

    /// <summary>The rule that lets them go or sends them elsewhere; null when no rule is about them.</summary>
    public RuleLocation? Rule => Fate.Rule;

    /// <summary>What happens, and why, as a sentence.</summary>
    public string Text => VerdictText.Escape(this);

    /// <summary>The sentence.</summary>
    public override string ToString() => Text;
}
