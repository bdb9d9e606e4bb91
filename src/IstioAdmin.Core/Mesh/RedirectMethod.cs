namespace IstioAdmin.Core.Mesh;

/// <summary>How a pod's traffic gets into the mesh's proxy, as told by the pod's own specification.</summary>
public enum RedirectMethod
{
    /// <summary>Nothing redirects it.</summary>
    None,

    /// <summary>An init container (<c>istio-init</c>) writes the rules, with NET_ADMIN.</summary>
    InitContainer,

    /// <summary>The CNI plugin writes the rules on the node.</summary>
    Cni,

    /// <summary>Ambient mode: the node's ztunnel takes the traffic, no sidecar.</summary>
    Ambient,
}
