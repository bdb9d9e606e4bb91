namespace IstioAdmin.Iptables.Proof;

/// <summary>How a condition divides packets: those that surely fit, and those that may. Between the two lies what cannot be told.</summary>
/// <param name="Surely">Packets that fit.</param>
/// <param name="Maybe">Packets that fit or about which it cannot be told.</param>
internal readonly record struct Division(PacketSet Surely, PacketSet Maybe)
{
    /// <summary>A condition that is decided for every packet.</summary>
    public static Division Exact(PacketSet set) => new(set, set);

    /// <summary>Both conditions.</summary>
    public Division And(Division other) => new(Surely.And(other.Surely), Maybe.And(other.Maybe));

    /// <summary>Either condition.</summary>
    public Division Or(Division other) => new(Surely.Or(other.Surely), Maybe.Or(other.Maybe));

    /// <summary>The condition turned round, when asked.</summary>
    public Division Negate(bool negated) => negated ? new(Maybe.Space.Any.Except(Maybe), Surely.Space.Any.Except(Surely)) : this;
}
