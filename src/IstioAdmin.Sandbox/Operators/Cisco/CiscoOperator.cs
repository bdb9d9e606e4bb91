using System.Net;
using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Operators.Cisco;

/// <summary>
/// Stands in for the second generation of Banzai's operator (<c>servicemesh.cisco.com/v1alpha1</c>): a revision for each IstioControlPlane, gateways as
/// resources of their own, and a status of the same words under other keys. It removes what it made, of cluster scope too.
/// </summary>
/// <remarks>
/// From banzaicloud/istio-operator release-1.17 <c>controllers</c>, <c>internal/components</c> and their <c>testdata</c> (names). A version of another minor
/// release than its own, or none, it passes over without a word.
/// </remarks>
internal sealed class CiscoOperator(PodContext context, OperatorTimes times, OperatorFaults faults, IAdmissionEndpoints admission)
    : OperatorProgram(context, times, faults)
{
    private const string Group = "apis/servicemesh.cisco.com/v1alpha1";
    private const string ControlPlaneFinalizer = "istio-controlplane.servicemesh.cisco.com";
    private const string GatewayFinalizer = "istio-meshgateway.servicemesh.cisco.com";

    /// <summary>The minor release of Istio that it was made for: 1.13 for the image v2.13.6.</summary>
    private string Release => $"1.{Context.Image.Split(":v2.")[^1].Split('.')[0]}";

    protected override IReadOnlyList<string> Collections { get; } = [$"{Group}/istiocontrolplanes", $"{Group}/istiomeshgateways"];

    protected override async Task<TimeSpan?> ReconcileAsync(string path)
    {
        if (await Api.FindAsync(path, End) is not { } item)
            return null;
        bool gateway = path.Contains("/istiomeshgateways/", StringComparison.Ordinal);
        string finalizer = gateway ? GatewayFinalizer : ControlPlaneFinalizer;
        List<string> finalizers = [.. (item["metadata"]!["finalizers"]?.AsArray() ?? []).Select(held => (string)held!)];
        bool leaving = item["metadata"]!["deletionTimestamp"] is not null;
        if (leaving && !finalizers.Contains(finalizer))
            return null;
        if (!gateway && Json.Text(item, "spec", "version")?.StartsWith(Release, StringComparison.Ordinal) != true)
            return null;
        if (!leaving && !finalizers.Contains(finalizer))
            await HoldAsync(path, [.. finalizers, finalizer]);
        await SetStatusAsync(path, "Reconciling", "");
        try
        {
            await LabourAsync();
            var owned = new OwnedObjects(Api, null, "istio-operator", End);
            var ownedHere = new OwnedObjects(Api, OwnedObjects.Owner(item), "istio-operator", End);
            foreach ((string collection, JsonObject made, bool wanted) in gateway ? GatewayObjects(item) : ControlPlaneObjects(item))
                await (collection.Contains("/namespaces/", StringComparison.Ordinal) ? ownedHere : owned).EnsureAsync(collection, made, wanted && !leaving);
            if (leaving)
            {
                finalizers.Remove(finalizer);
                await HoldAsync(path, finalizers);
                return null;
            }
            JsonArray? addresses = gateway ? await AddressesAsync(item) : null;
            await SetStatusAsync(path, "Available", "", addresses);
            return null;
        }
        catch (Exception e) when (e is ReconcileException || (e is ClusterApiException refused && refused.Status != HttpStatusCode.Conflict))
        {
            await SetStatusAsync(path, "ReconcileFailed", e.Message);
            return Times.Retry;
        }
    }

    private async Task<JsonArray> AddressesAsync(JsonObject gateway)
    {
        string ns = (string)gateway["metadata"]!["namespace"]!, name = (string)gateway["metadata"]!["name"]!;
        JsonObject service = await Api.GetAsync($"api/v1/namespaces/{ns}/services/{name}", End);
        if (Json.Text(service, "spec", "type") != "LoadBalancer")
            return new JsonArray(Json.Text(service, "spec", "clusterIP"));
        return service["status"]!["loadBalancer"]?["ingress"]?[0]?["ip"] is { } address
            ? new JsonArray((string)address!)
            : throw new ReconcileException("ingress gateway endpoint address is pending");
    }

    private IEnumerable<(string, JsonObject, bool)> ControlPlaneObjects(JsonObject plane)
    {
        string ns = (string)plane["metadata"]!["namespace"]!, rev = ((string)plane["metadata"]!["name"]!).Replace('.', '-');
        string revision = $"{rev}.{ns}", istiod = $"istiod-{rev}", version = Json.Text(plane, "spec", "version")!;
        var revisionLabel = new JsonObject { ["istio.io/rev"] = revision };
        var labels = new JsonObject { ["app"] = "istiod", ["istio"] = "istiod", ["istio.io/rev"] = revision };
        bool cni = Json.Flag(plane, "spec", "proxyInit", "cni", "enabled") == true;
        JsonNode? replicas = Json.At(plane, "spec", "istiod", "deployment", "replicas");
        string image = Json.Text(plane, "spec", "istiod", "deployment", "image") ?? $"gcr.io/istio-release/pilot:{version}";
        var values = new JsonObject { ["istio_cni"] = new JsonObject { ["enabled"] = cni }, ["revision"] = revision };
        string injector = $"istio-sidecar-injector-{rev}";
        admission.Handle($"/inject/{revision}", new Injector(Context.Cluster, ns, injector, revision).ReviewAsync);
        string mesh = Json.At(plane, "spec", "meshConfig")?.ToJsonString() ?? "{}";

        yield return ($"api/v1/namespaces/{ns}/serviceaccounts", MeshObjects.ServiceAccount(istiod), true);
        yield return ($"api/v1/namespaces/{ns}/configmaps", MeshObjects.ConfigMap($"istio-{rev}", revisionLabel, ("mesh", mesh), ("meshNetworks", "networks: {}")), true);
        yield return ($"api/v1/namespaces/{ns}/configmaps", Modern.InjectorConfig(injector, revision, values, "istio_cni"), true);
        yield return ("apis/rbac.authorization.k8s.io/v1/clusterroles",
            MeshObjects.ClusterRole($"{istiod}-{ns}", revisionLabel, """[{"apiGroups":[""],"resources":["pods"],"verbs":["get","list","watch"]}]"""), true);
        yield return ("apis/rbac.authorization.k8s.io/v1/clusterrolebindings", MeshObjects.ClusterRoleBinding($"{istiod}-{ns}", revisionLabel, $"{istiod}-{ns}", ns, istiod), true);
        yield return ($"apis/apps/v1/namespaces/{ns}/deployments",
            MeshObjects.Deployment(istiod, labels, labels, istiod, (int?)Json.At(replicas, "count"), ("discovery", image)), true);
        yield return ($"api/v1/namespaces/{ns}/services", Modern.Service(istiod, labels, admission), true);
        int max = (int?)Json.At(replicas, "max") ?? 5;
        yield return ($"apis/autoscaling/v2beta1/namespaces/{ns}/horizontalpodautoscalers",
            MeshObjects.Autoscaler(istiod, istiod, (int?)Json.At(replicas, "min") ?? 1, max), max > 1);
        yield return ("apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
            Modern.Webhook($"{injector}-{ns}", revision, false, (ns, istiod), $"/inject/{revision}", admission), true);

        JsonNode? plugin = Json.At(plane, "spec", "proxyInit", "cni");
        var agents = new JsonObject { ["app"] = "istio-cni-node", ["release"] = "istio-cni" };
        var config = new JsonObject
        {
            ["cniVersion"] = "0.3.1",
            ["name"] = "istio-cni",
            ["type"] = "istio-cni",
            ["log_level"] = Json.Text(plugin, "logLevel") ?? "info",
            ["kubernetes"] = new JsonObject
            {
                ["kubeconfig"] = "__KUBECONFIG_FILEPATH__",
                ["cni_bin_dir"] = Json.Text(plugin, "binDir") ?? "/opt/cni/bin",
                ["exclude_namespaces"] = Json.At(plugin, "excludeNamespaces")?.DeepClone() ?? new JsonArray(),
            },
        };
        yield return ($"api/v1/namespaces/{ns}/serviceaccounts", MeshObjects.ServiceAccount($"istio-cni-{rev}"), cni);
        yield return ($"api/v1/namespaces/{ns}/configmaps", MeshObjects.ConfigMap($"istio-cni-{rev}", revisionLabel, ("cni_network_config", config.ToJsonString())), cni);
        yield return ("apis/rbac.authorization.k8s.io/v1/clusterroles",
            MeshObjects.ClusterRole($"istio-cni-{rev}-{ns}", revisionLabel, """[{"apiGroups":[""],"resources":["pods","nodes"],"verbs":["get"]}]"""), cni);
        yield return ("apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
            MeshObjects.ClusterRoleBinding($"istio-cni-{rev}-{ns}", revisionLabel, $"istio-cni-{rev}-{ns}", ns, $"istio-cni-{rev}"), cni);
        JsonObject set = MeshObjects.CniDaemonSet($"istio-cni-node-{rev}", agents, $"istio-cni-{rev}", $"gcr.io/istio-release/install-cni:{version}",
            $"istio-cni-{rev}", "cni_network_config", Json.Text(plugin, "binDir") ?? "/opt/cni/bin", Json.Text(plugin, "confDir") ?? "/etc/cni/net.d");
        set["metadata"]!["labels"]!["istio.io/rev"] = revision;
        yield return ($"apis/apps/v1/namespaces/{ns}/daemonsets", set, cni);
    }

    private static IEnumerable<(string, JsonObject, bool)> GatewayObjects(JsonObject gateway)
    {
        string ns = (string)gateway["metadata"]!["namespace"]!, name = (string)gateway["metadata"]!["name"]!;
        var labels = new JsonObject { ["app"] = name, ["gateway-name"] = name };
        yield return ($"api/v1/namespaces/{ns}/serviceaccounts", MeshObjects.ServiceAccount(name), true);
        yield return ($"apis/apps/v1/namespaces/{ns}/deployments",
            MeshObjects.Deployment(name, labels, labels, name, (int?)Json.At(gateway, "spec", "deployment", "replicas", "count"), ("istio-proxy", "gcr.io/istio-release/proxyv2:latest")), true);
        JsonObject service = MeshObjects.Service(name, labels, labels, ("http2", 80));
        service["spec"]!["type"] = Json.Text(gateway, "spec", "service", "type") ?? "LoadBalancer";
        if (Json.At(gateway, "spec", "service", "ports") is { } ports)
            service["spec"]!["ports"] = ports.DeepClone();
        if (Json.At(gateway, "spec", "service", "metadata", "annotations") is { } annotations)
            service["metadata"]!["annotations"] = annotations.DeepClone();
        yield return ($"api/v1/namespaces/{ns}/services", service, true);
    }

    private Task<JsonObject> HoldAsync(string path, IReadOnlyList<string> finalizers) => Api.PatchAsync(path,
        new JsonObject { ["metadata"] = new JsonObject { ["finalizers"] = new JsonArray([.. finalizers.Select(finalizer => (JsonNode)finalizer)]) } }, "istio-operator", End);

    private async Task SetStatusAsync(string path, string status, string message, JsonArray? addresses = null)
    {
        var patch = new JsonObject { ["status"] = status, ["errorMessage"] = message.Length == 0 ? null : message };
        if (addresses is not null)
            patch["gatewayAddress"] = addresses.DeepClone();
        await Api.PatchAsync($"{path}/status", new JsonObject { ["status"] = patch }, "istio-operator", End);
    }
}
