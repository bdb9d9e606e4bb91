using System.Globalization;
using System.Text;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Iptables.Proof.Escapes;

/// <summary>Puts a fate into words.</summary>
internal static class FateText
{
    /// <summary>Where packets of an outcome go; empty when nowhere.</summary>
    public static string To(OutcomeClass outcome, IpFamily family) => outcome.Kind switch
    {
        OutcomeKind.Delivered => "as sent",
        OutcomeKind.Redirected when outcome.Port is { } ports => $"port {ports}",
        OutcomeKind.Redirected => "the same port",
        OutcomeKind.Sent => "as sent by " + outcome.Where,
        OutcomeKind.SentElsewhere => $"{Address(outcome, family)} by {outcome.Where}",
        _ => "",
    };

    /// <summary>The fate as a sentence.</summary>
    public static string Sentence(PacketDirection direction, PacketBox box, OutcomeClass outcome, RuleLocation? rule)
    {
        string what = What(direction, box, outcome, rule);
        return rule is null ? $"{what}." : $"{what}: {(IsPassed(outcome) ? "let go by " : "")}{rule}.";
    }

    /// <summary>The fate, the place of the rule that decides, and the rule: a line each, for those who read many.</summary>
    public static string[] Lines(PacketDirection direction, PacketBox box, OutcomeClass outcome, RuleLocation? rule)
    {
        string what = What(direction, box, outcome, rule);
        string by = IsPassed(outcome) ? "let go by" : outcome.Kind == OutcomeKind.Undecided ? "in" : "by";
        return rule is null ? [what] : [what, $"{by} rule {rule.Number} of {rule.Chain} in table {rule.Table}:", rule.Rule.ToString()];
    }

    private static bool IsPassed(OutcomeClass outcome) => outcome.Kind is OutcomeKind.Delivered or OutcomeKind.Sent;

    private static string What(PacketDirection direction, PacketBox box, OutcomeClass outcome, RuleLocation? rule)
    {
        var text = new StringBuilder(direction.ToString()).Append(' ').Append(box);
        text.Append(outcome.Kind switch
        {
            OutcomeKind.Delivered => " is delivered as it was sent",
            OutcomeKind.Redirected => " is redirected to " + To(outcome, box.Family),
            OutcomeKind.Sent => " leaves as it was sent, by " + outcome.Where,
            OutcomeKind.SentElsewhere => " is sent to " + To(outcome, box.Family),
            OutcomeKind.Dropped when rule is null => $" is dropped ({outcome.Where})",
            OutcomeKind.Dropped => " is dropped",
            OutcomeKind.Rejected => $" is rejected with {outcome.Where}",
            _ => $" cannot be decided, because '{outcome.Where}' is not understood",
        });
        return rule is null && IsPassed(outcome) ? text.Append(": no rule redirects it").ToString() : text.ToString();
    }

    private static string Address(OutcomeClass outcome, IpFamily family)
    {
        var text = new StringBuilder();
        if (outcome.Address is { } address)
            text.Append(ValueSet.Of(PacketField.Destination, family, [address]));
        else
            text.Append("its destination");
        if (outcome.Port is { } ports)
            text.Append(CultureInfo.InvariantCulture, $" port {ports}");
        return text.ToString();
    }
}
