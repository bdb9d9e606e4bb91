using IstioAdmin.Core.Kube.PortForwarding;

namespace IstioAdmin.Core.Mesh.Ingress;

/// <summary>What a visit brought, and the local port that leads there until it is disposed.</summary>
public sealed class IngressVisit : IAsyncDisposable
{
    private readonly PortForwarder? _forwarder;

    internal IngressVisit(IngressPage page, PortForwarder? forwarder, string? pod)
    {
        Page = page;
        _forwarder = forwarder;
        Pod = pod;
    }

    /// <summary>The page.</summary>
    public IngressPage Page { get; }

    /// <summary>Whether a local port leads to the gateway.</summary>
    public bool IsForwarding => _forwarder is not null;

    /// <summary>The pod through which it went, where it went through the API server.</summary>
    public string? Pod { get; }

    /// <summary>Stops forwarding.</summary>
    public ValueTask DisposeAsync() => _forwarder?.DisposeAsync() ?? ValueTask.CompletedTask;
}
