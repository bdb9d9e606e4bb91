using IstioAdmin.Iptables.Proof.Escapes;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Core.Redirection.Verdicts;

/// <summary>Puts what was found into the words of a mesh, where the inspector speaks of packets alone.</summary>
internal static class VerdictText
{
    /// <summary>What becomes of packets that ought to enter the proxy, and why.</summary>
    public static string Escape(EscapedPackets escape)
    {
        PacketFate fate = escape.Fate;
        string what = fate.Outcome switch
        {
            OutcomeKind.Delivered when escape.Direction == PacketDirection.Inbound => "reaches the application past the proxy, without mTLS or policy",
            OutcomeKind.Delivered => "reaches a local socket past the proxy",
            OutcomeKind.Sent => "leaves the pod past the proxy",
            OutcomeKind.SentElsewhere => $"is sent to {fate.To} past the proxy",
            OutcomeKind.Redirected => $"is redirected to {fate.To}, which is not the proxy's",
            OutcomeKind.Dropped => "is dropped before it reaches the proxy",
            OutcomeKind.Rejected => "is rejected before it reaches the proxy",
            _ => "cannot be decided",
        };
        return $"{Direction(escape.Direction)} {escape.Family} {fate.Packets} {what}{Because(fate)}.";
    }

    /// <summary>The rule that is to blame, as the end of a sentence.</summary>
    public static string Because(PacketFate fate) => fate switch
    {
        { Doubt: { } doubt, Rule: { } rule } => $", because '{doubt}' is not understood in rule {rule.Number} of {rule.Chain} (table {rule.Table}): {rule.Rule}",
        { Doubt: { } doubt } => $", because '{doubt}' is not understood",
        { Rule: { } rule } => $", because of rule {rule.Number} of {rule.Chain} (table {rule.Table}): {rule.Rule}",
        { Outcome: OutcomeKind.Delivered or OutcomeKind.Sent } => ": no rule redirects it",
        _ => "",
    };

    private static string Direction(PacketDirection direction) => direction switch
    {
        PacketDirection.Inbound => "Inbound",
        PacketDirection.Outbound => "Outbound",
        _ => "Forwarded",
    };
}
