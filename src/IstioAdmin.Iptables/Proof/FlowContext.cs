using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Iptables.Proof;

/// <summary>What all packets of a flow have in common on their way: where they are, and what rules have written into them.</summary>
internal sealed record FlowContext
{
    /// <summary>Incoming interface; empty where the hook has none.</summary>
    public string In { get; init; } = "";

    /// <summary>Outgoing interface; empty where the hook has none.</summary>
    public string Out { get; init; } = "";

    /// <summary>Whether a local socket owns the packets still.</summary>
    public bool Owned { get; init; }

    /// <summary>Mark.</summary>
    public uint Mark { get; init; }

    /// <summary>Mark of the connection.</summary>
    public uint ConnectionMark { get; init; }

    /// <summary>What the conntrack and state matches see.</summary>
    public ConnectionStates State { get; init; }

    /// <summary>Whether CT has given the packets a template, which raw's later rules take for the entry of a new connection.</summary>
    public bool Templated { get; init; }

    /// <summary>TCP flags.</summary>
    public TcpControlBits Flags { get; init; }

    /// <summary>The source that a rule wrote; null while it is the packet's own.</summary>
    public Interval? Source { get; init; }

    /// <summary>The source port that a rule wrote; null while it is the packet's own.</summary>
    public PortRange? SourcePort { get; init; }

    /// <summary>States of which it cannot be told whether conntrack notes them.</summary>
    public ConnectionStates Doubtful { get; init; }

    /// <summary>The destination that a rule wrote; null while it is the packet's own.</summary>
    public Interval? Destination { get; init; }

    /// <summary>The destination port that a rule wrote; null while it is the packet's own.</summary>
    public PortRange? DestinationPort { get; init; }

    /// <summary>Whether a chain of this hook has translated the packets.</summary>
    public bool Translated { get; init; }

    /// <summary>The rule that changed the destination.</summary>
    public Rule? RedirectedBy { get; init; }

    /// <summary>The last rule that ended a chain early where the packets could have been redirected; see <see cref="OutcomeClass.PassedBy"/>.</summary>
    public Rule? PassedBy { get; init; }

    /// <summary>Whether TPROXY chose a socket.</summary>
    public bool Transparent { get; init; }

    /// <summary>The port of that socket; null while it is the packet's own.</summary>
    public PortRange? TransparentPort { get; init; }

    /// <summary>Whether the packets have a conntrack entry.</summary>
    public bool Tracked => State is not (ConnectionStates.None or ConnectionStates.Invalid or ConnectionStates.Untracked);
}

/// <summary>Packets that have come the same way.</summary>
/// <param name="Packets">The packets, as they were sent.</param>
/// <param name="Context">What they have in common now.</param>
internal readonly record struct Flow(PacketSet Packets, FlowContext Context);
