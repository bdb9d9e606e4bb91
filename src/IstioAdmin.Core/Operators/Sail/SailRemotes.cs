using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Mesh.Remotes;
using IstioAdmin.Core.Operators.Manifests;
using static IstioAdmin.Core.Operators.Manifests.AccessRule;

namespace IstioAdmin.Core.Operators.Sail;

/// <summary>
/// Remote clusters of the Sail operator, which are Istio's own: istiod reads the endpoints of every cluster that a labelled Secret leads to. Source:
/// istio/istio <c>istioctl/pkg/multicluster/remote_secret.go</c> and, for the rights, <c>reader-clusterrole.yaml</c> of the chart istio-discovery.
/// </summary>
internal sealed class SailRemotes : IRemoteDialect
{
    private static readonly AccessRule[] Reader =
    [
        new("", "configmaps endpoints namespaces nodes pods replicationcontrollers secrets services", Read),
        new("apiextensions.k8s.io", "customresourcedefinitions", Read),
        new("apps", "replicasets", Read),
        new("authentication.istio.io", "*", Read),
        new("authentication.k8s.io", "tokenreviews", "create"),
        new("authorization.k8s.io", "subjectaccessreviews", "create"),
        new("config.istio.io", "*", Read),
        new("discovery.k8s.io", "endpointslices", Read),
        new("extensions.istio.io", "*", Read),
        new("gateway.networking.k8s.io", "gateways", Read),
        new("multicluster.x-k8s.io", "serviceexports", "create delete get list watch"),
        new("multicluster.x-k8s.io", "serviceimports", Read),
        new("networking.istio.io", "*", Read),
        new("networking.x-k8s.io", "gateways", Read),
        new("rbac.istio.io", "*", Read),
        new("security.istio.io", "*", Read),
        new("telemetry.istio.io", "*", Read),
    ];

    public JsonArray Rules(IstioMesh mesh) => AccessRule.Rules(Reader, 0);

    public string SecretName(string remote) => $"istio-remote-secret-{remote}";

    public JsonObject SecretLabels => new() { ["istio/multiCluster"] = "true" };

    public JsonObject? SecretAnnotations(string remote) => new() { ["networking.istio.io/cluster"] = remote };

    public Task CheckAsync(MeshCluster cluster, IstioMesh mesh, RemoteOptions options, CancellationToken cancel) =>
        options.AutoInjectionNamespaces is null && options.Spec is null
            ? Task.CompletedTask
            : throw new MeshException("RemoteSettingNotSupported", FailureKind.NotSupported,
                "The Sail operator has no resource for remote clusters, so there is nothing that -AutoInjectionNamespace or -Spec could be written to.",
                "Leave them out. Istio itself is installed on the remote cluster with a mesh of its own (New-IstioMesh), and namespaces are labelled with Enable-IstioInjection.", mesh);
}
