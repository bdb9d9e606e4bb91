using System.Text;

namespace IstioAdmin.Iptables.Model.Matches;

/// <summary>Addresses from one to another, both included.</summary>
/// <param name="Family">Family of both.</param>
/// <param name="First">Lowest address.</param>
/// <param name="Last">Highest address.</param>
public readonly record struct AddressRange(IpFamily Family, UInt128 First, UInt128 Last)
{
    /// <summary>Appends the range as iptables-save prints it.</summary>
    public void AppendTo(StringBuilder text)
    {
        AddressPattern.AppendAddress(text, First, Family);
        text.Append('-');
        AddressPattern.AppendAddress(text, Last, Family);
    }
}

/// <summary>Source or destination within a range of addresses (<c>-m iprange</c>).</summary>
public sealed record AddressRangeMatch : Match
{
    /// <summary>Range of the source.</summary>
    public Negatable<AddressRange>? Source { get; init; }

    /// <summary>Range of the destination.</summary>
    public Negatable<AddressRange>? Destination { get; init; }

    /// <inheritdoc/>
    public override void AppendTo(StringBuilder text)
    {
        text.Append(" -m iprange");
        if (Source is { } source)
            source.Value.AppendTo(Option(text, "--src-range", source.Negated));
        if (Destination is { } destination)
            destination.Value.AppendTo(Option(text, "--dst-range", destination.Negated));
    }
}
