namespace IstioAdmin.Core.Mesh.Ingress;

/// <summary>The way on which a gateway was reached.</summary>
public enum IngressVia
{
    /// <summary>An address that a load balancer, or whoever assigns external addresses, handed out.</summary>
    LoadBalancer,

    /// <summary>A port of a node.</summary>
    NodePort,

    /// <summary>A pod's port, through the API server.</summary>
    PortForward,
}
