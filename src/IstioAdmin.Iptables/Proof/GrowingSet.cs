namespace IstioAdmin.Iptables.Proof;

/// <summary>
/// A set that is put together from many small ones. Uniting each with all before it would copy the large one every time; parts are united with
/// parts of their own size instead, so that each is copied only as often as the number of parts can be halved.
/// </summary>
internal sealed class GrowingSet
{
    private readonly List<(int Count, PacketSet Set)> _parts = [];

    /// <summary>Whether nothing was added.</summary>
    public bool IsEmpty => _parts.Count == 0;

    /// <summary>Adds packets.</summary>
    public void Add(PacketSet packets)
    {
        if (packets.IsEmpty)
            return;
        int count = 1;
        while (_parts.Count > 0 && _parts[^1].Count <= count)
        {
            count += _parts[^1].Count;
            packets = _parts[^1].Set.Or(packets);
            _parts.RemoveAt(_parts.Count - 1);
        }
        _parts.Add((count, packets));
    }

    /// <summary>Empties the set.</summary>
    public void Clear() => _parts.Clear();

    /// <summary>The packets of <paramref name="packets"/> that are not in the set.</summary>
    public PacketSet Without(PacketSet packets)
    {
        foreach ((_, PacketSet part) in _parts)
        {
            if (packets.IsEmpty)
                break;
            packets = packets.Except(part);
        }
        return packets;
    }

    /// <summary>Everything that was added; null when nothing was.</summary>
    public PacketSet? Total()
    {
        if (_parts.Count == 0)
            return null;
        PacketSet total = _parts[^1].Set;
        for (int i = _parts.Count - 2; i >= 0; i--)
            total = total.Or(_parts[i].Set);
        Clear();
        _parts.Add((1, total));
        return total;
    }
}
