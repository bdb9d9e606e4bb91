using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Model.Targets;

namespace IstioAdmin.Iptables.Parsing;

/// <summary>A table while it is being read. No command takes longer because of what others left behind.</summary>
internal sealed class TableBuilder
{
    private readonly List<ChainBuilder> _chains = [];
    private readonly List<ChainBuilder> _filled = [];
    private readonly ChainIndex _byName = new();

    public TableBuilder(string name) => Name = name;

    /// <summary>The table's name.</summary>
    public string Name { get; }

    /// <summary>Whether its COMMIT has been read.</summary>
    public bool Committed { get; set; }

    /// <summary>The chain of that name, or null.</summary>
    public ChainBuilder? Find(ReadOnlySpan<char> name) => _byName.Find(name);

    /// <summary>The chain of that name, made when it is new.</summary>
    public ChainBuilder FindOrAdd(ReadOnlySpan<char> name)
    {
        if (_byName.Find(name) is { } known)
            return known;
        var chain = new ChainBuilder(name.ToString());
        _chains.Add(chain);
        _byName.Add(chain);
        return chain;
    }

    /// <summary>Puts rules into a chain of this table before the rule with that index; the caller has checked it.</summary>
    public void Insert(ChainBuilder chain, int index, List<Rule> rules)
    {
        if (chain.Rules.Count == 0)
            _filled.Add(chain);
        if (index < chain.Rules.Count)
            chain.Rules.InsertRange(index, rules);
        else if (rules.Count == 1)
            chain.Rules.Add(rules[0]);
        else
            chain.Rules.AddRange(rules);
    }

    /// <summary>Takes a chain away; false when there is none.</summary>
    public bool Remove(ReadOnlySpan<char> name)
    {
        if (_byName.Find(name) is not { } chain)
            return false;
        _byName.Remove(chain);
        chain.Removed = true;
        return true;
    }

    /// <summary>Takes away the user chains that have no rules, as -X without a name does.</summary>
    public void RemoveEmpty()
    {
        foreach (ChainBuilder chain in _chains)
        {
            if (chain is { Policy: null, Removed: false, Rules.Count: 0 })
                Remove(chain.Name);
        }
        _chains.RemoveAll(chain => chain.Removed);
    }

    /// <summary>Empties the table.</summary>
    public void Clear()
    {
        if (_chains.Count == 0)
            return;
        _chains.Clear();
        _filled.Clear();
        _byName.Clear();
    }

    /// <summary>Empties every chain.</summary>
    public void Flush()
    {
        foreach (ChainBuilder chain in _filled)
            chain.Rules.Clear();
        _filled.Clear();
    }

    /// <summary>The finished table.</summary>
    public Table Build() => new() { Name = Name, Chains = [.. _chains.Where(chain => !chain.Removed).Select(chain => chain.Build())] };
}

/// <summary>A chain while it is being read.</summary>
internal sealed class ChainBuilder
{
    private JumpTarget? _jump;

    public ChainBuilder(string name)
    {
        Name = name;
        Hash = HashOf(name);
    }

    /// <summary>The chain's name.</summary>
    public string Name { get; }

    /// <summary>Hash of the name.</summary>
    public int Hash { get; }

    /// <summary>Its policy, if it is built in.</summary>
    public ChainPolicy? Policy { get; set; }

    /// <summary>Counters of the policy.</summary>
    public RuleCounters? Counters { get; set; }

    /// <summary>Its rules.</summary>
    public List<Rule> Rules { get; } = [];

    /// <summary>Whether -X has taken it away.</summary>
    public bool Removed { get; set; }

    /// <summary>The target that leads here, the same object for all rules.</summary>
    public JumpTarget Jump => _jump ??= new JumpTarget(Name);

    /// <summary>The hash by which chains are looked up. Seeded anew in each process: names cannot be made to meet.</summary>
    public static int HashOf(ReadOnlySpan<char> name) => string.GetHashCode(name);

    /// <summary>The finished chain.</summary>
    public Chain Build() => new() { Name = Name, Policy = Policy, Counters = Counters, Rules = Rules.Count == 0 ? [] : [.. Rules] };
}
