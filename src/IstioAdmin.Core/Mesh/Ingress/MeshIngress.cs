using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Mesh.Ingress;

/// <summary>An ingress gateway of a mesh: a Service in front of proxies that let traffic into it, and what Gateways and routes make of it.</summary>
public sealed record MeshIngress
{
    /// <summary>Name of the cluster.</summary>
    public required string Cluster { get; init; }

    /// <summary>Namespace of the Service.</summary>
    public required string Namespace { get; init; }

    /// <summary>Name of the Service.</summary>
    public required string Name { get; init; }

    /// <summary>The Service's type: LoadBalancer, NodePort, ClusterIP or ExternalName.</summary>
    public required string Type { get; init; }

    /// <summary>
    /// Where it is to be reached, as IP addresses and host names: what the load balancer handed out; the nodes on which its pods run, at the node
    /// ports of <see cref="Ports"/>; the address inside the cluster.
    /// </summary>
    public required IReadOnlyList<string> Addresses { get; init; }

    /// <summary>The Service's ports.</summary>
    public required IReadOnlyList<IngressPort> Ports { get; init; }

    /// <summary>Pods that are ready.</summary>
    public required int ReadyPods { get; init; }

    /// <summary>Pods that its workloads are to have; how many there are, where the workloads cannot be read.</summary>
    public required int DesiredPods { get; init; }

    /// <summary>Host names that it answers to; <c>*</c> for any.</summary>
    public required IReadOnlyList<string> Hosts { get; init; }

    /// <summary>Where its requests go, in the order in which the routes are written.</summary>
    public required IReadOnlyList<IngressRoute> Routes { get; init; }

    /// <summary>Addresses for a browser, one for each address and each port that a Gateway opens for HTTP.</summary>
    public required IReadOnlyList<string> Urls { get; init; }

    /// <summary>Whether it can be used, in a word.</summary>
    public required MeshIngressState State { get; init; }

    /// <summary>What is missing, as it continues the state: <c>the load balancer has no address yet</c>; null when nothing is.</summary>
    public string? Message { get; init; }

    /// <summary>The Service as the server has it.</summary>
    public required JsonObject Resource { get; init; }

    internal IReadOnlyList<IngressPod> Pods { get; init; } = [];

    internal IReadOnlyList<GatewayServer> Servers { get; init; } = [];

    /// <summary>Whether <see cref="Servers"/> has all of them; otherwise Gateways could not be read.</summary>
    internal bool ServersKnown { get; init; } = true;

    /// <summary>Every way to it from outside of the cluster, the best first.</summary>
    internal IReadOnlyList<IngressEndpoint> Endpoints { get; init; } = [];

    /// <summary>Namespace and name.</summary>
    public override string ToString() => $"{Namespace}/{Name}";
}
