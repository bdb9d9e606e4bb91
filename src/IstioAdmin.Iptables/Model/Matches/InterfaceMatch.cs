using System.Text;

namespace IstioAdmin.Iptables.Model.Matches;

/// <summary>The interface a packet came in by (<c>-i</c>); empty for packets that a local process sends.</summary>
public sealed record InInterfaceMatch(Negatable<InterfacePattern> Interface) : Match
{
    /// <inheritdoc/>
    public override void AppendTo(StringBuilder text) => Option(text, "-i", Interface.Negated).Append(Interface.Value.Text);
}

/// <summary>The interface a packet goes out by (<c>-o</c>); empty in PREROUTING and INPUT.</summary>
public sealed record OutInterfaceMatch(Negatable<InterfacePattern> Interface) : Match
{
    /// <inheritdoc/>
    public override void AppendTo(StringBuilder text) => Option(text, "-o", Interface.Negated).Append(Interface.Value.Text);
}
