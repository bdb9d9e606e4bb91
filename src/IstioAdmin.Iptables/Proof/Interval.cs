namespace IstioAdmin.Iptables.Proof;

/// <summary>Values from one to another, both included.</summary>
/// <param name="First">Lowest value.</param>
/// <param name="Last">Highest value.</param>
public readonly record struct Interval(UInt128 First, UInt128 Last)
{
    /// <summary>Whether the value is in it.</summary>
    public bool Contains(UInt128 value) => value >= First && value <= Last;
}
