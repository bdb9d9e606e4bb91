namespace IstioAdmin.Core.Mesh.Ingress;

/// <summary>How to visit an ingress gateway.</summary>
public sealed record IngressVisitOptions
{
    /// <summary>The path, with its query; null for that of the first route that a browser can open.</summary>
    public string? Path { get; init; }

    /// <summary>The host that the request is for; null for the route's own where it asks for one.</summary>
    public string? HostName { get; init; }

    /// <summary>Whether to go through the API server in any case.</summary>
    public bool PortForward { get; init; }

    /// <summary>The port of this machine that is forwarded; 0 for any that is free.</summary>
    public int LocalPort { get; init; }

    /// <summary>Whether to open the page in the user's browser where there is one.</summary>
    public bool OpenBrowser { get; init; } = true;

    /// <summary>Whether to go on forwarding even if no browser was opened.</summary>
    public bool KeepForwarding { get; init; }

    /// <summary>How long the page may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);
}
