using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Iptables.Parsing;

/// <summary>How a dump is read.</summary>
public sealed record ParseOptions
{
    /// <summary>Family of the rules where no header line tells; IPv4 by default.</summary>
    public IpFamily Family { get; init; }

    /// <summary>Whether the first bad line ends the reading with an <see cref="IptablesFormatException"/>.</summary>
    public bool Strict { get; init; }

    /// <summary>Whether a table that appears again adds to what it held (<c>iptables-restore --noflush</c>) instead of replacing it.</summary>
    public bool NoFlush { get; init; }
}
