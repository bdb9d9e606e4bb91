namespace IstioAdmin.Sandbox.Faults;

/// <summary>A fault that lasts until it is taken back.</summary>
/// <param name="Kind">What goes wrong.</param>
/// <param name="Target">Where: the node, the pod as NAMESPACE/NAME, or the image; null for the whole cluster.</param>
/// <param name="Detail">How: the share in percent, or the message; null where there is nothing to say.</param>
public sealed record SandboxFault(SandboxFaultKind Kind, string? Target, string? Detail)
{
    /// <inheritdoc/>
    public override string ToString() => string.Join(' ', new[] { Kind.ToString(), Target, Detail }.Where(part => part is not null));
}
