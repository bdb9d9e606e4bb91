namespace IstioAdmin.Core.Health;

/// <summary>How a check came out.</summary>
public enum CheckStatus
{
    /// <summary>What is checked holds.</summary>
    Pass,

    /// <summary>It holds, or may hold, but something about it deserves a look.</summary>
    Warn,

    /// <summary>It does not hold.</summary>
    Fail,

    /// <summary>It could not be looked at, or does not apply.</summary>
    Skip,
}

/// <summary>What it means for the mesh when a check fails.</summary>
public enum CheckSeverity
{
    /// <summary>Nothing breaks; it is good to know.</summary>
    Info,

    /// <summary>Something works less well, or will stop working.</summary>
    Warning,

    /// <summary>Traffic can escape the mesh, or pods cannot start.</summary>
    Error,
}
