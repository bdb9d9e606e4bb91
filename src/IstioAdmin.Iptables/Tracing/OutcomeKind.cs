namespace IstioAdmin.Iptables.Tracing;

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
