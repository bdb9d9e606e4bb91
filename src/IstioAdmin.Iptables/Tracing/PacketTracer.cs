using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Iptables.Tracing;

/// <summary>Follows packets through a ruleset, hook by hook, in netfilter's order. Prepared once, then good for any number of packets.</summary>
public sealed class PacketTracer
{
    private readonly TraceHost _host;
    private readonly ChainWalker _walker;
    private readonly (PlacedChain Placed, ChainWalker.PreparedChain Chain)[][] _chains;
    private readonly (PlacedChain Placed, ChainWalker.PreparedChain Chain)[][] _decidingChains;
    private readonly Interval[] _martianSources;
    private readonly Interval[] _martianDestinations;

    /// <summary>Prepares a ruleset.</summary>
    public PacketTracer(Ruleset ruleset, TraceHost host)
    {
        _host = host;
        _walker = new ChainWalker(ruleset, host);
        _chains = [.. HookOrder.Hooks.Select(hook => HookOrder.Of(ruleset, hook).Select(placed => (placed, _walker.Find(placed.Chain))).ToArray())];
        _decidingChains = [.. _chains.Select(chains => chains.Where(c => c.Placed.Chain.Rules.Count > 0 || c.Placed.Chain.Policy == ChainPolicy.Drop).ToArray())];
        _martianSources = [.. Martians.Sources(ruleset.Family, host)];
        _martianDestinations = [.. Martians.Destinations(ruleset.Family)];
    }

    /// <summary>Follows a packet that arrives by <see cref="Packet.InInterface"/>.</summary>
    /// <param name="packet">The packet as it arrives.</param>
    /// <param name="path">Takes every rule that is tried; null when only the outcome matters.</param>
    public TraceOutcome Inbound(Packet packet, ICollection<TraceStep>? path = null)
    {
        var state = new PacketState(packet) { In = packet.InInterface, Owner = null };
        return Enter(state, arrivedByLoopback: false, path);
    }

    /// <summary>Follows a packet that a local process sends.</summary>
    /// <param name="packet">The packet as the process sends it; its owner decides what owner matches say.</param>
    /// <param name="path">Takes every rule that is tried; null when only the outcome matters.</param>
    public TraceOutcome Outbound(Packet packet, ICollection<TraceStep>? path = null)
    {
        var state = new PacketState(packet) { Out = _host.Route(packet.Family, packet.Destination) };
        if (Run(Hook.Output, state, path, firstSight: true) is { } ended)
            return ended;
        // Destination NAT routes again once the hook is through (net/netfilter/nf_nat_proto.c, nf_nat_ipv4_local_fn).
        if (state.RedirectedBy is { } by)
        {
            if (_host.IsLocal(packet.Family, state.Destination, state.DestinationLast) is not { } local)
                return new TraceOutcome.Undecided(by, by.Target!.ToString());
            state.Out = local ? TraceHost.Loopback : _host.DefaultInterface;
        }
        if (Run(Hook.Postrouting, state, path, firstSight: true) is { } endedLate)
            return endedLate;
        if (state.Out != TraceHost.Loopback)
            return Sent(state, state.Out);
        // The loopback device hands the packet straight back; the socket lets go of it (drivers/net/loopback.c, skb_orphan).
        state.In = TraceHost.Loopback;
        state.Out = "";
        state.Owner = null;
        return Enter(state, arrivedByLoopback: true, path);
    }

    private TraceOutcome Enter(PacketState state, bool arrivedByLoopback, ICollection<TraceStep>? path)
    {
        IpFamily family = state.Packet.Family;
        // IPv6 looks before the first hook as well, IPv4 only when it routes.
        if (!arrivedByLoopback && family == IpFamily.IPv6 && Martian(state) is { } strange)
            return strange;
        // A packet back from loopback has its NAT settled by OUTPUT and POSTROUTING already (net/netfilter/nf_nat_core.c, nf_nat_inet_fn).
        if (Run(Hook.Prerouting, state, path, firstSight: !arrivedByLoopback) is { } ended)
            return ended;
        if (state.TransparentPort is null && _host.IsLocal(family, state.Destination, state.DestinationLast) is null)
            return new TraceOutcome.Undecided(state.RedirectedBy!, state.RedirectedBy!.Target!.ToString());
        if (!arrivedByLoopback && Martian(state) is { } martian)
            return martian;
        if (state.TransparentPort is null && !_host.IsLocal(family, state.Destination))
            return Forward(state, path);
        if (Run(Hook.Input, state, path, firstSight: !arrivedByLoopback) is { } endedLate)
            return endedLate;
        return new TraceOutcome.Delivered(state.Destination, state.TransparentPort ?? state.DestinationPort, state.RedirectedBy)
        {
            AddressLast = state.DestinationLast,
            PortLast = state.TransparentPort ?? state.DestinationPortLast,
        };
    }

    private TraceOutcome Forward(PacketState state, ICollection<TraceStep>? path)
    {
        if (!_host.Forwards)
            return new TraceOutcome.Dropped("routing", "not for this host, and it forwards nothing", null);
        state.Out = _host.Route(state.Packet.Family, state.Destination);
        if (Run(Hook.Forward, state, path, firstSight: true) is { } ended)
            return ended;
        // POSTROUTING knows by which interface a forwarded packet came (net/ipv4/ip_output.c, ip_output; since Linux 5.7).
        return Run(Hook.Postrouting, state, path, firstSight: true) ?? Sent(state, state.Out);
    }

    private TraceOutcome.Dropped? Martian(PacketState state)
    {
        foreach (Interval net in _martianSources)
        {
            if (net.Contains(state.Source))
                return new TraceOutcome.Dropped("routing", "martian source", null);
        }
        foreach (Interval net in _martianDestinations)
        {
            if (net.Contains(state.Destination))
                return new TraceOutcome.Dropped("routing", "martian destination", null);
        }
        return null;
    }

    private static TraceOutcome.Sent Sent(PacketState state, string leavesBy) => new(leavesBy, state.Destination, state.DestinationPort, state.RedirectedBy)
    {
        AddressLast = state.DestinationLast,
        PortLast = state.DestinationPortLast,
    };

    private TraceOutcome? Run(Hook hook, PacketState state, ICollection<TraceStep>? path, bool firstSight)
    {
        state.Hook = hook;
        state.Translated = false;
        // Conntrack has not looked at the packet when it enters the first hook, unless it came back from loopback.
        if (firstSight && hook is Hook.Prerouting or Hook.Output && state.State != ConnectionStates.Untracked)
            state.State = ConnectionStates.Invalid;
        // A chain that does nothing is only worth a step of the path.
        foreach ((PlacedChain placed, ChainWalker.PreparedChain chain) in (path is null ? _decidingChains : _chains)[(int)hook])
        {
            if (!placed.BeforeConntrack)
                Track(state);
            if (placed.IsNat && (state.Translated || !firstSight || state.Packet.State is not (ConnectionStates.New or ConnectionStates.Related) || !state.Tracked))
                continue;
            if (_walker.Walk(placed, chain, state, path) is { } ended)
                return ended;
            if (hook == Hook.Output && placed.IsNat && MartianSource(state) is { } martian)
                return martian;
        }
        Track(state);
        return null;
    }

    private static void Track(PacketState state)
    {
        if (state.Templated || state.State is ConnectionStates.None or ConnectionStates.Invalid)
            (state.State, state.Templated) = (state.Packet.State, false);
    }

    /// <summary>
    /// nat routes what it sends elsewhere at once, and IPv4 routes nothing from 127.0.0.0/8 out of the host (net/ipv4/route.c,
    /// __mkroute_output). IPv6 leaves it to the receiver to drop what comes from ::1.
    /// </summary>
    private TraceOutcome? MartianSource(PacketState state)
    {
        IpFamily family = state.Packet.Family;
        if (!state.Translated || state.RedirectedBy is not { } by || family != IpFamily.IPv4 || !TraceHost.IsLoopback(family, state.Source))
            return null;
        return _host.IsLocal(family, state.Destination, state.DestinationLast) switch
        {
            true => null,
            false => new TraceOutcome.Dropped("routing", "martian source", null),
            null => new TraceOutcome.Undecided(by, by.Target!.ToString()),
        };
    }
}
