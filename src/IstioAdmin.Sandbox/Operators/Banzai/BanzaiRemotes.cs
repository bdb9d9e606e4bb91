using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Operators.Banzai;

/// <summary>
/// The RemoteIstio resources of <see cref="BanzaiOperator"/>: what they need, in the order in which the operator misses it, and what it makes on the remote
/// cluster with the kubeconfig of the Secret, with no other rights than that gives. Facts: what was observed of the operator, and
/// <c>pkg/controller/remoteistio</c>, <c>pkg/remoteclusters</c> of its branch release-1.1.
/// </summary>
/// <remarks>
/// As the real one it keeps the connection that it has made: a changed Secret counts only after a restart. On deletion it takes Istio's configuration off
/// the remote cluster only where it has such a connection, needs the Secret to take its label off, and leaves what is of cluster scope.
/// </remarks>
internal sealed class BanzaiRemotes(BanzaiOperator banzai, ClusterApi api, OperatorTimes times, IAdmissionEndpoints admission, CancellationToken cancel) : IDisposable
{
    private const string Finalizer = "remote-istio-operator.finializer.banzaicloud.io";
    private const string Definitions = "apis/apiextensions.k8s.io/v1/customresourcedefinitions";

    private readonly Dictionary<string, ClusterApi> _connections = new(StringComparer.Ordinal);

    public async Task<TimeSpan?> ReconcileAsync(string path)
    {
        if (await api.FindAsync(path, cancel) is not { } remote)
            return null;
        string ns = (string)remote["metadata"]!["namespace"]!, name = (string)remote["metadata"]!["name"]!;
        string secret = $"api/v1/namespaces/{ns}/secrets/{name}", status = Json.Text(remote, "status", "Status") ?? "";
        var finalizers = (remote["metadata"]!["finalizers"]?.AsArray() ?? []).Select(finalizer => (string)finalizer!).ToList();
        if (remote["metadata"]!["deletionTimestamp"] is not null)
        {
            // "cannot remove remote istio config while reconciling", and nothing asks again.
            if (!finalizers.Contains(Finalizer) || (status == "Reconciling" && string.IsNullOrEmpty(Json.Text(remote, "status", "ErrorMessage"))))
                return null;
            if (_connections.Remove(name, out ClusterApi? gone))
                await LeaveAsync(gone, ns);
            await api.PatchAsync(secret, Json.Parse("""{"metadata":{"labels":{"istio/multiCluster":null}}}"""), "manager", cancel);
            finalizers.Remove(Finalizer);
            await HoldAsync(path, finalizers);
            return null;
        }
        if (!finalizers.Contains(Finalizer))
        {
            await HoldAsync(path, [.. finalizers, Finalizer]);
            return TimeSpan.Zero;
        }
        if (status.Length == 0)
            await banzai.SetStatusAsync(path, "Created", "");
        else if (status == "Reconciling")
            return times.Retry;

        await banzai.SetStatusAsync(path, "Reconciling", "");
        try
        {
            await banzai.WorkAsync();
            await MakeAsync(remote, ns, name, secret);
            await api.PatchAsync(secret, Json.Parse("""{"metadata":{"labels":{"istio/multiCluster":"true"}}}"""), "manager", cancel);
            await banzai.SetStatusAsync(path, "Available", "");
            return null;
        }
        catch (Exception e) when (e is ReconcileException or ClusterApiException or HttpRequestException)
        {
            await banzai.SetStatusAsync(path, "ReconcileFailed", e.Message);
            return times.Retry;
        }
    }

    public void Dispose()
    {
        foreach (ClusterApi connection in _connections.Values)
            connection.Dispose();
    }

    private async Task MakeAsync(JsonObject remote, string ns, string name, string secret)
    {
        JsonObject authority = await api.FindAsync($"api/v1/namespaces/{ns}/secrets/istio-ca-secret", cancel)
            ?? throw new ReconcileException("could not populate sign certs: Secret \"istio-ca-secret\" not found");
        if (!_connections.TryGetValue(name, out ClusterApi? far))
        {
            JsonObject found = await api.FindAsync(secret, cancel) ?? throw new ReconcileException($"could not get remote cluster: Secret \"{name}\" not found");
            string kubeconfig = Encoding.UTF8.GetString(Convert.FromBase64String((string)found["data"]!.AsObject().First().Value!));
            _connections[name] = far = ClusterApiConnection.FromKubeconfig(kubeconfig);
        }
        try
        {
            await InstallAsync(far, remote, authority, ns);
        }
        catch (Exception e) when (e is ClusterApiException or HttpRequestException)
        {
            throw new ReconcileException($"could not reconcile remote istio: could not reconcile: {e.Message}");
        }
    }

    private async Task InstallAsync(ClusterApi far, JsonObject remote, JsonObject authority, string ns)
    {
        await new OwnedObjects(far, null, "manager", cancel).EnsureAsync(Definitions, MeshObjects.Definition("istio.banzaicloud.io", "v1beta1", "Istio", "istios", true));
        JsonObject istio = (await api.ListAsync("apis/istio.banzaicloud.io/v1beta1/istios", cancel)) is [var only] ? only : throw new ReconcileException("istio resource not found");
        JsonObject config = MeshObjects.Named("istio.banzaicloud.io/v1beta1", "Istio", "istio-config");
        config["metadata"]!["namespace"] = ns;
        config["spec"] = istio["spec"]!.DeepClone();
        config["spec"]!["autoInjectionNamespaces"] = remote["spec"]?["autoInjectionNamespaces"]?.DeepClone();
        config = await ServedAsync(async () =>
        {
            string collection = $"apis/istio.banzaicloud.io/v1beta1/namespaces/{ns}/istios";
            return await far.FindAsync($"{collection}/istio-config", cancel) is null
                ? await far.PostAsync(collection, config, "manager", cancel)
                : await far.PatchAsync($"{collection}/istio-config", config, "manager", cancel);
        });
        BanzaiDefaults.Apply(config);

        var owned = new OwnedObjects(far, OwnedObjects.Owner(config), "manager", cancel);
        JsonObject certificates = MeshObjects.Named("v1", "Secret", "cacerts");
        certificates["data"] = new JsonObject
        {
            ["root-cert.pem"] = authority["data"]!["ca-cert.pem"]!.DeepClone(),
            ["ca-cert.pem"] = authority["data"]!["ca-cert.pem"]!.DeepClone(),
            ["ca-key.pem"] = authority["data"]?["ca-key.pem"]?.DeepClone() ?? "",
            ["cert-chain.pem"] = "",
        };
        await owned.EnsureAsync($"api/v1/namespaces/{ns}/secrets", certificates);
        foreach (JsonNode? service in remote["spec"]?["enabledServices"]?.AsArray() ?? [])
            await ServeAsync(owned, ns, (string)service!["name"]!);
        foreach ((string collection, JsonObject item, bool wanted) in new BanzaiObjects(config, admission).Remote())
            await owned.EnsureAsync(collection, item, wanted);
        await BanzaiOperator.LabelNamespacesAsync(far, Json.Texts(config, "spec", "autoInjectionNamespaces"), cancel);
    }

    /// <summary>A Service of the control plane as it is at home, without a selector, and its Endpoints.</summary>
    private async Task ServeAsync(OwnedObjects owned, string ns, string name)
    {
        if (await api.FindAsync($"api/v1/namespaces/{ns}/services/{name}", cancel) is not { } home)
            return;
        var ports = new JsonArray([.. home["spec"]!["ports"]!.AsArray().Select(port => new JsonObject { ["name"] = (string?)port!["name"], ["port"] = (int)port["port"]!, ["protocol"] = "TCP" })]);
        JsonObject service = MeshObjects.Named("v1", "Service", name);
        service["spec"] = new JsonObject { ["clusterIP"] = "None", ["ports"] = ports.DeepClone() };
        await owned.EnsureAsync($"api/v1/namespaces/{ns}/services", service);
        // The real one names the pods' addresses; here that is this machine's own, which no Endpoints may have.
        JsonObject endpoints = MeshObjects.Named("v1", "Endpoints", name);
        endpoints["subsets"] = new JsonArray(new JsonObject { ["addresses"] = new JsonArray(new JsonObject { ["ip"] = (string)home["spec"]!["clusterIP"]! }), ["ports"] = ports });
        await owned.EnsureAsync($"api/v1/namespaces/{ns}/endpoints", endpoints);
    }

    private async Task LeaveAsync(ClusterApi far, string ns)
    {
        string path = $"apis/istio.banzaicloud.io/v1beta1/namespaces/{ns}/istios/istio-config";
        if (await far.FindAsync(path, cancel) is not { } config)
            return;
        await far.DeleteAsync(path, cancel: cancel);
        // The garbage collector's work, as OwnedObjects says; with the rights of the account, which made them all.
        await OwnedObjects.CollectAsync(far, (string)config["metadata"]!["uid"]!,
            [.. BanzaiObjects.Collections(ns), $"api/v1/namespaces/{ns}/secrets", $"api/v1/namespaces/{ns}/endpoints"], cancel);
    }

    /// <summary>A definition that was just made is not served at once.</summary>
    private async Task<JsonObject> ServedAsync(Func<Task<JsonObject>> write)
    {
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                return await write();
            }
            catch (ClusterApiException e) when (e.Status == HttpStatusCode.NotFound && !e.Message.Contains("namespaces", StringComparison.Ordinal) && attempt < 100)
            {
                await Task.Delay(50, cancel);
            }
        }
    }

    private Task<JsonObject> HoldAsync(string path, IReadOnlyList<string> finalizers) => api.PatchAsync(path,
        new JsonObject { ["metadata"] = new JsonObject { ["finalizers"] = new JsonArray([.. finalizers.Select(finalizer => (JsonNode)finalizer)]) } }, "manager", cancel);
}
