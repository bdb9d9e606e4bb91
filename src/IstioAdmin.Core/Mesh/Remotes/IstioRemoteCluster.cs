using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Mesh.Remotes;

/// <summary>A cluster that a mesh of another cluster has taken in. Holds no secret.</summary>
public sealed record IstioRemoteCluster
{
    /// <summary>Name of the mesh's cluster.</summary>
    public required string Cluster { get; init; }

    /// <summary>The operator of the mesh.</summary>
    public required IstioOperatorKind Operator { get; init; }

    /// <summary>Namespace of the mesh, and of what leads to the remote cluster.</summary>
    public required string Namespace { get; init; }

    /// <summary>The name by which the mesh knows the remote cluster.</summary>
    public required string Name { get; init; }

    /// <summary>The state; null where nobody reports one, as with the Sail operator, whose istiod reads the Secret and says nothing.</summary>
    public MeshState? State { get; init; }

    /// <summary>The operator's own word for the state; null when there is none.</summary>
    public string? Status { get; init; }

    /// <summary>What is wrong, in the operator's words or in this module's; null when nothing is known to be.</summary>
    public string? ErrorMessage { get; init; }

    /// <summary>Addresses of the remote cluster's ingress gateway.</summary>
    public IReadOnlyList<string> GatewayAddresses { get; init; } = [];

    /// <summary>The address of the remote API server in the kubeconfig; null when it cannot be read.</summary>
    public string? Server { get; init; }

    /// <summary>The account of the remote cluster in the token, as <c>namespace/name</c>; null when it is no token of a service account.</summary>
    public string? Account { get; init; }

    /// <summary>When the token was issued, or, where it does not say, when it was last written here; null when neither is known.</summary>
    public DateTimeOffset? TokenIssued { get; init; }

    /// <summary>When the token expires; null when it does not, or does not say.</summary>
    public DateTimeOffset? TokenExpires { get; init; }

    /// <summary>Name of the Secret with the kubeconfig; null when there is none.</summary>
    public string? SecretName { get; init; }

    /// <summary>The operator's resource as the server has it; null where there is none.</summary>
    public JsonObject? Resource { get; init; }

    /// <summary>Namespace and name.</summary>
    public override string ToString() => $"{Namespace}/{Name}";
}
