namespace IstioAdmin.Iptables.Model;

/// <summary>A chain: rules that are tried in order.</summary>
public sealed record Chain
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>What becomes of a packet that reaches the end of a built-in chain; null for user chains.</summary>
    public ChainPolicy? Policy { get; init; }

    /// <summary>
    /// How the kernel calls it, where the input says so; null for iptables' built-in chains, whose table and name say it
    /// (<see cref="BaseChain.OfIptables"/>), and for user chains.
    /// </summary>
    public BaseChain? Base { get; init; }

    /// <summary>What the policy has seen, when the dump tells.</summary>
    public RuleCounters? Counters { get; init; }

    /// <summary>Its rules.</summary>
    public IReadOnlyList<Rule> Rules { get; init => field = Listable.Of(value); } = Array.Empty<Rule>();

    /// <summary>Whether a hook calls it.</summary>
    public bool IsBuiltIn => Policy is not null;

    /// <summary>Its name.</summary>
    public override string ToString() => Name;
}

/// <summary>The end of a built-in chain.</summary>
public enum ChainPolicy
{
    /// <summary>The packet passes.</summary>
    Accept,

    /// <summary>The packet ends.</summary>
    Drop,
}
