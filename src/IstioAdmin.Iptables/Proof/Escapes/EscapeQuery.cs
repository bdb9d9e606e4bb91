using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Iptables.Proof.Escapes;

/// <summary>A question about all packets of some kind that can exist. Lists that are empty restrict nothing; packets in an "except" list are not asked about.</summary>
public sealed record EscapeQuery
{
    /// <summary>How the packets meet the host.</summary>
    public PacketDirection Direction { get; init; }

    /// <summary>What ought to become of them; null asks only what does.</summary>
    public Expectation? Expected { get; init; }

    /// <summary>Transport protocols.</summary>
    public IReadOnlyList<IpProtocol> Protocols { get; init => field = Listable.Of(value); } = [];

    /// <summary>Source addresses.</summary>
    public IReadOnlyList<Interval> Sources { get; init => field = Listable.Of(value); } = [];

    /// <summary>Source addresses that are left out.</summary>
    public IReadOnlyList<Interval> ExceptSources { get; init => field = Listable.Of(value); } = [];

    /// <summary>Destination addresses; when empty, those of the host for inbound packets and all others for forwarded ones.</summary>
    public IReadOnlyList<Interval> Destinations { get; init => field = Listable.Of(value); } = [];

    /// <summary>Destination addresses that are left out.</summary>
    public IReadOnlyList<Interval> ExceptDestinations { get; init => field = Listable.Of(value); } = [];

    /// <summary>Whether the host's own addresses and the loopback network count as destinations, besides what the lists say.</summary>
    public LocalDestinations Local { get; init; }

    /// <summary>Source ports.</summary>
    public IReadOnlyList<PortRange> SourcePorts { get; init => field = Listable.Of(value); } = [];

    /// <summary>Destination ports.</summary>
    public IReadOnlyList<PortRange> DestinationPorts { get; init => field = Listable.Of(value); } = [];

    /// <summary>Destination ports that are left out.</summary>
    public IReadOnlyList<PortRange> ExceptDestinationPorts { get; init => field = Listable.Of(value); } = [];

    /// <summary>User ids of the sending process.</summary>
    public IReadOnlyList<IdRange> Users { get; init => field = Listable.Of(value); } = [];

    /// <summary>User ids that are left out.</summary>
    public IReadOnlyList<IdRange> ExceptUsers { get; init => field = Listable.Of(value); } = [];

    /// <summary>Group ids of the sending process.</summary>
    public IReadOnlyList<IdRange> Groups { get; init => field = Listable.Of(value); } = [];

    /// <summary>Group ids that are left out.</summary>
    public IReadOnlyList<IdRange> ExceptGroups { get; init => field = Listable.Of(value); } = [];

    /// <summary>Interfaces that packets come in by; when empty, all of the host's but the loopback interface.</summary>
    public IReadOnlyList<string> InInterfaces { get; init => field = Listable.Of(value); } = [];

    /// <summary>Interfaces that are left out: packets that come in by them, or would go out by them, are not asked about.</summary>
    public IReadOnlyList<InterfacePattern> ExceptInterfaces { get; init => field = Listable.Of(value); } = [];

    /// <summary>What conntrack knows of their connections.</summary>
    public IReadOnlyList<ConnectionStates> States { get; init => field = Listable.Of(value); } = new[] { ConnectionStates.New };

    /// <summary>Marks that they carry.</summary>
    public IReadOnlyList<uint> Marks { get; init => field = Listable.Of(value); } = new[] { 0u };

    /// <summary>Their TCP flags.</summary>
    public TcpControlBits Flags { get; init; } = TcpControlBits.Syn;

    /// <summary>
    /// The process behind the port of <see cref="Expectation.RedirectedTo"/>: whatever it sends with one of these user or group ids is left
    /// out of the question, and must not come back to it.
    /// </summary>
    public ProxyIdentity? Proxy { get; init; }

    /// <summary>The packets in question, without those of the proxy.</summary>
    public PacketSet Packets(PacketSpace space, TraceHost host)
    {
        PacketSet packets = Restrict(space, host);
        return Proxy is { } proxy ? packets.Except(proxy.Packets(space)) : packets;
    }

    /// <summary>The packets in question when the proxy sends them.</summary>
    public PacketSet ProxyPackets(PacketSpace space, TraceHost host) =>
        Proxy is { } proxy ? Restrict(space, host).And(proxy.Packets(space)) : space.None;

    /// <summary>The question in words.</summary>
    public override string ToString()
    {
        string protocols = Protocols.Count == 0 ? "" : " " + string.Join(',', Protocols);
        string ports = DestinationPorts.Count == 0 ? "" : " port " + string.Join(',', DestinationPorts);
        string expected = Expected is null ? "" : $" must be {Expected}";
        return $"{Direction}{protocols}{ports}{expected}";
    }

    /// <summary>Whether an interface is among those left out.</summary>
    internal bool IsExcepted(string interfaceName) => ExceptInterfaces.Any(pattern => pattern.Matches(interfaceName));

    private PacketSet Restrict(PacketSpace space, TraceHost host)
    {
        PacketSet packets = space.WellFormed;
        void Only(PacketField field, IEnumerable<Interval> values, IEnumerable<Interval> except)
        {
            if (values.Any())
                packets = packets.And(space.Where(field, values));
            packets = packets.Except(space.Where(field, except));
        }

        Only(PacketField.Protocol, Protocols.Select(p => new Interval(p.Number, p.Number)), []);
        Only(PacketField.Source, Sources, ExceptSources);
        Only(PacketField.Destination, Destinations, ExceptDestinations);
        Only(PacketField.SourcePort, SourcePorts.Select(Interval.Of), []);
        Only(PacketField.DestinationPort, DestinationPorts.Select(Interval.Of), ExceptDestinationPorts.Select(Interval.Of));
        Only(PacketField.User, Users.Select(Interval.Of), ExceptUsers.Select(Interval.Of));
        Only(PacketField.Group, Groups.Select(Interval.Of), ExceptGroups.Select(Interval.Of));
        if (Local != LocalDestinations.Included)
        {
            PacketSet local = space.Where(PacketField.Destination, host.LocalAddresses(space.Family));
            packets = Local == LocalDestinations.Only ? packets.And(local) : packets.Except(local);
        }
        if (Direction == PacketDirection.Outbound)
        {
            PacketSet within = space.Where(PacketField.Destination, host.LocalAddresses(space.Family));
            if (IsExcepted(host.DefaultInterface))
                packets = packets.And(within);
            return IsExcepted(TraceHost.Loopback) ? packets.Except(within) : packets;
        }
        // What routing drops whatever the rules say is no question.
        packets = packets
            .Except(space.Where(PacketField.Source, Martians.Sources(space.Family, host)))
            .Except(space.Where(PacketField.Destination, Martians.Destinations(space.Family)));
        if (Direction == PacketDirection.Forwarded)
            return packets.Except(space.Where(PacketField.Destination, host.LocalAddresses(space.Family)));
        return Destinations.Count == 0
            ? packets.And(space.Where(PacketField.Destination, host.AddressesFromOutside(space.Family).Select(a => new Interval(a, a))))
            : packets;
    }
}

/// <summary>What a question makes of the host's own addresses (127.0.0.0/8 and ::1 are among them).</summary>
public enum LocalDestinations
{
    /// <summary>They are destinations like any other.</summary>
    Included,

    /// <summary>Packets to them are not asked about.</summary>
    Except,

    /// <summary>Only packets to them are asked about.</summary>
    Only,
}

/// <summary>The ids that a proxy runs with: what either the user or the group tells is its own traffic.</summary>
/// <param name="Users">User ids.</param>
/// <param name="Groups">Group ids.</param>
public sealed record ProxyIdentity(IReadOnlyList<uint> Users, IReadOnlyList<uint> Groups)
{
    /// <summary>All packets that it sends.</summary>
    public PacketSet Packets(PacketSpace space) =>
        space.Where(PacketField.User, Users.Select(id => new Interval(id, id))).Or(space.Where(PacketField.Group, Groups.Select(id => new Interval(id, id))));
}
