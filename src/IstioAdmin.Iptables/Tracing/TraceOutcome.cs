using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Iptables.Tracing;

/// <summary>What becomes of a packet.</summary>
public abstract record TraceOutcome
{
    private TraceOutcome()
    {
    }

    /// <summary>The sort of end.</summary>
    public OutcomeKind Kind => this switch
    {
        Delivered { By: null } => OutcomeKind.Delivered,
        Delivered => OutcomeKind.Redirected,
        Sent { By: null } => OutcomeKind.Sent,
        Sent => OutcomeKind.SentElsewhere,
        Dropped => OutcomeKind.Dropped,
        Rejected => OutcomeKind.Rejected,
        _ => OutcomeKind.Undecided,
    };

    /// <summary>The rule that decides, whatever the end; null when none does.</summary>
    public Rule? DecidedBy => this switch
    {
        Delivered delivered => delivered.By,
        Sent sent => sent.By,
        Dropped dropped => dropped.By,
        Rejected rejected => rejected.By,
        Undecided undecided => undecided.By,
        _ => null,
    };

    /// <summary>It reaches a local socket.</summary>
    /// <param name="Address">Destination address at delivery.</param>
    /// <param name="Port">Destination port at delivery; for TPROXY the port of the transparent socket.</param>
    /// <param name="By">The rule that redirected it; null when it goes where it was sent.</param>
    public sealed record Delivered(UInt128 Address, ushort Port, Rule? By) : TraceOutcome
    {
        /// <summary>Highest address it may be delivered to: NAT to a range leaves the choice to the kernel.</summary>
        public UInt128 AddressLast { get; init; } = Address;

        /// <summary>Highest port it may be delivered to.</summary>
        public ushort PortLast { get; init; } = Port;
    }

    /// <summary>It leaves the host.</summary>
    /// <param name="Interface">By which interface.</param>
    /// <param name="Address">To which address.</param>
    /// <param name="Port">To which port.</param>
    /// <param name="By">The rule that changed its destination; null when it goes where it was sent.</param>
    public sealed record Sent(string Interface, UInt128 Address, ushort Port, Rule? By) : TraceOutcome
    {
        /// <summary>Highest address it may be sent to.</summary>
        public UInt128 AddressLast { get; init; } = Address;

        /// <summary>Highest port it may be sent to.</summary>
        public ushort PortLast { get; init; } = Port;
    }

    /// <summary>It ends without a word.</summary>
    /// <param name="Table">The table that ended it.</param>
    /// <param name="Chain">The chain.</param>
    /// <param name="By">The rule, or null for the chain's policy.</param>
    public sealed record Dropped(string Table, string Chain, Rule? By) : TraceOutcome;

    /// <summary>It ends and its sender is told.</summary>
    /// <param name="By">The rule.</param>
    /// <param name="With">The message.</param>
    public sealed record Rejected(Rule By, string With) : TraceOutcome;

    /// <summary>What becomes of it depends on something that is not understood.</summary>
    /// <param name="By">The rule.</param>
    /// <param name="Part">The part of it that decides.</param>
    public sealed record Undecided(Rule By, string Part) : TraceOutcome;
}
