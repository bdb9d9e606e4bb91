namespace IstioAdmin.Sandbox.Traffic;

/// <summary>A call from one pod to another.</summary>
/// <param name="Service">The Service that was called, with its namespace.</param>
/// <param name="Pod">The pod that it came to; null when it came to none.</param>
/// <param name="Node">That pod's node.</param>
/// <param name="Protection">How it was protected on its way.</param>
/// <param name="Outcome">The HTTP status, or why there was no answer.</param>
internal sealed record Hop(string Service, string? Pod, string? Node, HopProtection Protection, string Outcome);

/// <summary>How a call was protected.</summary>
internal enum HopProtection
{
    /// <summary>Nothing went over the wire.</summary>
    None,

    /// <summary>Anybody on the way could read it.</summary>
    PlainText,

    /// <summary>The proxies at both ends showed each other certificates.</summary>
    MutualTls,
}
