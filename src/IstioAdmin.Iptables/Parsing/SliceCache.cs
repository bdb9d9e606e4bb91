using System.Numerics;
using System.Runtime.InteropServices;

namespace IstioAdmin.Iptables.Parsing;

/// <summary>
/// Remembers what slices of one text were read as. Dumps repeat the same few words in most rules, so most of a rule's parts are
/// made once. Each slice has one place, which the last one that came there holds: memory is bounded, and a look-up is one
/// comparison. Keys are places in the text and cost nothing.
/// </summary>
/// <typeparam name="T">What is remembered.</typeparam>
internal sealed class SliceCache<T>
    where T : class
{
    private const int MostSlots = 1 << 11;
    private readonly string _text;
    private readonly Entry[] _entries;

    /// <param name="text">The text that all slices are of.</param>
    public SliceCache(string text)
    {
        _text = text;
        // A pod's dump is a kilobyte or two; making room for a firewall would take longer than reading it.
        _entries = new Entry[Math.Clamp((int)BitOperations.RoundUpToPowerOf2((uint)text.Length / 64 + 1), 16, MostSlots)];
    }

    /// <summary>The place for what the slice was read as; null when that is not known, for the caller to fill.</summary>
    public ref T? this[int start, int length]
    {
        get
        {
            ReadOnlySpan<char> slice = _text.AsSpan(start, length);
            uint hash = Hash(slice);
            ref Entry entry = ref _entries[hash & (uint)(_entries.Length - 1)];
            if (entry.Value is null || entry.Hash != hash || !slice.SequenceEqual(_text.AsSpan(entry.Start, entry.Length)))
                entry = new Entry { Hash = hash, Length = length };
            // The same words as before; but these are in the processor's cache, and will be when the next ones are compared.
            entry.Start = start;
            return ref entry.Value;
        }
    }

    // Four characters at a time. Who makes slices meet on purpose gains nothing but that they are read anew.
    private static uint Hash(ReadOnlySpan<char> slice)
    {
        const ulong Factor = 0x9E3779B97F4A7C15;
        ulong hash = (ulong)slice.Length;
        foreach (ulong four in MemoryMarshal.Cast<char, ulong>(slice))
            hash = (BitOperations.RotateLeft(hash, 5) ^ four) * Factor;
        foreach (char c in slice[(slice.Length & ~3)..])
            hash = (BitOperations.RotateLeft(hash, 5) ^ c) * Factor;
        return (uint)(hash >> 32);
    }

    private struct Entry
    {
        public uint Hash;
        public int Start;
        public int Length;
        public T? Value;
    }
}
