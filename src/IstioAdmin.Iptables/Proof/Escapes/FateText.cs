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
        OutcomeKind.Redirected when outcome.Port is { } ports => "port " + Ports(ports),
        OutcomeKind.Redirected => "the same port",
        OutcomeKind.Sent => "as sent by " + outcome.Where,
        OutcomeKind.SentElsewhere => $"{Address(outcome, family)} by {outcome.Where}",
        _ => "",
    };

    /// <summary>The fate as a sentence.</summary>
    public static string Sentence(PacketDirection direction, PacketBox box, OutcomeClass outcome, RuleLocation? rule)
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
        if (rule is not null)
            text.Append(outcome.Kind is OutcomeKind.Delivered or OutcomeKind.Sent ? ": let go by " : ": ").Append(rule);
        else if (outcome.Kind is OutcomeKind.Delivered or OutcomeKind.Sent)
            text.Append(": no rule redirects it");
        return text.Append('.').ToString();
    }

    private static string Ports(PortRange ports)
    {
        var text = new StringBuilder();
        ports.AppendTo(text, '-');
        return text.ToString();
    }

    private static string Address(OutcomeClass outcome, IpFamily family)
    {
        var text = new StringBuilder();
        if (outcome.Address is { } address)
            text.Append(ValueSet.Of(PacketField.Destination, family, [address]));
        else
            text.Append("its destination");
        if (outcome.Port is { } ports)
            text.Append(CultureInfo.InvariantCulture, $" port {Ports(ports)}");
        return text.ToString();
    }
}
