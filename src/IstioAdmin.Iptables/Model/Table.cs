namespace IstioAdmin.Iptables.Model;

/// <summary>A table: chains with one purpose.</summary>
public sealed record Table
{
    /// <summary>Its name; with iptables raw, mangle, nat, filter or security.</summary>
    public required string Name { get; init; }

    /// <summary>Whether it holds rules for both families (nft's <c>inet</c>).</summary>
    public bool IsInet { get; init; }

    /// <summary>Its chains in the order of the dump.</summary>
    public IReadOnlyList<Chain> Chains { get; init => field = Listable.Of(value); } = Array.Empty<Chain>();

    /// <summary>The chain of that name, or null.</summary>
    public Chain? Find(string chain) => Chains.FirstOrDefault(c => c.Name == chain);

    /// <summary>Its name.</summary>
    public override string ToString() => Name;
}
