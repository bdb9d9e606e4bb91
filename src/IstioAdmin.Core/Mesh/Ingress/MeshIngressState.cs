namespace IstioAdmin.Core.Mesh.Ingress;

/// <summary>Whether an ingress gateway can be used.</summary>
public enum MeshIngressState
{
    /// <summary>Pods are ready, there is an address, and a Gateway opens a port.</summary>
    Ready,

    /// <summary>The load balancer has not handed out an address yet.</summary>
    Pending,

    /// <summary>No pod is ready.</summary>
    NotReady,

    /// <summary>No Gateway opens a port on it, or nothing is routed through those that do.</summary>
    Unrouted,
}
