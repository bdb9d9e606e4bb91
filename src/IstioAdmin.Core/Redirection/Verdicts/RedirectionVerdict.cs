namespace IstioAdmin.Core.Redirection.Verdicts;

/// <summary>Whether the traffic that should enter a pod's proxy does.</summary>
public enum RedirectionVerdict
{
    /// <summary>It could not be told: the rules could not be read, or depend on something that is not understood.</summary>
    Unverified,

    /// <summary>Nothing needs to be redirected in this pod.</summary>
    NotExpected,

    /// <summary>All of it does; this holds for every single packet.</summary>
    Redirected,

    /// <summary>Some of it does not.</summary>
    Partial,

    /// <summary>None of it does.</summary>
    NotRedirected,

    /// <summary>The proxy's own traffic comes back to it.</summary>
    Looping,
}
