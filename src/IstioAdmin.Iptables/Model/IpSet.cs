namespace IstioAdmin.Iptables.Model;

/// <summary>A set of ipset's, as <c>ipset save</c> prints it. Rules name it with <c>-m set --match-set</c>.</summary>
public sealed record IpSet
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its type: storage and dimensions, such as <c>hash:ip,port</c>.</summary>
    public required string Type { get; init; }

    /// <summary>Family of its addresses.</summary>
    public IpFamily Family { get; init; }

    /// <summary>Its elements as printed, without their options.</summary>
    public IReadOnlyList<string> Elements { get; init => field = Listable.Of(value); } = Array.Empty<string>();

    /// <summary>Why its elements do not tell what a packet that comes now will meet; null when they do.</summary>
    public string? Doubt { get; init; }

    /// <summary>Name, type and size.</summary>
    public override string ToString() => $"{Name} {Type}, {Elements.Count} elements";
}
