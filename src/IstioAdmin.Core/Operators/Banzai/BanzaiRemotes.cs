using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Mesh.Remotes;
using IstioAdmin.Core.Operators.Manifests;

namespace IstioAdmin.Core.Operators.Banzai;

/// <summary>
/// Remote clusters of Banzai Cloud's operator: a RemoteIstio, and a Secret of the same name with the kubeconfig, by which the operator itself installs
/// Istio's parts on the remote cluster. Source: <c>pkg/controller/remoteistio</c>, <c>pkg/remoteclusters</c> and
/// <c>pkg/apis/istio/v1beta1/remoteistio_types.go</c> of the branches release-1.1 to release-1.9.
/// </summary>
internal sealed class BanzaiRemotes : IRemoteDialect
{
    /// <summary>The label that the operator sets on the Secret at the end of a round, for pilot to find the remote cluster.</summary>
    private const string Taken = "istio/multiCluster";

    /// <summary>Where Citadel keeps the key that signs certificates, unless the mesh names another Secret (<c>citadel.SelfSignedCASecretName</c>).</summary>
    private const string DefaultCASecret = "istio-ca-secret";

    private static readonly string[] CAKeys = ["ca-cert.pem", "ca-key.pem"];

    /// <summary>The line from which on the operator itself adds the Services of the control plane (<c>setEnabledServices</c>).</summary>
    private static readonly IstioRelease AddsServices = new(1, 6);

    public KubeResource? Resource => MeshResources.BanzaiRemotes;

    public JsonArray Rules(IstioMesh mesh) =>
        AccessRule.Rules(BanzaiRemoteRole.Rules, IstioRelease.TryParse(mesh.Version, out IstioRelease release) ? release.Minor : 1);

    public string SecretName(string remote) => remote;

    public bool HasTaken(JsonObject secret) => (string?)secret["metadata"]?["labels"]?[Taken] == "true";

    public JsonObject? Draft(IstioMesh mesh, string remote, RemoteOptions options)
    {
        var spec = new JsonObject { ["enabledServices"] = new JsonArray([.. Services(mesh).Select(name => (JsonNode)new JsonObject { ["name"] = name })]) };
        if (options.AutoInjectionNamespaces is { } namespaces)
            spec["autoInjectionNamespaces"] = new JsonArray([.. namespaces.Select(ns => (JsonNode)ns)]);
        if (options.Spec is { } given)
            spec.Merge(given);
        return spec;
    }

    public MeshCondition ConditionOf(JsonObject resource)
    {
        string? status = resource.TextAt("status.Status");
        return new MeshCondition(BanzaiStatus.StateOf(resource, status), status, resource.TextAt("status.ErrorMessage"), resource.TextsAt("status.GatewayAddress"));
    }

    public async Task CheckAsync(MeshCluster cluster, IstioMesh mesh, RemoteOptions options, CancellationToken cancel)
    {
        string name = mesh.Resource.TextAt("spec.citadel.caSecretName") ?? DefaultCASecret;
        JsonObject? secret = await cluster.Client.GetAsync(KubeResource.Secrets, mesh.Namespace, name, cancel).ConfigureAwait(false);
        string[] missing = [.. CAKeys.Where(key => secret?["data"]?[key] is null)];
        if (missing.Length == 0)
            return;
        throw new MeshException("RemoteCASecretMissing", FailureKind.NotFound,
            $"{cluster.Server}: {(secret is null ? $"there is no Secret {mesh.Namespace}/{name}" : $"Secret {mesh.Namespace}/{name} has no key {string.Join(" and no key ", missing)}")}, with which the certificates on remote clusters are signed.",
            "Citadel, or istiod, makes it when it starts with a certificate authority of its own: wait until mesh " + mesh + " is Available (Wait-IstioMesh). "
            + $"With a certificate authority of your own: kubectl create secret generic {name} -n {mesh.Namespace} --from-file=ca-cert.pem --from-file=ca-key.pem.", $"{mesh.Namespace}/{name}");
    }

    /// <summary>The Services of the control plane that are to be found on the remote cluster too, as the operator's own samples name them.</summary>
    private static IEnumerable<string> Services(IstioMesh mesh)
    {
        if (IstioRelease.TryParse(mesh.Version, out IstioRelease release) && release >= AddsServices)
            return [];
        return mesh.Resource.FlagAt("spec.mixer.enabled") == false ? ["istio-pilot"] : ["istio-pilot", "istio-policy", "istio-telemetry"];
    }
}
