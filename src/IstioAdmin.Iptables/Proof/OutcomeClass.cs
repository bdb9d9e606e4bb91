using System.Runtime.CompilerServices;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Iptables.Proof;

/// <summary>An end that packets come to, and what brings them there. Rules are told apart by identity: two rules may read alike.</summary>
/// <param name="Kind">The sort of end.</param>
/// <param name="By">The rule that decides; null when none does.</param>
/// <param name="Where">Interface, chain of the policy, or the part of the rule that is not understood; empty where nothing is to be said.</param>
public sealed record OutcomeClass(OutcomeKind Kind, Rule? By, string Where)
{
    /// <summary>The destination that a rule wrote; null where packets keep their own.</summary>
    public Interval? Address { get; init; }

    /// <summary>The port that a rule wrote or whose socket it chose; null where packets keep their own.</summary>
    public PortRange? Port { get; init; }

    /// <summary>
    /// The last rule that ended a chain early for the packets, with ACCEPT or RETURN, where they could have been redirected; null when
    /// there was none. Told only when <see cref="PacketQuery.TellPassing"/> asks.
    /// </summary>
    public Rule? PassedBy { get; init; }

    /// <inheritdoc/>
    public bool Equals(OutcomeClass? other) => other is not null && Kind == other.Kind && ReferenceEquals(By, other.By) && Where == other.Where
        && Address == other.Address && Port == other.Port && ReferenceEquals(PassedBy, other.PassedBy);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, Identity(By), Where, Address, Port, Identity(PassedBy));

    private static int Identity(Rule? rule) => rule is null ? 0 : RuntimeHelpers.GetHashCode(rule);
}
