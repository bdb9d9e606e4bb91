namespace IstioAdmin.Core.Redirection.Policies;

/// <summary>What a clause of a policy demands of its packets.</summary>
public enum ClauseKind
{
    /// <summary>They must enter the proxy; one that does not has escaped the mesh.</summary>
    Captured,

    /// <summary>They must stay out of the proxy, because somebody asked for that or something breaks otherwise.</summary>
    Left,

    /// <summary>The proxy sends them, and they must not come back to it.</summary>
    ProxyOwn,
}
