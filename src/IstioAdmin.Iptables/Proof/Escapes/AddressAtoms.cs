using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Model.Matches;
using IstioAdmin.Iptables.Model.Targets;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Iptables.Proof.Escapes;

/// <summary>
/// Divides all addresses into ranges that a ruleset and a question treat alike. Two pods whose addresses lie in the same ranges have the same
/// proof, up to the address: no rule can tell them apart.
/// </summary>
internal sealed class AddressAtoms
{
    private readonly IpFamily _family;
    private readonly UInt128[] _begins;
    private readonly bool _alike;

    /// <summary>Collects every border that rules or question name.</summary>
    public AddressAtoms(Ruleset ruleset, EscapeQuery query)
    {
        _family = ruleset.Family;
        var begins = new SortedSet<UInt128> { UInt128.Zero };
        foreach (Interval interval in Named(ruleset, query))
        {
            begins.Add(interval.First);
            if (interval.Last < AddressPattern.FullMask(_family))
                begins.Add(interval.Last + 1);
        }
        // A mask with gaps divides addresses in more ways than ranges can say.
        _alike = !ruleset.Rules.SelectMany(rule => rule.Matches).Any(match => match switch
        {
            SourceMatch source => source.Address.Value.PrefixLength is null,
            DestinationMatch destination => destination.Address.Value.PrefixLength is null,
            _ => false,
        });
        _begins = [.. begins];
    }

    /// <summary>What two hosts must have in common to be treated alike.</summary>
    public string ClassOf(TraceHost host)
    {
        var text = new System.Text.StringBuilder(host.DefaultInterface).Append(host.Forwards ? " forwards" : "");
        foreach (HostInterface own in host.Interfaces.OrderBy(i => i.Name, StringComparer.Ordinal))
        {
            text.Append('\n').Append(own.Name);
            foreach ((IpFamily family, UInt128 address) in own.Addresses)
            {
                if (family == _family)
                    text.Append(' ').Append(_alike ? AtomOf(address) : address);
            }
        }
        return text.ToString();
    }

    private UInt128 AtomOf(UInt128 address)
    {
        int index = Array.BinarySearch(_begins, address);
        return (UInt128)(index >= 0 ? index : ~index - 1);
    }

    private static IEnumerable<Interval> Named(Ruleset ruleset, EscapeQuery query)
    {
        IpFamily family = ruleset.Family;
        IEnumerable<Interval> special =
        [
            TraceHost.LoopbackNet, new(UInt128.One, UInt128.One), new(0, 0x00FFFFFF), new(0xE0000000, 0xEFFFFFFF), new(uint.MaxValue, uint.MaxValue),
            new((UInt128)0xFF << 120, UInt128.MaxValue),
        ];
        return special
            .Concat(query.Sources).Concat(query.ExceptSources).Concat(query.Destinations).Concat(query.ExceptDestinations)
            .Concat(ruleset.Rules.SelectMany(rule => KernelView.Of(rule, ruleset).SelectMany(Named).Concat(SequenceTarget.Steps(rule.Target).SelectMany(Named))))
            .Where(interval => interval.First <= interval.Last && interval.First <= AddressPattern.FullMask(family));
    }

    private static IEnumerable<Interval> Named(Match match) => match switch
    {
        SourceMatch { Address.Value: { PrefixLength: not null } source } => [Interval.Of(source)],
        DestinationMatch { Address.Value: { PrefixLength: not null } destination } => [Interval.Of(destination)],
        AddressRangeMatch range => new[] { range.Source, range.Destination }.OfType<Negatable<AddressRange>>().Select(r => new Interval(r.Value.First, r.Value.Last)),
        ValueSetMatch { Field: ValueField.Source or ValueField.Destination } set => set.Ranges.Value,
        KnownSetMatch set => set.Entries.SelectMany(entry => entry.SelectMany(Named)),
        _ => [],
    };

    private static IEnumerable<Interval> Named(Target target) => target switch
    {
        DnatTarget { To.Addresses: { } to } => [new(to.First, to.Last)],
        SnatTarget { To.Addresses: { } to } => [new(to.First, to.Last)],
        _ => [],
    };
}
