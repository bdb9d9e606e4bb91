namespace IstioAdmin.Sandbox.Traffic;

/// <summary>An HTTP request to something that runs in a pod.</summary>
/// <param name="Method">The method, in upper case.</param>
/// <param name="Host">The host that it is for, without the port.</param>
/// <param name="Path">The path, without the query.</param>
internal sealed record MeshRequest(string Method, string Host, string Path)
{
    /// <summary>How it came to the application; null when nobody but the pod itself saw it.</summary>
    public Hop? Via { get; init; }
}
