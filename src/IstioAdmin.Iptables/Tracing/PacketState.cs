using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Iptables.Tracing;

/// <summary>A packet on its way: what it carries now, after the rules so far.</summary>
internal sealed class PacketState
{
    public PacketState(Packet packet)
    {
        Packet = packet;
        Destination = DestinationLast = packet.Destination;
        Source = SourceLast = packet.Source;
        SourcePort = SourcePortLast = packet.SourcePort;
        DestinationPort = DestinationPortLast = packet.DestinationPort;
        Mark = packet.Mark;
        ConnectionMark = packet.ConnectionMark;
        Owner = packet.Owner;
    }

    /// <summary>The packet as it was sent.</summary>
    public Packet Packet { get; }

    /// <summary>Lowest source address it may have; rules after source NAT see the new one when the packet comes back by loopback.</summary>
    public UInt128 Source { get; set; }

    /// <summary>Highest source address it may have.</summary>
    public UInt128 SourceLast { get; set; }

    /// <summary>Lowest source port it may have.</summary>
    public ushort SourcePort { get; set; }

    /// <summary>Highest source port it may have.</summary>
    public ushort SourcePortLast { get; set; }

    /// <summary>Lowest destination it may have; NAT to a range leaves the choice to the kernel.</summary>
    public UInt128 Destination { get; set; }

    /// <summary>Highest destination it may have.</summary>
    public UInt128 DestinationLast { get; set; }

    /// <summary>Lowest destination port it may have.</summary>
    public ushort DestinationPort { get; set; }

    /// <summary>Highest destination port it may have.</summary>
    public ushort DestinationPortLast { get; set; }

    /// <summary>Incoming interface; empty where the hook has none.</summary>
    public string In { get; set; } = "";

    /// <summary>Outgoing interface; empty where the hook has none.</summary>
    public string Out { get; set; } = "";

    /// <summary>Mark.</summary>
    public uint Mark { get; set; }

    /// <summary>Mark of the connection.</summary>
    public uint ConnectionMark { get; set; }

    /// <summary>The mark of the entry that the packet has at this point; a template has none.</summary>
    public uint ConnectionMarkSeen => Templated ? 0 : ConnectionMark;

    /// <summary>The sending process, while the packet still belongs to its socket.</summary>
    public PacketOwner? Owner { get; set; }

    /// <summary>What the conntrack and state matches see at this point.</summary>
    public ConnectionStates State { get; set; }

    /// <summary>Those of the states SNAT and DNAT of which it cannot be told whether conntrack notes them: it notes only what really changed.</summary>
    public ConnectionStates Doubtful { get; set; }

    /// <summary>Whether the packet has a conntrack entry at this point.</summary>
    public bool Tracked => State is not (ConnectionStates.None or ConnectionStates.Invalid or ConnectionStates.Untracked);

    /// <summary>
    /// Whether the CT target has given the packet a template, which raw's later rules take for the entry of a new connection
    /// (net/netfilter/xt_CT.c, xt_ct_target).
    /// </summary>
    public bool Templated { get; set; }

    /// <summary>The hook being run.</summary>
    public Hook Hook { get; set; }

    /// <summary>Whether a chain of this hook has translated the packet; the hook's other nat chains then do not see it.</summary>
    public bool Translated { get; set; }

    /// <summary>The rule that changed the destination.</summary>
    public Rule? RedirectedBy { get; set; }

    /// <summary>The port of the transparent socket that TPROXY chose.</summary>
    public ushort? TransparentPort { get; set; }
}
