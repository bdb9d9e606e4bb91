using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Model.Targets;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Iptables.Proof;

/// <summary>What the targets that change packets do to flows: the counterpart, for sets, of <see cref="TargetEffect"/>.</summary>
internal static class SymbolicEffect
{
    /// <summary>Applies a target; each resulting flow says whether it is done with the table.</summary>
    public static IEnumerable<(Flow Flow, bool Done)> Apply(Target target, Rule rule, Flow flow, Hook hook, TraceHost host, Action<OutcomeClass, PacketSet> end)
    {
        if (target is RedirectTarget or DnatTarget or SnatTarget or MasqueradeTarget)
            flow = flow with { Context = flow.Context with { Translated = true } };
        FlowContext context = flow.Context;
        switch (target)
        {
            case RedirectTarget redirect:
                UInt128? address = hook == Hook.Output
                    ? flow.Packets.Space.Family == IpFamily.IPv4 ? TraceHost.LoopbackIPv4 : UInt128.One
                    : host.PrimaryAddress(context.In, flow.Packets.Space.Family);
                if (address is not { } here)
                {
                    end(new OutcomeClass(OutcomeKind.Dropped, rule, $"nat {rule.Chain}"), flow.Packets);
                    return [];
                }
                return Translate(rule, flow, (here, here), redirect.Ports, null, redirect.Options);
            case DnatTarget dnat:
                return Translate(rule, flow, dnat.To.Addresses, dnat.To.Ports, dnat.To.BasePort, dnat.Options);
            case SnatTarget snat:
                return TranslateSource(flow, snat.To.Addresses, snat.To.Ports, snat.Options, known: true);
            case MasqueradeTarget masquerade:
                // Any address, as far as we know.
                return TranslateSource(flow, (UInt128.Zero, AddressPattern.FullMask(flow.Packets.Space.Family)), masquerade.Ports, masquerade.Options, known: false);
            case TproxyTarget tproxy:
                FlowContext proxied = context with { Mark = (context.Mark & ~tproxy.Mark.Mask) ^ tproxy.Mark.Value, Transparent = true, TransparentPort = tproxy.Port == 0 ? context.DestinationPort : PortRange.Only(tproxy.Port), RedirectedBy = rule };
                return [(flow with { Context = proxied }, !tproxy.GoesOn)];
            case MarkTarget mark:
                return [(flow with { Context = context with { Mark = mark.Apply(context.Mark) } }, false)];
            case ConnmarkTarget connmark:
                return [(flow with { Context = Connmark(connmark, context) }, false)];
            case ConntrackTarget conntrack when !context.Tracked && context.State != ConnectionStates.Untracked:
                FlowContext decided = context with
                {
                    State = conntrack.NoTrack ? ConnectionStates.Untracked : ConnectionStates.New,
                    Templated = !conntrack.NoTrack,
                };
                return [(flow with { Context = decided }, false)];
            default:
                return [(flow, false)];
        }
    }

    private static FlowContext Connmark(ConnmarkTarget target, FlowContext context) => !context.Tracked ? context : target.Operation switch
    {
        // What is written into a template is not written into the connection.
        ConnmarkOperation.Restore when context.Templated => context with { Mark = context.Mark & ~target.PacketMask },
        _ when context.Templated => context,
        ConnmarkOperation.Set => context with { ConnectionMark = (context.ConnectionMark & ~target.Mark.Mask) ^ target.Mark.Value },
        ConnmarkOperation.Save => context with { ConnectionMark = (context.ConnectionMark & ~target.ConnectionMask) ^ (context.Mark & target.PacketMask) },
        _ => context with { Mark = (context.Mark & ~target.PacketMask) ^ (context.ConnectionMark & target.ConnectionMask) },
    };

    private static IEnumerable<(Flow, bool)> Translate(
        Rule rule, Flow flow, (UInt128 First, UInt128 Last)? addresses, PortRange? ports, ushort? basePort, NatOptions options)
    {
        FlowContext context = flow.Context with { RedirectedBy = rule };
        foreach ((PacketSet packets, PortRange? port) in DividePorts(flow, ports, basePort, options))
        {
            FlowContext to = context with
            {
                Destination = addresses is { } range ? new Interval(range.First, range.Last) : context.Destination,
                DestinationPort = port ?? context.DestinationPort,
            };
            // conntrack notes a translation only for what it really changed.
            PacketSet same = Unchanged(packets, flow.Context, to);
            PacketSet changed = packets.Except(same);
            if (!same.IsEmpty)
                yield return (new Flow(same, to), true);
            // The choice may fall on what the packet had before.
            PacketSet maybeSame = MaybeUnchanged(changed, flow.Context, to);
            PacketSet surely = changed.Except(maybeSame);
            if (!maybeSame.IsEmpty)
                yield return (new Flow(maybeSame, to with { Doubtful = to.Doubtful | ConnectionStates.Dnat }), true);
            if (!surely.IsEmpty)
                yield return (new Flow(surely, to with { State = to.State | ConnectionStates.Dnat }), true);
        }
    }

    /// <param name="flow">The packets.</param>
    /// <param name="addresses">The addresses to choose from; null keeps the address.</param>
    /// <param name="ports">The ports to choose from; null keeps the port.</param>
    /// <param name="options">How a port is chosen.</param>
    /// <param name="known">Whether the choice is no wider than the addresses: then a source among them stays as it is.</param>
    private static IEnumerable<(Flow, bool)> TranslateSource(
        Flow flow, (UInt128 First, UInt128 Last)? addresses, PortRange? ports, NatOptions options, bool known)
    {
        PacketSpace space = flow.Packets.Space;
        bool random = (options & (NatOptions.Random | NatOptions.RandomFully)) != 0;
        PacketSet withPorts = WithPorts(space);
        PacketSet inPorts = ports is { } asked ? withPorts.And(space.Where(PacketField.SourcePort, asked.First, asked.Last)).Or(space.Any.Except(withPorts)) : space.Any;
        PacketSet inAddresses = addresses is { } range ? space.Where(PacketField.Source, range.First, range.Last) : space.Any;
        foreach ((PacketSet part, bool hasPorts) in new[] { (flow.Packets.And(withPorts), true), (flow.Packets.Except(withPorts), false) })
        {
            foreach ((PacketSet packets, bool portStays) in new[] { (part.And(inPorts), true), (part.Except(inPorts), false) })
            {
                foreach ((PacketSet some, bool addressStays) in new[] { (packets.And(inAddresses), true), (packets.Except(inAddresses), false) })
                {
                    if (some.IsEmpty)
                        continue;
                    FlowContext context = flow.Context;
                    bool randomPort = random && hasPorts;
                    if (known && addressStays && portStays && !randomPort)
                    {
                        yield return (new Flow(some, context), true);
                        continue;
                    }
                    if (addresses is { } chosen)
                        context = context with { Source = new Interval(chosen.First, chosen.Last) };
                    if (hasPorts && (randomPort || !portStays))
                        context = context with { SourcePort = ports ?? PortRange.All };
                    context = addressStays && portStays
                        ? context with { Doubtful = context.Doubtful | ConnectionStates.Snat }
                        : context with { State = context.State | ConnectionStates.Snat };
                    yield return (new Flow(some, context), true);
                }
            }
        }
    }

    private static PacketSet WithPorts(PacketSpace space) => space.Where(
        PacketField.Protocol,
        Enumerable.Range(0, 256).Where(number => new IpProtocol((byte)number).HasPorts).Select(number => new Interval((UInt128)number, (UInt128)number)));

    /// <summary>Which port each packet gets; null where it keeps its own.</summary>
    private static IEnumerable<(PacketSet Packets, PortRange? Port)> DividePorts(Flow flow, PortRange? ports, ushort? basePort, NatOptions options)
    {
        PacketSpace space = flow.Packets.Space;
        if (ports is not { } chosen)
        {
            yield return (flow.Packets, null);
            yield break;
        }
        PacketSet withPorts = WithPorts(space);
        PacketSet without = flow.Packets.Except(withPorts);
        PacketSet with = flow.Packets.And(withPorts);
        if (!without.IsEmpty)
            yield return (without, null);
        bool random = (options & (NatOptions.Random | NatOptions.RandomFully)) != 0;
        // A range keeps a port that lies in it; a shifted range maps each port to another one, which is no constant.
        bool keeps = basePort is null && !random && flow.Context.DestinationPort is null && chosen.First != chosen.Last;
        PacketSet kept = keeps ? with.And(space.Where(PacketField.DestinationPort, chosen.First, chosen.Last)) : space.None;
        if (!kept.IsEmpty)
            yield return (kept, null);
        PacketSet moved = with.Except(kept);
        if (!moved.IsEmpty)
            yield return (moved, chosen);
    }

    private static PacketSet Unchanged(PacketSet packets, FlowContext before, FlowContext after)
    {
        bool one = after.Destination is not { } address || address.First == address.Last;
        one &= after.DestinationPort is not { } port || port.First == port.Last;
        return one ? MaybeUnchanged(packets, before, after) : packets.Space.None;
    }

    private static PacketSet MaybeUnchanged(PacketSet packets, FlowContext before, FlowContext after)
    {
        PacketSpace space = packets.Space;
        PacketSet same = packets;
        if (after.Destination is { } address)
        {
            same = before.Destination is { } old
                ? old == address ? same : space.None
                : same.And(space.Where(PacketField.Destination, address.First, address.Last));
        }
        if (after.DestinationPort is { } port)
        {
            same = before.DestinationPort is { } old
                ? old == port ? same : space.None
                : same.And(space.Where(PacketField.DestinationPort, port.First, port.Last));
        }
        return same;
    }
}
