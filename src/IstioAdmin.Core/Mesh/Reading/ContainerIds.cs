using System.Buffers;
using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace IstioAdmin.Core.Mesh.Reading;

/// <summary>
/// The ids of a pod's containers by name. No other part of a pod is as large and never repeats, so an id of the usual form, 64 hexadecimal
/// digits behind the runtime's name, is kept as its 32 bytes and written out when somebody asks for it.
/// </summary>
internal sealed class ContainerIds : IReadOnlyDictionary<string, string>
{
    private const int Digits = 64;
    private const int Size = Digits / 2;

    private static readonly SearchValues<char> LowerHex = SearchValues.Create("0123456789abcdef");

    private readonly IReadOnlyList<string> _names;
    private readonly string _scheme;
    private readonly byte[] _digits;

    private ContainerIds(IReadOnlyList<string> names, string scheme, byte[] digits) => (_names, _scheme, _digits) = (names, scheme, digits);

    /// <summary>The ids of these containers, the last one of a name counting; the argument is only looked at, and may be reused.</summary>
    public static IReadOnlyDictionary<string, string> Of(List<(string Name, string Id)> ids, ValuePool pool)
    {
        if (ids.Count == 0)
            return MeshPod.EmptyMap;
        if (Pack(ids, pool) is { } packed)
            return packed;
        var map = new Dictionary<string, string>(ids.Count, StringComparer.Ordinal);
        foreach ((string name, string id) in ids)
            map[pool.Text(name)!] = id;
        return map.AsReadOnly();
    }

    public int Count => _names.Count;

    public IEnumerable<string> Keys => _names;

    public IEnumerable<string> Values => Enumerable.Range(0, Count).Select(IdAt);

    public string this[string key] => TryGetValue(key, out string? value) ? value : throw new KeyNotFoundException($"There is no container '{key}' that has an id.");

    public bool ContainsKey(string key) => _names.Contains(key);

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out string value)
    {
        for (int i = 0; i < _names.Count; i++)
        {
            if (_names[i] == key)
            {
                value = IdAt(i);
                return true;
            }
        }
        value = null;
        return false;
    }

    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() =>
        Enumerable.Range(0, Count).Select(i => KeyValuePair.Create(_names[i], IdAt(i))).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private string IdAt(int index) => _scheme + Convert.ToHexString(_digits, index * Size, Size).ToLowerInvariant();

    /// <summary>Null when the ids are not of the usual form or a name stands twice.</summary>
    private static ContainerIds? Pack(List<(string Name, string Id)> ids, ValuePool pool)
    {
        string first = ids[0].Id;
        if (first.Length <= Digits)
            return null;
        ReadOnlySpan<char> scheme = first.AsSpan(0, first.Length - Digits);
        byte[] digits = new byte[ids.Count * Size];
        for (int i = 0; i < ids.Count; i++)
        {
            string id = ids[i].Id;
            ReadOnlySpan<char> hex = id.AsSpan(Math.Max(0, id.Length - Digits));
            bool usual = id.Length == first.Length && id.AsSpan().StartsWith(scheme) && TryDigits(hex, digits.AsSpan(i * Size, Size));
            if (!usual || ids.FindIndex(other => other.Name == ids[i].Name) < i)
                return null;
        }
        return new(pool.Names(ids), pool.Text(scheme.ToString())!, digits);
    }

    private static bool TryDigits(ReadOnlySpan<char> hex, Span<byte> digits)
    {
        // Lower case only, for that is how they are written out again.
        if (hex.ContainsAnyExcept(LowerHex))
            return false;
        for (int i = 0; i < digits.Length; i++)
            digits[i] = (byte)(Value(hex[2 * i]) << 4 | Value(hex[(2 * i) + 1]));
        return true;

        static int Value(char digit) => digit <= '9' ? digit - '0' : digit - 'a' + 10;
    }
}
