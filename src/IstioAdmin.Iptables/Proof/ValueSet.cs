using System.Globalization;
using System.Text;
using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Iptables.Proof;

/// <summary>Some of the values that a field can have: disjoint intervals in ascending order, never two that touch.</summary>
public sealed class ValueSet : IEquatable<ValueSet>
{
    private readonly Interval[] _intervals;

    private ValueSet(PacketField field, IpFamily family, Interval[] intervals) => (Field, Family, _intervals) = (field, family, intervals);

    /// <summary>The field.</summary>
    public PacketField Field { get; }

    /// <summary>Family of the packets.</summary>
    public IpFamily Family { get; }

    /// <summary>The intervals.</summary>
    public IReadOnlyList<Interval> Intervals => _intervals;

    /// <summary>Whether it holds no value.</summary>
    public bool IsEmpty => _intervals.Length == 0;

    /// <summary>Whether it holds every value of the field.</summary>
    public bool IsAll => _intervals is [{ First: var first, Last: var last }] && first == UInt128.Zero && last == PacketFields.Max(Field, Family);

    /// <summary>The values in any of some intervals, which may overlap and stand in any order; values beyond the field's highest are left out.</summary>
    public static ValueSet Of(PacketField field, IpFamily family, IEnumerable<Interval> intervals)
    {
        UInt128 max = PacketFields.Max(field, family);
        var joined = new List<Interval>();
        foreach (Interval interval in intervals.Where(i => i.First <= i.Last && i.First <= max).OrderBy(i => i.First))
        {
            UInt128 last = UInt128.Min(interval.Last, max);
            if (joined.Count > 0 && (joined[^1].Last == max || interval.First <= joined[^1].Last + 1))
                joined[^1] = new Interval(joined[^1].First, UInt128.Max(joined[^1].Last, last));
            else
                joined.Add(new Interval(interval.First, last));
        }
        return new ValueSet(field, family, [.. joined]);
    }

    /// <summary>Whether the value is in the set.</summary>
    public bool Contains(UInt128 value) => Array.Exists(_intervals, interval => interval.Contains(value));

    /// <summary>The values of either set.</summary>
    public ValueSet Union(ValueSet other) => Of(Field, Family, _intervals.Concat(other._intervals));

    /// <summary>The values of the field that are not in the set.</summary>
    public ValueSet Complement()
    {
        UInt128 max = PacketFields.Max(Field, Family);
        var gaps = new List<Interval>();
        UInt128 next = 0;
        foreach (Interval interval in _intervals)
        {
            if (interval.First > next)
                gaps.Add(new Interval(next, interval.First - 1));
            if (interval.Last == max)
                return new ValueSet(Field, Family, [.. gaps]);
            next = interval.Last + 1;
        }
        gaps.Add(new Interval(next, max));
        return new ValueSet(Field, Family, [.. gaps]);
    }

    /// <summary>
    /// The set in as few words as it takes: <c>22,9443</c>, <c>1024-65535</c>, <c>10.0.0.0/8</c>, <c>any</c>; with <c>!</c> in front
    /// what is not in it, where that is shorter.
    /// </summary>
    public override string ToString()
    {
        if (IsAll)
            return "any";
        if (IsEmpty)
            return "none";
        ValueSet others = Complement();
        return Count(others) < Count(this) ? "!" + others.Words() : Words();
    }

    /// <inheritdoc/>
    public bool Equals(ValueSet? other) => other is not null && Field == other.Field && Family == other.Family && _intervals.AsSpan().SequenceEqual(other._intervals);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ValueSet);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(Field);
        foreach (Interval interval in _intervals)
            hash.Add(interval);
        return hash.ToHashCode();
    }

    private bool IsAddress => Field is PacketField.Source or PacketField.Destination;

    // Addresses count as prefixes: "everything but 10.96.0.0/16" is one word, its complement sixteen.
    private static int Count(ValueSet set) => set.IsAddress ? set._intervals.Sum(i => Prefixes(i, set.Family).Count()) : set._intervals.Length;

    private string Words()
    {
        var text = new StringBuilder();
        foreach (Interval interval in _intervals)
            AppendInterval(text, interval);
        return text.ToString();
    }

    private void AppendInterval(StringBuilder text, Interval interval)
    {
        if (IsAddress)
        {
            List<AddressPattern> prefixes = [.. Prefixes(interval, Family).Take(4)];
            if (prefixes.Count <= 3)
            {
                foreach (AddressPattern prefix in prefixes)
                {
                    Separate(text);
                    if (prefix.PrefixLength == AddressPattern.Width(Family))
                        AddressPattern.AppendAddress(text, prefix.Value, Family);
                    else
                        prefix.AppendTo(text);
                }
                return;
            }
        }
        Separate(text);
        AppendValue(text, interval.First);
        if (interval.Last != interval.First)
            AppendValue(text.Append('-'), interval.Last);
    }

    private static void Separate(StringBuilder text)
    {
        if (text.Length > 0)
            text.Append(',');
    }

    private void AppendValue(StringBuilder text, UInt128 value)
    {
        if (IsAddress)
            AddressPattern.AppendAddress(text, value, Family);
        else if (Field == PacketField.Protocol && value != UInt128.Zero)
            text.Append(new IpProtocol((byte)value));
        else
            text.Append(value.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>An interval of addresses as the prefixes that make it up, as few as there can be.</summary>
    private static IEnumerable<AddressPattern> Prefixes(Interval interval, IpFamily family)
    {
        int width = AddressPattern.Width(family);
        UInt128 first = interval.First;
        while (true)
        {
            // The largest aligned block that begins here and ends in time.
            int bits = first == UInt128.Zero ? width : Math.Min(width, (int)UInt128.TrailingZeroCount(first));
            while (bits > 0 && Last(first, bits) > interval.Last)
                bits--;
            yield return new AddressPattern(family, first, AddressPattern.PrefixMask(family, width - bits));
            UInt128 last = Last(first, bits);
            if (last >= interval.Last)
                yield break;
            first = last + 1;
        }
    }

    private static UInt128 Last(UInt128 first, int bits) => bits == 128 ? UInt128.MaxValue : first + ((UInt128.One << bits) - 1);
}
