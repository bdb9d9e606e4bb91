namespace IstioAdmin.Iptables.Redirection;

/// <summary>How inbound connections come to the proxy (annotation <c>sidecar.istio.io/interceptionMode</c>).</summary>
public enum InterceptionMode
{
    /// <summary>The nat table rewrites the destination; the proxy sees its own pod as the peer of the application.</summary>
    Redirect,

    /// <summary>The mangle table hands packets to the proxy's socket and the client's address is kept; it needs a mark and a routing table.</summary>
    Tproxy,
}
