using System.Text;

namespace IstioAdmin.Iptables.Model.Matches;

/// <summary>State of the packet's connection: <c>-m conntrack --ctstate</c> or <c>-m state --state</c>.</summary>
/// <param name="Extension"><c>conntrack</c> or <c>state</c>.</param>
/// <param name="States">The states that fit.</param>
public sealed record ConnectionMatch(string Extension, Negatable<ConnectionStates> States) : Match
{
    /// <inheritdoc/>
    public override void AppendTo(StringBuilder text)
    {
        text.Append(" -m ").Append(Extension);
        ConnectionStateText.Append(Option(text, Extension == "state" ? "--state" : "--ctstate", States.Negated), States.Value);
    }
}
