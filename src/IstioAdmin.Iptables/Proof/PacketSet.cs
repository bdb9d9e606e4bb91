using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Iptables.Proof;

/// <summary>A set of packets of one family: exact, whatever its size. Sets that hold the same packets are equal.</summary>
public readonly struct PacketSet : IEquatable<PacketSet>
{
    private readonly int _node;

    internal PacketSet(PacketSpace space, int node)
    {
        Space = space;
        _node = node;
    }

    /// <summary>The space that the set belongs to; only sets of one space can be combined.</summary>
    public PacketSpace Space { get; }

    /// <summary>The diagram's root.</summary>
    internal int Node => _node;

    /// <summary>Whether it holds no packet.</summary>
    public bool IsEmpty => _node == 0;

    /// <summary>The packets in both sets.</summary>
    public PacketSet And(PacketSet other) => new(Space, Space.And(_node, other._node));

    /// <summary>The packets in either set.</summary>
    public PacketSet Or(PacketSet other) => new(Space, Space.Or(_node, other._node));

    /// <summary>The packets in this set and not in the other.</summary>
    public PacketSet Except(PacketSet other) => new(Space, Space.Except(_node, other._node));

    /// <summary>Whether a packet is in the set.</summary>
    /// <param name="values">The packet's values in the order of <see cref="PacketField"/>.</param>
    public bool Contains(ReadOnlySpan<UInt128> values) => Space.Contains(_node, values);

    /// <summary>The set as disjoint boxes; a field that is not restricted is null.</summary>
    /// <param name="most">How many boxes at the most; a set may need very many.</param>
    public IReadOnlyList<IReadOnlyList<Interval?>> Boxes(int most = int.MaxValue)
    {
        var boxes = new List<IReadOnlyList<Interval?>>();
        Space.Visit(_node, new Interval?[PacketFields.Count], box =>
        {
            boxes.Add([.. box]);
            return boxes.Count < most;
        });
        return boxes;
    }

    /// <inheritdoc/>
    public bool Equals(PacketSet other) => Space == other.Space && _node == other._node;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is PacketSet other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _node;

    /// <summary>Whether both hold the same packets.</summary>
    public static bool operator ==(PacketSet a, PacketSet b) => a.Equals(b);

    /// <summary>Whether they differ.</summary>
    public static bool operator !=(PacketSet a, PacketSet b) => !a.Equals(b);
}
