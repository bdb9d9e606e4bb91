using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Iptables.Proof;

/// <summary>Which packets a proof is about.</summary>
public sealed record PacketQuery
{
    /// <summary>The interface they come in by; null for packets that local processes send.</summary>
    public string? InInterface { get; init; }

    /// <summary>What conntrack knows of their connections.</summary>
    public ConnectionStates State { get; init; } = ConnectionStates.New;

    /// <summary>Their mark. A packet that enters a network namespace has none; setting one takes NET_ADMIN.</summary>
    public uint Mark { get; init; }

    /// <summary>Their TCP flags.</summary>
    public TcpControlBits Flags { get; init; } = TcpControlBits.Syn;

    /// <summary>Mark of their connections, for connections that are known already.</summary>
    public uint ConnectionMark { get; init; }

    /// <summary>Whether outcomes are to be told apart by the rule that let packets pass, too; see <see cref="OutcomeClass.PassedBy"/>.</summary>
    public bool TellPassing { get; init; }

    /// <summary>The packets among all of the space; null for all of them.</summary>
    public Func<PacketSpace, PacketSet>? Packets { get; init; }
}
