using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Mesh.Remotes;

namespace IstioAdmin.Core.Operators.Cisco;

/// <summary>
/// Remote clusters of the operator's second generation. They are not this module's to make: PeerIstioControlPlane resources and the Secrets for istiod are
/// copied between clusters by a program of its own, the cluster registry controller. Source: banzaicloud/istio-operator release-1.17,
/// <c>docs/multi-cluster-mesh</c> and <c>internal/assets/manifests/resource-sync-rule</c>.
/// </summary>
internal sealed class CiscoRemotes : IRemoteDialect
{
    public JsonArray Rules(IstioMesh mesh) => [];

    // What the controller's rule makes of a cluster is labelled as Istio wants it, and so is found.
    public string SecretName(string remote) => remote;

    public Task CheckAsync(MeshCluster cluster, IstioMesh mesh, RemoteOptions options, CancellationToken cancel) =>
        throw new MeshException("RemoteNotSupported", FailureKind.NotSupported,
            $"Mesh {mesh} on {cluster.Server} is run by the Cisco operator, which takes in other clusters through the cluster registry controller only.",
            "Install the cluster registry controller in both clusters and exchange their Cluster resources and secrets; install the operator with clusterRegistry.clusterAPI.enabled and "
            + "clusterRegistry.resourceSyncRules.enabled; then create a mesh in each cluster under the same name, with the mode ACTIVE or PASSIVE: New-IstioMesh -Spec.", mesh);
}
