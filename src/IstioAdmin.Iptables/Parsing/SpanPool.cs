namespace IstioAdmin.Iptables.Parsing;

/// <summary>
/// Remembers values by the text they were made from, looked up without allocating. Dumps repeat the same few words in most
/// rules, so most of a rule's parts are made once. Bounded: past its capacity it only answers for what it knows.
/// </summary>
/// <typeparam name="T">What is remembered.</typeparam>
internal sealed class SpanPool<T>
    where T : class
{
    private const int Slots = 1 << 12;
    private const int Capacity = Slots * 3 / 4;
    private readonly string?[] _keys = new string?[Slots];
    private readonly T?[] _values = new T?[Slots];
    private int _count;

    /// <summary>The remembered value, or null.</summary>
    public T? Find(ReadOnlySpan<char> key, out int slot)
    {
        slot = string.GetHashCode(key) & (Slots - 1);
        while (_keys[slot] is { } known)
        {
            if (key.SequenceEqual(known))
                return _values[slot];
            slot = (slot + 1) & (Slots - 1);
        }
        return null;
    }

    /// <summary>Remembers a value at the slot that <see cref="Find"/> gave for the same key.</summary>
    public void Add(ReadOnlySpan<char> key, int slot, T value)
    {
        if (_count >= Capacity)
            return;
        _keys[slot] = value as string ?? key.ToString();
        _values[slot] = value;
        _count++;
    }
}
