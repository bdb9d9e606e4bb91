namespace IstioAdmin.Iptables.Model;

/// <summary>Values from one to another, both included.</summary>
/// <param name="First">Lowest value.</param>
/// <param name="Last">Highest value.</param>
public readonly record struct Interval(UInt128 First, UInt128 Last)
{
    /// <summary>Whether the value is in it.</summary>
    public bool Contains(UInt128 value) => value >= First && value <= Last;

    /// <summary>The ports of a range.</summary>
    public static Interval Of(PortRange ports) => new(ports.First, ports.Last);

    /// <summary>The ids of a range.</summary>
    public static Interval Of(IdRange ids) => new(ids.First, ids.Last);

    /// <summary>The addresses of a prefix; the mask must be contiguous.</summary>
    public static Interval Of(AddressPattern prefix) => prefix.PrefixLength is null
        ? throw new ArgumentException($"{prefix} is no prefix: its mask has gaps.", nameof(prefix))
        : new(prefix.Value, prefix.Value | (AddressPattern.FullMask(prefix.Family) & ~prefix.Mask));
}
