using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Operators.Sail;

/// <summary>
/// Stands in for the Sail operator (<c>sailoperator.io/v1</c>): makes an IstioRevision of each Istio, istiod of each revision and the CNI DaemonSet of
/// IstioCNI, and tells with observedGeneration and conditions how they are. Its owners are of cluster scope, so everything goes with them.
/// </summary>
/// <remarks>
/// From istio-ecosystem/sail-operator <c>controllers/istio, istiorevision, istiocni</c> and <c>api/v1</c>: conditions, reasons and messages. Charts and
/// profiles are not rendered: of the values only those are followed that somebody asks for.
/// </remarks>
internal sealed class SailOperator(PodContext context, OperatorTimes times, OperatorFaults faults, IAdmissionEndpoints admission)
    : OperatorProgram(context, times, faults)
{
    private const string Group = "apis/sailoperator.io/v1";
    private const string Finalizer = "sailoperator.io/sail-operator";

    private readonly ConcurrentDictionary<string, string> _istios = new(StringComparer.Ordinal);

    protected override IReadOnlyList<string> Collections { get; } = [$"{Group}/istios", $"{Group}/istiorevisions", $"{Group}/istiocnis"];

    // An Istio's status follows its revision's, and both follow IstioCNI's.
    protected override string Trigger(JsonObject item) => base.Trigger(item) + item["status"]?.ToJsonString();

    protected override async Task<TimeSpan?> ReconcileAsync(string path)
    {
        if (await Api.FindAsync(path, End) is not { } item)
        {
            if (_istios.TryRemove(path, out string? uid))
                await OwnedObjects.CollectAsync(Context.Cluster, uid, [$"{Group}/istiorevisions"], End);
            return null;
        }
        return path.Split('/')[^2] switch
        {
            "istios" => await ReconcileIstioAsync(path, item),
            "istiorevisions" => await ReconcileFinalizedAsync(path, item, RevisionObjects(item), RevisionConditionsAsync),
            _ => await ReconcileFinalizedAsync(path, item, CniObjects(item), CniConditionsAsync),
        };
    }

    private async Task<TimeSpan?> ReconcileIstioAsync(string path, JsonObject istio)
    {
        if (istio["metadata"]!["deletionTimestamp"] is not null)
            return null;
        _istios[path] = (string)istio["metadata"]!["uid"]!;
        string name = (string)istio["metadata"]!["name"]!;
        string version = Json.Text(istio, "spec", "version") ?? "v1.24.2";
        string revision = Json.Text(istio, "spec", "updateStrategy", "type") == "RevisionBased" ? $"{name}-{version.Replace('.', '-')}" : name;
        string ns = Json.Text(istio, "spec", "namespace") ?? "istio-system";
        JsonObject values = (JsonObject?)Json.At(istio, "spec", "values")?.DeepClone() ?? [];
        values["revision"] = revision == "default" ? "" : revision;
        Json.Ensure(values, "global")["istioNamespace"] = ns;
        JsonObject made = MeshObjects.Named("sailoperator.io/v1", "IstioRevision", revision);
        made["spec"] = new JsonObject { ["version"] = version, ["namespace"] = ns, ["values"] = values };
        await new OwnedObjects(Api, OwnedObjects.Owner(istio), "sail-operator", End).EnsureAsync($"{Group}/istiorevisions", made);

        IReadOnlyList<JsonObject> revisions = [.. (await Api.ListAsync($"{Group}/istiorevisions", End))
            .Where(item => (string?)item["metadata"]!["ownerReferences"]?[0]?["uid"] == (string)istio["metadata"]!["uid"]!)];
        JsonObject? active = revisions.FirstOrDefault(item => (string)item["metadata"]!["name"]! == revision);
        await PruneAsync(revisions, revision);
        var status = new JsonObject
        {
            ["observedGeneration"] = istio["metadata"]!["generation"]!.DeepClone(),
            ["activeRevisionName"] = revision,
            ["state"] = Json.Text(active, "status", "state") ?? "ActiveRevisionNotFound",
            ["conditions"] = new JsonArray([.. (active?["status"]?["conditions"]?.AsArray() ?? [])
                .Where(condition => (string?)condition!["type"] != "InUse").Select(condition => condition!.DeepClone())]),
            ["revisions"] = new JsonObject
            {
                ["total"] = revisions.Count,
                ["ready"] = revisions.Count(item => Condition(item, "Ready") == "True"),
                ["inUse"] = revisions.Count(item => Condition(item, "InUse") == "True"),
            },
        };
        await SetStatusAsync(path, istio, status);
        return Json.Text(status, "state") == "Healthy" ? null : TimeSpan.FromMilliseconds(50);
    }

    /// <summary>A revision that nothing uses any more goes; here at once instead of after its grace period of 30 s.</summary>
    private async Task PruneAsync(IReadOnlyList<JsonObject> revisions, string active)
    {
        foreach (JsonObject revision in revisions.Where(item => (string)item["metadata"]!["name"]! != active && Condition(item, "InUse") != "True"))
            await Api.DeleteAsync($"{Group}/istiorevisions/{(string)revision["metadata"]!["name"]!}", cancel: End);
    }

    private async Task<TimeSpan?> ReconcileFinalizedAsync(
        string path, JsonObject item, IReadOnlyList<(string Collection, JsonObject Item)> objects, Func<JsonObject, string?, Task<JsonArray>> conditions)
    {
        List<string> finalizers = [.. (item["metadata"]!["finalizers"]?.AsArray() ?? []).Select(finalizer => (string)finalizer!)];
        if (item["metadata"]!["deletionTimestamp"] is not null)
        {
            if (!finalizers.Remove(Finalizer))
                return null;
            foreach ((string collection, JsonObject made) in objects)
                await Api.DeleteAsync($"{collection}/{(string)made["metadata"]!["name"]!}", cancel: End);
            await HoldAsync(path, finalizers);
            return null;
        }
        if (!finalizers.Contains(Finalizer))
        {
            await HoldAsync(path, [.. finalizers, Finalizer]);
            return TimeSpan.Zero;
        }
        string? error = null;
        try
        {
            await LabourAsync();
            string ns = Json.Text(item, "spec", "namespace")!;
            if (await Api.FindAsync($"api/v1/namespaces/{ns}", End) is not { } target)
                throw new ReconcileException($"validation error: namespace \"{ns}\" doesn't exist");
            if (target["metadata"]!["deletionTimestamp"] is not null)
                throw new ReconcileException($"validation error: namespace \"{ns}\" is being deleted");
            var owned = new OwnedObjects(Api, OwnedObjects.Owner(item), "sail-operator", End);
            foreach ((string collection, JsonObject made) in objects)
                await owned.EnsureAsync(collection, made);
        }
        catch (Exception e) when (e is ReconcileException || (e is ClusterApiException refused && refused.Status != HttpStatusCode.Conflict))
        {
            error = e.Message;
        }
        JsonArray found = await conditions(item, error);
        JsonNode? bad = found.FirstOrDefault(condition => (string?)condition!["status"] != "True" && (string?)condition["type"] != "InUse");
        await SetStatusAsync(path, item, new JsonObject
        {
            ["observedGeneration"] = item["metadata"]!["generation"]!.DeepClone(),
            ["conditions"] = found,
            ["state"] = (string?)bad?["reason"] ?? "Healthy",
        });
        return error is not null ? Times.Retry : bad is not null ? TimeSpan.FromMilliseconds(50) : null;
    }

    private async Task<JsonArray> RevisionConditionsAsync(JsonObject revision, string? error)
    {
        string name = (string)revision["metadata"]!["name"]!;
        JsonObject? istiod = await Api.FindAsync($"apis/apps/v1/namespaces/{Json.Text(revision, "spec", "namespace")}/deployments/{Istiod(name)}", End);
        int wanted = (int?)istiod?["status"]?["replicas"] ?? 0, ready = (int?)istiod?["status"]?["readyReplicas"] ?? 0;
        bool cni = Json.Flag(revision, "spec", "values", "pilot", "cni", "enabled") == true;
        JsonObject? plugin = cni ? await Api.FindAsync($"{Group}/istiocnis/default", End) : null;
        bool used = (await Api.ListAsync("api/v1/namespaces", End)).Any(ns =>
            Json.Text(ns, "metadata", "labels", "istio.io/rev") == name || (name == "default" && Json.Text(ns, "metadata", "labels", "istio-injection") == "enabled"));
        return
        [
            Reconciled(error),
            istiod is null ? Of("Ready", false, "IstiodNotReady", "istiod Deployment not found")
                : wanted == 0 || ready < wanted ? Of("Ready", false, "IstiodNotReady", "not all istiod pods are ready") : Of("Ready", true, "Ready"),
            !cni || Json.Text(plugin, "status", "state") == "Healthy" ? Of("DependenciesHealthy", true, "DependenciesHealthy")
                : plugin is null ? Of("DependenciesHealthy", false, "IstioCNINotFound", "IstioCNI resource does not exist")
                : Of("DependenciesHealthy", false, "IstioCNINotHealthy", "IstioCNI resource status indicates that the component is not healthy"),
            used ? Of("InUse", true, "ReferencedByWorkloads", "Referenced by at least one pod or namespace")
                : Of("InUse", false, "NotReferenced", "Not referenced by any pod or namespace"),
        ];
    }

    private async Task<JsonArray> CniConditionsAsync(JsonObject cni, string? error)
    {
        JsonObject? set = await Api.FindAsync($"apis/apps/v1/namespaces/{Json.Text(cni, "spec", "namespace")}/daemonsets/istio-cni-node", End);
        int scheduled = (int?)set?["status"]?["currentNumberScheduled"] ?? 0, ready = (int?)set?["status"]?["numberReady"] ?? 0;
        return
        [
            Reconciled(error),
            set is null ? Of("Ready", false, "DaemonSetNotReady", "istio-cni-node DaemonSet not found")
                : scheduled == 0 ? Of("Ready", false, "DaemonSetNotReady", "no istio-cni-node pods are currently scheduled")
                : ready < scheduled ? Of("Ready", false, "DaemonSetNotReady", "not all istio-cni-node pods are ready") : Of("Ready", true, "Ready"),
        ];
    }

    private static JsonObject Reconciled(string? error) =>
        error is null ? Of("Reconciled", true, "Reconciled") : Of("Reconciled", false, "ReconcileError", $"error reconciling resource: {error}");

    private List<(string, JsonObject)> RevisionObjects(JsonObject revision)
    {
        string name = (string)revision["metadata"]!["name"]!, ns = Json.Text(revision, "spec", "namespace")!, istiod = Istiod(name);
        string suffix = name == "default" ? "" : $"-{name}";
        string version = (Json.Text(revision, "spec", "version") ?? "").TrimStart('v');
        JsonObject values = (JsonObject?)revision["spec"]!["values"]?.DeepClone() ?? [];
        var labels = new JsonObject { ["app"] = "istiod", ["istio"] = "pilot", ["istio.io/rev"] = name };
        admission.Handle($"/inject/{name}", new Injector(Context.Cluster, ns, $"istio-sidecar-injector{suffix}", name).ReviewAsync);
        var mesh = Json.At(values, "meshConfig") is { } config ? config.ToJsonString() : "{}";
        int? replicas = (int?)Json.At(values, "pilot", "replicaCount");
        List<(string, JsonObject)> objects =
        [
            ($"api/v1/namespaces/{ns}/serviceaccounts", MeshObjects.ServiceAccount(istiod)),
            ($"api/v1/namespaces/{ns}/configmaps", MeshObjects.ConfigMap($"istio{suffix}", new JsonObject { ["istio.io/rev"] = name }, ("mesh", mesh), ("meshNetworks", "networks: {}"))),
            ($"api/v1/namespaces/{ns}/configmaps", Modern.InjectorConfig($"istio-sidecar-injector{suffix}", name, values, "pilot.cni")),
            ("apis/rbac.authorization.k8s.io/v1/clusterroles",
                MeshObjects.ClusterRole($"istiod-clusterrole{suffix}-{ns}", new JsonObject { ["app"] = "istiod" }, """[{"apiGroups":[""],"resources":["pods"],"verbs":["get","list","watch"]}]""")),
            ("apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
                MeshObjects.ClusterRoleBinding($"istiod-clusterrole{suffix}-{ns}", new JsonObject { ["app"] = "istiod" }, $"istiod-clusterrole{suffix}-{ns}", ns, istiod)),
            ($"apis/apps/v1/namespaces/{ns}/deployments",
                MeshObjects.Deployment(istiod, labels, labels, istiod, replicas, ("discovery", $"docker.io/istio/pilot:{version}"))),
            ($"api/v1/namespaces/{ns}/services", Modern.Service(istiod, labels, admission)),
            ("apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
                Modern.Webhook($"istio-sidecar-injector{suffix}", name, name == "default", (ns, istiod), $"/inject/{name}", admission)),
        ];
        if (Json.Flag(values, "pilot", "autoscaleEnabled") != false)
        {
            objects.Add(($"apis/autoscaling/v2beta1/namespaces/{ns}/horizontalpodautoscalers",
                MeshObjects.Autoscaler(istiod, istiod, (int?)Json.At(values, "pilot", "autoscaleMin") ?? 1, (int?)Json.At(values, "pilot", "autoscaleMax") ?? 5)));
        }
        return objects;
    }

    private static IReadOnlyList<(string, JsonObject)> CniObjects(JsonObject cni)
    {
        string ns = Json.Text(cni, "spec", "namespace") ?? "istio-cni";
        string version = (Json.Text(cni, "spec", "version") ?? "v1.24.2").TrimStart('v');
        JsonNode? values = Json.At(cni, "spec", "values", "cni");
        var labels = new JsonObject { ["k8s-app"] = "istio-cni-node" };
        IReadOnlyList<string> excluded = Json.At(values, "excludeNamespaces") is null ? ["kube-system"] : Json.Texts(values, "excludeNamespaces");
        return
        [
            ($"api/v1/namespaces/{ns}/serviceaccounts", MeshObjects.ServiceAccount("istio-cni")),
            ("apis/rbac.authorization.k8s.io/v1/clusterroles",
                MeshObjects.ClusterRole("istio-cni", labels, """[{"apiGroups":[""],"resources":["pods","nodes","namespaces"],"verbs":["get"]}]""")),
            ("apis/rbac.authorization.k8s.io/v1/clusterrolebindings", MeshObjects.ClusterRoleBinding("istio-cni", labels, "istio-cni", ns, "istio-cni")),
            ($"api/v1/namespaces/{ns}/configmaps", MeshObjects.ConfigMap("istio-cni-config", null,
                ("CURRENT_AGENT_VERSION", version), ("CHAINED_CNI_PLUGIN", "true"), ("EXCLUDE_NAMESPACES", string.Join(',', excluded)))),
            ($"apis/apps/v1/namespaces/{ns}/daemonsets", MeshObjects.CniDaemonSet("istio-cni-node", labels, "istio-cni", $"docker.io/istio/install-cni:{version}",
                "istio-cni-config", null, Json.Text(values, "cniBinDir") ?? "/opt/cni/bin", Json.Text(values, "cniConfDir") ?? "/etc/cni/net.d")),
        ];
    }

    private Task<JsonObject> HoldAsync(string path, IReadOnlyList<string> finalizers) => Api.PatchAsync(path,
        new JsonObject { ["metadata"] = new JsonObject { ["finalizers"] = new JsonArray([.. finalizers.Select(finalizer => (JsonNode)finalizer)]) } }, "sail-operator", End);

    private async Task SetStatusAsync(string path, JsonObject item, JsonObject status)
    {
        foreach (JsonNode? condition in status["conditions"]!.AsArray())
        {
            JsonNode? before = item["status"]?["conditions"]?.AsArray().FirstOrDefault(known => (string?)known!["type"] == (string?)condition!["type"]);
            bool same = (string?)before?["status"] == (string?)condition!["status"];
            condition["lastTransitionTime"] = same ? before!["lastTransitionTime"]!.DeepClone() : Json.Now();
        }
        if (!JsonNode.DeepEquals(item["status"], status))
            await Api.PatchAsync($"{path}/status", new JsonObject { ["status"] = status.DeepClone() }, "sail-operator", End);
    }

    private static string Istiod(string revision) => revision == "default" ? "istiod" : $"istiod-{revision}";

    private static string? Condition(JsonObject item, string type) =>
        (string?)item["status"]?["conditions"]?.AsArray().FirstOrDefault(condition => (string?)condition!["type"] == type)?["status"];

    private static JsonObject Of(string type, bool status, string reason, string? message = null)
    {
        var condition = new JsonObject { ["type"] = type, ["status"] = status ? "True" : "False", ["reason"] = reason };
        if (message is not null)
            condition["message"] = message;
        return condition;
    }
}
