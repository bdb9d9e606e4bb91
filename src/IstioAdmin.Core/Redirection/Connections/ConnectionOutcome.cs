namespace IstioAdmin.Core.Redirection.Connections;

/// <summary>How an attempt to connect ended.</summary>
public enum ConnectionOutcome
{
    /// <summary>Somebody took the connection.</summary>
    Connected,

    /// <summary>It was refused.</summary>
    Refused,

    /// <summary>Nobody answered in time.</summary>
    TimedOut,

    /// <summary>There is no way to the address, or a rule says so.</summary>
    Unreachable,

    /// <summary>It failed in another way; the text says how.</summary>
    Failed,
}
