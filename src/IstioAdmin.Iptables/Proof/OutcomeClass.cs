using System.Runtime.CompilerServices;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Iptables.Proof;

/// <summary>The sorts of end that packets come to.</summary>
public enum OutcomeKind
{
    /// <summary>Reaches the local socket it was sent to.</summary>
    Delivered,

    /// <summary>Reaches another local socket, because of a rule.</summary>
    Redirected,

    /// <summary>Leaves the host for where it was sent.</summary>
    Sent,

    /// <summary>Leaves the host for another destination, because of a rule.</summary>
    SentElsewhere,

    /// <summary>Ends without a word.</summary>
    Dropped,

    /// <summary>Ends and its sender is told.</summary>
    Rejected,

    /// <summary>Cannot be told, because of something that is not understood.</summary>
    Undecided,
}

/// <summary>An end that packets come to, and what brings them there. Rules are told apart by identity: two rules may read alike.</summary>
/// <param name="Kind">The sort of end.</param>
/// <param name="By">The rule that decides; null when none does.</param>
/// <param name="Where">Interface, chain of the policy, or the part of the rule that is not understood; empty where nothing is to be said.</param>
public sealed record OutcomeClass(OutcomeKind Kind, Rule? By, string Where)
{
    /// <summary>The class of a single packet's outcome.</summary>
    public static OutcomeClass Of(TraceOutcome outcome) => outcome switch
    {
        TraceOutcome.Delivered { By: null } => new(OutcomeKind.Delivered, null, ""),
        TraceOutcome.Delivered delivered => new(OutcomeKind.Redirected, delivered.By, ""),
        TraceOutcome.Sent { By: null } sent => new(OutcomeKind.Sent, null, sent.Interface),
        TraceOutcome.Sent sent => new(OutcomeKind.SentElsewhere, sent.By, sent.Interface),
        TraceOutcome.Dropped dropped => new(OutcomeKind.Dropped, dropped.By, $"{dropped.Table} {dropped.Chain}"),
        TraceOutcome.Rejected rejected => new(OutcomeKind.Rejected, rejected.By, rejected.With),
        TraceOutcome.Undecided undecided => new(OutcomeKind.Undecided, undecided.By, undecided.Part),
        _ => throw new ArgumentOutOfRangeException(nameof(outcome)),
    };

    /// <inheritdoc/>
    public bool Equals(OutcomeClass? other) => other is not null && Kind == other.Kind && ReferenceEquals(By, other.By) && Where == other.Where;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, By is null ? 0 : RuntimeHelpers.GetHashCode(By), Where);
}
