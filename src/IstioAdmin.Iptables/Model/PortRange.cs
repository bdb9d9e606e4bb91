using System.Text;

namespace IstioAdmin.Iptables.Model;

/// <summary>Ports from one to another, both included.</summary>
/// <param name="First">Lowest port.</param>
/// <param name="Last">Highest port.</param>
public readonly record struct PortRange(ushort First, ushort Last)
{
    /// <summary>Every port.</summary>
    public static PortRange All { get; } = new(0, ushort.MaxValue);

    /// <summary>One port.</summary>
    public static PortRange Only(ushort port) => new(port, port);

    /// <summary>Whether the port is in the range. A range whose first port is above its last holds none, as in the kernel.</summary>
    public bool Contains(ushort port) => port >= First && port <= Last;

    /// <summary>The range as people write it: <c>80</c> or <c>8000-8080</c>.</summary>
    public override string ToString() => First == Last ? $"{First}" : $"{First}-{Last}";

    /// <summary>Appends the range with the given separator; one number when both ends are the same.</summary>
    public void AppendTo(StringBuilder text, char separator)
    {
        text.Append(First);
        if (Last != First)
            text.Append(separator).Append(Last);
    }
}
