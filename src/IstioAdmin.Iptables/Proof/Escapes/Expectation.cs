using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Iptables.Proof.Escapes;

/// <summary>What ought to become of packets.</summary>
public sealed class Expectation
{
    private readonly OutcomeKind[] _kinds;
    private readonly ushort? _port;
    private readonly string _words;

    private Expectation(string words, ushort? port, params OutcomeKind[] kinds) => (_words, _port, _kinds) = (words, port, kinds);

    /// <summary>They reach the local socket that they were sent to.</summary>
    public static Expectation Delivered { get; } = new("delivered as sent", null, OutcomeKind.Delivered);

    /// <summary>They reach another local socket than the one they were sent to.</summary>
    public static Expectation Redirected { get; } = new("redirected to another local port", null, OutcomeKind.Redirected);

    /// <summary>They leave the host for where they were sent.</summary>
    public static Expectation Sent { get; } = new("sent out unchanged", null, OutcomeKind.Sent);

    /// <summary>They end on the host: dropped or rejected.</summary>
    public static Expectation Blocked { get; } = new("dropped or rejected", null, OutcomeKind.Dropped, OutcomeKind.Rejected);

    /// <summary>They end without a word.</summary>
    public static Expectation Dropped { get; } = new("dropped", null, OutcomeKind.Dropped);

    /// <summary>They end and their sender is told.</summary>
    public static Expectation Rejected { get; } = new("rejected", null, OutcomeKind.Rejected);

    /// <summary>They reach the local socket on a port: because a rule sends them there, or because they were sent there in the first place.</summary>
    public static Expectation RedirectedTo(ushort port) => new($"redirected to port {port}", port, OutcomeKind.Redirected, OutcomeKind.Delivered);

    /// <summary>The port of <see cref="RedirectedTo"/>; null for the other expectations.</summary>
    public ushort? Port => _port;

    /// <summary>Those among the packets of an outcome that come to what was expected.</summary>
    public PacketSet Met(ProvenOutcome outcome)
    {
        PacketSpace space = outcome.Packets.Space;
        if (!_kinds.Contains(outcome.Outcome.Kind))
            return space.None;
        if (_port is not { } port)
            return outcome.Packets;
        if (outcome.Outcome.Port is not { } written)
            return outcome.Packets.And(space.Where(PacketField.DestinationPort, port, port));
        return written == PortRange.Only(port) ? outcome.Packets : space.None;
    }

    /// <summary>The expectation as a past participle: <c>redirected to port 15006</c>.</summary>
    public override string ToString() => _words;
}
