using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Mesh.Remotes;

namespace IstioAdmin.Core.Operators;

/// <summary>How an operator's meshes take in other clusters.</summary>
internal interface IRemoteDialect
{
    /// <summary>What the mesh side may do on the remote cluster.</summary>
    /// <param name="mesh">The mesh.</param>
    JsonArray Rules(IstioMesh mesh);

    /// <summary>Name of the Secret with the kubeconfig, in the namespace of the mesh.</summary>
    string SecretName(string remote);

    /// <summary>Labels of that Secret that the mesh looks for.</summary>
    JsonObject SecretLabels => [];

    /// <summary>Annotations of that Secret that the mesh reads; null for none.</summary>
    JsonObject? SecretAnnotations(string remote) => null;

    /// <summary>The resource by which the operator is told of the remote cluster; null where the Secret alone does it.</summary>
    KubeResource? Resource => null;

    /// <summary>What that resource is to say; null where there is none.</summary>
    JsonObject? Draft(IstioMesh mesh, string remote, RemoteOptions options) => null;

    /// <summary>What that resource says of its state.</summary>
    MeshCondition ConditionOf(JsonObject resource) => new(MeshState.Pending, null, null, []);

    /// <summary>Whether the operator has worked with the Secret; told by what it leaves on it.</summary>
    bool HasTaken(JsonObject secret) => true;

    /// <summary>Makes sure that the mesh can take in remote clusters, before anything is written.</summary>
    /// <exception cref="MeshException">It cannot; the remedy says what to do.</exception>
    Task CheckAsync(MeshCluster cluster, IstioMesh mesh, RemoteOptions options, CancellationToken cancel);
}
