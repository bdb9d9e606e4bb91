using System.Text;
using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Iptables.Proof;

/// <summary>Packets whose fields each lie in a set of values, whatever the other fields are. A field that is not restricted is null.</summary>
public sealed class PacketBox : IEquatable<PacketBox>
{
    private static readonly (PacketField Field, string Name)[] Order =
    [
        (PacketField.Protocol, "protocol"), (PacketField.IcmpType, "type"), (PacketField.IcmpCode, "code"),
        (PacketField.Source, "from"), (PacketField.SourcePort, "source port"),
        (PacketField.Destination, "to"), (PacketField.DestinationPort, "port"),
        (PacketField.User, "uid"), (PacketField.Group, "gid"),
    ];

    private readonly ValueSet?[] _sets;

    internal PacketBox(IpFamily family, ValueSet?[] sets) => (Family, _sets) = (family, sets);

    /// <summary>Family of the packets.</summary>
    public IpFamily Family { get; }

    /// <summary>Transport protocols.</summary>
    public ValueSet? Protocol => this[PacketField.Protocol];

    /// <summary>Source addresses.</summary>
    public ValueSet? Source => this[PacketField.Source];

    /// <summary>Source ports.</summary>
    public ValueSet? SourcePort => this[PacketField.SourcePort];

    /// <summary>Destination addresses.</summary>
    public ValueSet? Destination => this[PacketField.Destination];

    /// <summary>Destination ports.</summary>
    public ValueSet? DestinationPort => this[PacketField.DestinationPort];

    /// <summary>User ids of the sender.</summary>
    public ValueSet? UserId => this[PacketField.User];

    /// <summary>Group ids of the sender.</summary>
    public ValueSet? GroupId => this[PacketField.Group];

    /// <summary>ICMP types.</summary>
    public ValueSet? IcmpType => this[PacketField.IcmpType];

    /// <summary>ICMP codes.</summary>
    public ValueSet? IcmpCode => this[PacketField.IcmpCode];

    /// <summary>The values of a field; null for all.</summary>
    public ValueSet? this[PacketField field] => _sets[(int)field];

    /// <summary>Whether a packet, given by its values in the order of <see cref="PacketField"/>, is in the box.</summary>
    public bool Contains(ReadOnlySpan<UInt128> values)
    {
        for (int field = 0; field < _sets.Length; field++)
        {
            if (_sets[field] is { } set && !set.Contains(values[field]))
                return false;
        }
        return true;
    }

    /// <summary>This box without what a larger one says already: addresses, ids and source ports. Protocol and port stay, for reading.</summary>
    internal PacketBox Within(PacketBox? larger)
    {
        PacketBox shown = this;
        if (larger is null)
            return shown;
        foreach (PacketField field in (ReadOnlySpan<PacketField>)[PacketField.Source, PacketField.SourcePort, PacketField.Destination, PacketField.User, PacketField.Group])
        {
            if (this[field] is { } set && set.Equals(larger[field]))
                shown = shown.With(field, null);
        }
        return shown;
    }

    /// <summary>This box with other values for one field.</summary>
    internal PacketBox With(PacketField field, ValueSet? set)
    {
        var sets = (ValueSet?[])_sets.Clone();
        sets[(int)field] = set;
        return new PacketBox(Family, sets);
    }

    /// <summary>The box in words: <c>tcp from 10.0.0.0/8 to 10.244.7.5 port 22,9443</c>.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach ((PacketField field, string name) in Order)
        {
            if (this[field] is not { } set)
                continue;
            string values = set.ToString();
            if (text.Length > 0)
                text.Append(' ');
            if (field != PacketField.Protocol)
                text.Append(name).Append(' ');
            text.Append(values);
        }
        return text.Length == 0 ? "every packet" : text.ToString();
    }

    /// <inheritdoc/>
    public bool Equals(PacketBox? other) => other is not null && Family == other.Family && Enumerable.SequenceEqual(_sets, other._sets);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as PacketBox);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (ValueSet? set in _sets)
            hash.Add(set);
        return hash.ToHashCode();
    }
}
