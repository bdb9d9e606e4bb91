namespace IstioAdmin.Iptables.Proof;

/// <summary>What is left of a set while rules take packets out of it one after the other. The subtraction is put off until somebody asks.</summary>
internal sealed class Remainder(PacketSet whole)
{
    private readonly GrowingSet _taken = new();
    private PacketSet _whole = whole;

    /// <summary>Whether surely nothing is left; that something is left may turn out only later.</summary>
    public bool IsEmpty => _whole.IsEmpty;

    /// <summary>Those of some packets that are left.</summary>
    public PacketSet And(PacketSet packets) => packets == packets.Space.Any ? Value() : _taken.Without(packets.And(_whole));

    /// <summary>Takes packets out, which must be among those left.</summary>
    public void Take(PacketSet packets)
    {
        _taken.Add(packets);
        if (packets == _whole)
            Reset(packets.Space.None);
    }

    /// <summary>Puts packets in.</summary>
    public void Add(PacketSet packets) => Reset(Value().Or(packets));

    /// <summary>What is left.</summary>
    public PacketSet Value()
    {
        if (_taken.Total() is { } taken)
            Reset(_whole.Except(taken));
        return _whole;
    }

    private void Reset(PacketSet value)
    {
        _whole = value;
        _taken.Clear();
    }
}
