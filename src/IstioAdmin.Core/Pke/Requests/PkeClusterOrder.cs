using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Pke.Requests;

/// <summary>A cluster as somebody wants it. What is null is left to Pipeline's defaults.</summary>
public sealed record PkeClusterOrder
{
    /// <summary>Name, unique in the organization.</summary>
    public required string Name { get; init; }

    /// <summary><c>amazon</c>, <c>azure</c> or <c>vsphere</c>.</summary>
    public string Cloud { get; init; } = "amazon";

    /// <summary>Region; vSphere has none.</summary>
    public string? Location { get; init; }

    /// <summary>Identifier of the secret with which Pipeline logs in to the cloud.</summary>
    public string? SecretId { get; init; }

    /// <summary>Name of that secret.</summary>
    public string? SecretName { get; init; }

    /// <summary>Identifier of the secret with the SSH key for the machines; null to let Pipeline make one.</summary>
    public string? SshSecretId { get; init; }

    /// <summary>Version of Kubernetes.</summary>
    public required string KubernetesVersion { get; init; }

    /// <summary><c>containerd</c> or <c>docker</c>.</summary>
    public string Runtime { get; init; } = "containerd";

    /// <summary>Whether the API server asks RBAC.</summary>
    public bool Rbac { get; init; } = true;

    /// <summary>Whether people may log in through OpenID Connect; null for Pipeline's default.</summary>
    public bool? Oidc { get; init; }

    /// <summary><c>weave</c>, <c>calico</c> or <c>cilium</c>.</summary>
    public string? NetworkProvider { get; init; }

    /// <summary>Address range of pods.</summary>
    public string? PodCidr { get; init; }

    /// <summary>Address range of services.</summary>
    public string? ServiceCidr { get; init; }

    /// <summary>The node pools.</summary>
    public required IReadOnlyList<PkeNodePool> NodePools { get; init; }

    /// <summary>What Pipeline does once the cluster runs, each with its parameters (Amazon).</summary>
    public JsonObject? PostHooks { get; init; }

    /// <summary>How Pipeline scales the cluster as a whole (Amazon): <c>enabled</c>, <c>desiredCpu</c>, <c>desiredMem</c>, <c>onDemandPct</c> and others.</summary>
    public JsonObject? ScaleOptions { get; init; }

    /// <summary>Group of everything that is made (Azure).</summary>
    public string? ResourceGroup { get; init; }

    /// <summary>Name of the virtual network (Azure).</summary>
    public string? NetworkName { get; init; }

    /// <summary>Address range of a virtual network that is to be made (Azure).</summary>
    public string? NetworkCidr { get; init; }

    /// <summary><c>private</c>, <c>public</c> or both: where load balancers are made (Azure).</summary>
    public IReadOnlyList<string> AccessPoints { get; init; } = [];

    /// <summary>Which of these lead to the API server (Azure).</summary>
    public IReadOnlyList<string> ApiServerAccessPoints { get; init; } = [];

    /// <summary>Folder of the machines (vSphere).</summary>
    public string? Folder { get; init; }

    /// <summary>Datastore of their disks (vSphere).</summary>
    public string? Datastore { get; init; }

    /// <summary>Resource pool of the machines (vSphere).</summary>
    public string? ResourcePool { get; init; }

    /// <summary>Addresses for load balancers, as <c>first-last</c> (vSphere).</summary>
    public string? LoadBalancerIPRange { get; init; }

    /// <summary>Name of the secret for storage classes (vSphere).</summary>
    public string? StorageSecretName { get; init; }
}
