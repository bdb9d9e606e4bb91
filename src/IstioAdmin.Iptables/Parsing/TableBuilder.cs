using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Iptables.Parsing;

/// <summary>A table while it is being read.</summary>
internal sealed class TableBuilder
{
    private readonly List<ChainBuilder> _chains = [];
    private readonly Dictionary<string, ChainBuilder> _byName = new(StringComparer.Ordinal);

    public TableBuilder(string name) => Name = name;

    /// <summary>The table's name.</summary>
    public string Name { get; }

    /// <summary>Whether its COMMIT has been read.</summary>
    public bool Committed { get; set; }

    /// <summary>The chain of that name, or null.</summary>
    public ChainBuilder? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The chain of that name, made when it is new.</summary>
    public ChainBuilder FindOrAdd(string name)
    {
        if (_byName.TryGetValue(name, out ChainBuilder? chain))
            return chain;
        chain = new ChainBuilder(name);
        _chains.Add(chain);
        _byName.Add(name, chain);
        return chain;
    }

    /// <summary>Takes a chain away.</summary>
    public bool Remove(string name) => _byName.Remove(name, out ChainBuilder? chain) && _chains.Remove(chain);

    /// <summary>Empties the table.</summary>
    public void Clear()
    {
        _chains.Clear();
        _byName.Clear();
    }

    /// <summary>Empties every chain.</summary>
    public void Flush() => _chains.ForEach(chain => chain.Rules.Clear());

    /// <summary>The finished table.</summary>
    public Table Build() => new() { Name = Name, Chains = [.. _chains.Select(chain => chain.Build())] };
}

/// <summary>A chain while it is being read.</summary>
internal sealed class ChainBuilder
{
    public ChainBuilder(string name) => Name = name;

    /// <summary>The chain's name.</summary>
    public string Name { get; }

    /// <summary>Its policy, if it is built in.</summary>
    public ChainPolicy? Policy { get; set; }

    /// <summary>Counters of the policy.</summary>
    public RuleCounters? Counters { get; set; }

    /// <summary>Its rules.</summary>
    public List<Rule> Rules { get; } = [];

    /// <summary>The finished chain.</summary>
    public Chain Build() => new() { Name = Name, Policy = Policy, Counters = Counters, Rules = [.. Rules] };
}
