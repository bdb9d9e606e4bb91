namespace IstioAdmin.Iptables.Parsing;

/// <summary>The chains of one table by name, looked up by a part of the text without making a string of it.</summary>
internal sealed class ChainIndex
{
    // Open addressing: a chain stands in the first free slot from its hash on. Never more than half full.
    private ChainBuilder?[] _slots = new ChainBuilder?[16];
    private int _count;

    private int Last => _slots.Length - 1;

    /// <summary>The chain of that name, or null.</summary>
    public ChainBuilder? Find(ReadOnlySpan<char> name)
    {
        int hash = ChainBuilder.HashOf(name);
        for (int slot = hash & Last; _slots[slot] is { } chain; slot = (slot + 1) & Last)
        {
            if (chain.Hash == hash && name.SequenceEqual(chain.Name))
                return chain;
        }
        return null;
    }

    /// <summary>Adds a chain whose name is not there yet.</summary>
    public void Add(ChainBuilder chain)
    {
        if (++_count * 2 > _slots.Length)
        {
            ChainBuilder?[] old = _slots;
            _slots = new ChainBuilder?[old.Length * 2];
            foreach (ChainBuilder? known in old)
            {
                if (known is not null)
                    Place(known);
            }
        }
        Place(chain);
    }

    /// <summary>Takes out a chain that is there.</summary>
    public void Remove(ChainBuilder chain)
    {
        int hole = chain.Hash & Last;
        while (_slots[hole] != chain)
            hole = (hole + 1) & Last;
        // What follows without a gap moves up, unless it would come to stand before its own hash.
        for (int next = (hole + 1) & Last; _slots[next] is { } follower; next = (next + 1) & Last)
        {
            if (((next - follower.Hash) & Last) < ((next - hole) & Last))
                continue;
            _slots[hole] = follower;
            hole = next;
        }
        _slots[hole] = null;
        _count--;
    }

    /// <summary>Takes out all.</summary>
    public void Clear()
    {
        _slots = new ChainBuilder?[16];
        _count = 0;
    }

    private void Place(ChainBuilder chain)
    {
        int slot = chain.Hash & Last;
        while (_slots[slot] is not null)
            slot = (slot + 1) & Last;
        _slots[slot] = chain;
    }
}
