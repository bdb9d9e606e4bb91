using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube.Yaml;
using IstioAdmin.Core.Mesh.Settings;

namespace IstioAdmin.Core.Mesh;

/// <summary>A mesh that an operator runs, as its resource describes it.</summary>
public sealed record IstioMesh
{
    /// <summary>Name of the cluster.</summary>
    public required string Cluster { get; init; }

    /// <summary>Which operator.</summary>
    public required IstioOperatorKind Operator { get; init; }

    /// <summary>Namespace of the control plane.</summary>
    public required string Namespace { get; init; }

    /// <summary>Name of the resource.</summary>
    public required string Name { get; init; }

    /// <summary>Istio's version as the resource wants it; null where it leaves that to the operator.</summary>
    public string? Version { get; init; }

    /// <summary>What namespaces and pods name in <c>istio.io/rev</c>; null for meshes without revisions and for the default one.</summary>
    public string? Revision { get; init; }

    /// <summary>The state, in words that are the same for all operators.</summary>
    public required MeshState State { get; init; }

    /// <summary>The operator's own word for the state; null when there is none.</summary>
    public string? Status { get; init; }

    /// <summary>What the operator says is wrong; null when nothing is.</summary>
    public string? ErrorMessage { get; init; }

    /// <summary>Whether sidecars accept mutual TLS only; null when nothing says.</summary>
    public bool? Mtls => Settings.Mtls;

    /// <summary>Whether the CNI plugin is on; null when the resource does not say.</summary>
    public bool? CniEnabled { get; init; }

    /// <summary>Namespaces in which sidecars are injected, as far as the mesh's resource knows.</summary>
    public IReadOnlyList<string> AutoInjectionNamespaces { get; init; } = [];

    /// <summary>Addresses of the ingress gateway.</summary>
    public IReadOnlyList<string> GatewayAddresses { get; init; } = [];

    /// <summary>What the resource says of the settings that this module knows.</summary>
    public required MeshSettings Settings { get; init; }

    /// <summary>The resource as the server has it.</summary>
    public required JsonObject Resource { get; init; }

    /// <summary>The resource without what the server and the operator keep in it: what can be applied again, or elsewhere.</summary>
    public string ToYaml() => KubeYaml.Write(MeshManifest.Clean(Resource));

    /// <summary>Namespace and name.</summary>
    public override string ToString() => $"{Namespace}/{Name}";
}
