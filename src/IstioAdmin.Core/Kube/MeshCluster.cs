using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Core.Kube;

/// <summary>A connected cluster: what <c>Connect-MeshCluster</c> returns and every other cmdlet takes as <c>-Cluster</c>.</summary>
public sealed class MeshCluster
{
    /// <summary>Creates the description of a connected cluster.</summary>
    public MeshCluster(KubeClient client)
    {
        Client = client;
    }

    /// <summary>The name it goes by in <c>-Cluster</c>; the context's name unless another was given.</summary>
    public required string Name { get; init; }

    /// <summary>Name of the kubeconfig context.</summary>
    public string Context => Client.Endpoint.Context;

    /// <summary>Base address of the API server.</summary>
    public Uri Server => Client.Endpoint.Server;

    /// <summary>Name of the kubeconfig user.</summary>
    public string User => Client.Endpoint.User;

    /// <summary>The context's default namespace.</summary>
    public string Namespace => Client.Endpoint.Namespace;

    /// <summary>The server's own version string, for example <c>v1.31.2-eks-7f9249a</c>.</summary>
    public required string Version { get; init; }

    /// <summary>Who provides the cluster.</summary>
    public required ClusterProvider Provider { get; init; }

    /// <summary>The Istio installations that were found; empty when there is none.</summary>
    public required IReadOnlyList<IstioInstallation> Istio { get; init; }

    /// <summary>The client behind it.</summary>
    public KubeClient Client { get; }

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}
