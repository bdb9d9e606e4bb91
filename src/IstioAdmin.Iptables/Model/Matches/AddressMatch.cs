using System.Text;

namespace IstioAdmin.Iptables.Model.Matches;

/// <summary>Source address (<c>-s</c>).</summary>
public sealed record SourceMatch(Negatable<AddressPattern> Address) : Match
{
    /// <inheritdoc/>
    public override void AppendTo(StringBuilder text) => Address.Value.AppendTo(Option(text, "-s", Address.Negated));
}

/// <summary>Destination address (<c>-d</c>).</summary>
public sealed record DestinationMatch(Negatable<AddressPattern> Address) : Match
{
    /// <inheritdoc/>
    public override void AppendTo(StringBuilder text) => Address.Value.AppendTo(Option(text, "-d", Address.Negated));
}
