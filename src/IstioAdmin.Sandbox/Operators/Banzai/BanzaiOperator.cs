using System.Net;
using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Operators.Banzai;

/// <summary>
/// Stands in for Banzai Cloud's Istio operator 1.1, as observed: statuses without observedGeneration, defaults written into the spec together with the
/// finalizer, Available that is stale for a while after a change, second rounds, ReconcileFailed with a message that is tried again, a resource that stays
/// Reconciling for ever when the operator was killed, Unmanaged when it was stopped, leftovers of cluster scope.
/// </summary>
/// <remarks>
/// What follows from the API server and its controllers is left to them: they garbage-collect, refuse a nodePort on a ClusterIP Service, and roll out the
/// Deployments. Not played: it does not watch what it created, and does not repair it.
/// </remarks>
internal sealed class BanzaiOperator(PodContext context, OperatorTimes times, OperatorFaults faults, IAdmissionEndpoints admission)
    : OperatorProgram(context, times, faults)
{
    private const string Finalizer = "istio-operator.finializer.banzaicloud.io";
    private const string Validation = "/validate-istio-config";

    /// <summary>What istio-init runs in the pods that its injector makes; null for what its image does.</summary>
    public string? InitScript { get; init; }

    /// <summary>What the CNI agents run, for real nodes where their image is a stand-in; null for what their image does.</summary>
    public string? AgentScript { get; init; }

    private readonly HashSet<string> _authorities = new(StringComparer.Ordinal);
    private readonly HashSet<string> _secondRounds = new(StringComparer.Ordinal);
    private BanzaiRemotes? _remotes;

    private const string Istios = "apis/istio.banzaicloud.io/v1beta1/istios";
    private const string RemoteIstios = "apis/istio.banzaicloud.io/v1beta1/remoteistios";

    protected override IReadOnlyList<string> Collections { get; } = [Istios, RemoteIstios];

    protected override async Task EnterAsync()
    {
        admission.Handle(Validation, ValidateAsync);
        JsonObject webhook = MeshObjects.Named("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "istio-operator-webhook");
        webhook["webhooks"] = JsonNode.Parse($$$"""
            [{"name":"istio.validation.banzaicloud.io","failurePolicy":"Fail","sideEffects":"None","admissionReviewVersions":["v1","v1beta1"],
              "clientConfig":{"caBundle":"{{{admission.CaBundle}}}","url":"{{{admission.Url(Validation)}}}"},
              "rules":[{"operations":["CREATE"],"apiGroups":["istio.banzaicloud.io"],"apiVersions":["v1beta1"],"resources":["istios"],"scope":"*"}]}]
            """);
        await new OwnedObjects(Api, null, Manager, End).EnsureAsync("apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations", webhook);
    }

    /// <summary>One mesh a cluster: refuses a second one, in a dry run too.</summary>
    private async Task<Review> ValidateAsync(JsonObject request) =>
        (await Api.ListAsync(Istios)).Count == 0 ? Review.Allowed : new Review("istio config resource already exists", 400);

    protected override Task<TimeSpan?> ReconcileAsync(string path) =>
        path.Contains("/remoteistios/", StringComparison.Ordinal) ? (_remotes ??= new BanzaiRemotes(this, Api, Times, admission, End)).ReconcileAsync(path) : ReconcileIstioAsync(path);

    /// <summary>The work of a round that a RemoteIstio has.</summary>
    internal Task WorkAsync() => LabourAsync();

    private async Task<TimeSpan?> ReconcileIstioAsync(string path)
    {
        if (await Api.FindAsync(path, End) is not { } istio)
            return null;
        BanzaiDefaults.Apply(istio);
        string? status = Json.Text(istio, "status", "Status");
        if (string.IsNullOrEmpty(status))
        {
            istio = await SetStatusAsync(path, "Created", "");
            BanzaiDefaults.Apply(istio);
        }
        var finalizers = istio["metadata"]!["finalizers"] as JsonArray;
        bool held = finalizers?.Any(finalizer => (string?)finalizer == Finalizer) == true;
        if (istio["metadata"]!["deletionTimestamp"] is not null)
        {
            // "cannot remove Istio while reconciling", and nothing asks again: with a status that a killed operator left, never.
            if (!held || (status == "Reconciling" && string.IsNullOrEmpty(Json.Text(istio, "status", "ErrorMessage"))))
                return null;
            await HandOverSecretsAsync((string)istio["metadata"]!["namespace"]!);
            await SetFinalizerAsync(path, istio, false);
            string home = (string)istio["metadata"]!["namespace"]!;
            await OwnedObjects.CollectAsync(Context.Cluster, (string)istio["metadata"]!["uid"]!, BanzaiObjects.Collections(home), End);
            return null;
        }
        if (!held)
        {
            await SetFinalizerAsync(path, istio, true);
            return TimeSpan.Zero;
        }
        if (status == "Reconciling")
            return Times.Retry;

        await SetStatusAsync(path, "Reconciling", "");
        try
        {
            await LabourAsync();
            JsonArray? addresses = await MakeAsync(istio);
            await SetStatusAsync(path, "Available", "", addresses);
            if (_secondRounds.Add($"{path} {istio["metadata"]!["generation"]}"))
                return Times.SecondRound;
            // What changed while it worked was held back.
            return (await Api.FindAsync(path, End))?["metadata"]!["deletionTimestamp"] is null ? null : TimeSpan.Zero;
        }
        catch (Exception e) when (e is ReconcileException || (e is ClusterApiException refused && refused.Status != HttpStatusCode.Conflict))
        {
            await SetStatusAsync(path, "ReconcileFailed", e.Message);
            return Times.Retry;
        }
    }

    private async Task<JsonArray?> MakeAsync(JsonObject istio)
    {
        string ns = (string)istio["metadata"]!["namespace"]!;
        admission.Handle("/inject", new Injector(Context.Cluster, ns, "istio-sidecar-injector", null) { InitScript = InitScript }.ReviewAsync);
        var owned = new OwnedObjects(Api, OwnedObjects.Owner(istio), Manager, End);
        foreach ((string collection, JsonObject item, bool wanted) in new BanzaiObjects(istio, admission) { AgentScript = AgentScript }.All())
            await EnsureServedAsync(owned, collection, item, wanted);
        // Citadel's, not the operator's own: without an owner, and made when Citadel starts.
        JsonObject authority = MeshObjects.Named("v1", "Secret", "istio-ca-secret");
        authority["type"] = "istio.io/ca-root";
        authority["data"] = Json.Parse("""{"ca-cert.pem":"Y2VydA==","ca-key.pem":"a2V5"}""");
        if (_authorities.Add((string)istio["metadata"]!["uid"]!) && await Api.FindAsync($"api/v1/namespaces/{ns}/secrets/istio-ca-secret", End) is null)
            await Context.Cluster.PostAsync($"api/v1/namespaces/{ns}/secrets", authority, "citadel", End);
        await LabelNamespacesAsync(Api, Json.Texts(istio, "spec", "autoInjectionNamespaces"), End);
        return await AddressesAsync(ns, istio["spec"]!);
    }

    /// <summary>A definition that was just made is not served at once.</summary>
    private async Task EnsureServedAsync(OwnedObjects owned, string collection, JsonObject item, bool wanted)
    {
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                await owned.EnsureAsync(collection, item, wanted);
                return;
            }
            catch (ClusterApiException e) when (e.Status == HttpStatusCode.NotFound && collection.Contains(".istio.io/", StringComparison.Ordinal) && attempt < 100)
            {
                await Task.Delay(50, End);
            }
        }
    }

    /// <returns>Null when the gateways are off.</returns>
    private async Task<JsonArray?> AddressesAsync(string ns, JsonNode spec)
    {
        if (Json.Flag(spec, "gateways", "enabled") != true || Json.Flag(spec, "gateways", "ingress", "enabled") != true)
            return null;
        JsonObject service = await Api.GetAsync($"api/v1/namespaces/{ns}/services/istio-ingressgateway", End);
        switch (Json.Text(service, "spec", "type"))
        {
            case "ClusterIP":
                return new JsonArray(Json.Text(service, "spec", "clusterIP"));
            case "LoadBalancer":
                return service["status"]!["loadBalancer"]?["ingress"]?[0]?["ip"] is { } address
                    ? new JsonArray((string)address!)
                    : throw new ReconcileException("ingress gateway endpoint address is pending");
            default:
                return [];
        }
    }

    internal static async Task LabelNamespacesAsync(ClusterApi api, IReadOnlyList<string> wanted, CancellationToken cancel)
    {
        foreach (JsonObject item in await api.ListAsync("api/v1/namespaces", cancel))
        {
            string name = (string)item["metadata"]!["name"]!;
            bool managed = Json.Text(item, "metadata", "labels", "istio-operator-managed-injection") == "enabled";
            bool labelled = managed && Json.Text(item, "metadata", "labels", "istio-injection") == "enabled";
            string? label = wanted.Contains(name) && !labelled ? "\"enabled\"" : managed && !wanted.Contains(name) ? "null" : null;
            if (label is not null)
            {
                await api.PatchAsync($"api/v1/namespaces/{name}",
                    Json.Parse($$$"""{"metadata":{"labels":{"istio-injection":{{{label}}},"istio-operator-managed-injection":{{{label}}} }} }"""), Manager, cancel);
            }
        }
    }

    /// <summary>Citadel's secrets get Citadel for an owner, and go when it does.</summary>
    private async Task HandOverSecretsAsync(string ns)
    {
        if (await Api.FindAsync($"apis/apps/v1/namespaces/{ns}/deployments/istio-citadel", End) is not { } citadel)
            return;
        JsonObject owner = OwnedObjects.Owner(citadel);
        foreach (JsonObject secret in await Api.ListAsync($"api/v1/namespaces/{ns}/secrets", End))
        {
            if (Json.Text(secret, "type")?.StartsWith("istio.io/", StringComparison.Ordinal) == true)
            {
                await Api.PatchAsync($"api/v1/namespaces/{ns}/secrets/{(string)secret["metadata"]!["name"]!}",
                    new JsonObject { ["metadata"] = new JsonObject { ["ownerReferences"] = new JsonArray(owner.DeepClone()) } }, Manager, End);
            }
        }
    }

    /// <summary>Writes the finalizer, and with it the whole object as it is in memory: every default.</summary>
    private async Task SetFinalizerAsync(string path, JsonObject istio, bool held)
    {
        var changed = (JsonObject)istio.DeepClone();
        changed["metadata"]!.AsObject().Remove("managedFields");
        var others = (changed["metadata"]!["finalizers"]?.AsArray() ?? []).Where(finalizer => (string?)finalizer != Finalizer).Select(finalizer => finalizer!.DeepClone());
        changed["metadata"]!["finalizers"] = held ? new JsonArray([.. others, Finalizer]) : new JsonArray([.. others]);
        await Api.PutAsync(path, changed, Manager, End);
    }

    /// <summary>Through the status subresource when the definition has one; with the object otherwise, as the real one does.</summary>
    internal async Task<JsonObject> SetStatusAsync(string path, string status, string message, JsonArray? addresses = null)
    {
        var patch = new JsonObject
        {
            ["status"] = new JsonObject { ["Status"] = status, ["ErrorMessage"] = message, ["GatewayAddress"] = addresses?.DeepClone() },
        };
        try
        {
            return await Api.PatchAsync($"{path}/status", patch, Manager, End);
        }
        catch (ClusterApiException e) when (e.Status == HttpStatusCode.NotFound)
        {
            return await Api.PatchAsync(path, patch, Manager, End);
        }
    }

    /// <summary>A clean stop: lets go of the resources and says so.</summary>
    protected override async Task LeaveAsync()
    {
        foreach (JsonObject istio in await Api.ListAsync(Istios, End))
        {
            string path = $"apis/istio.banzaicloud.io/v1beta1/namespaces/{(string)istio["metadata"]!["namespace"]!}/istios/{(string)istio["metadata"]!["name"]!}";
            await SetFinalizerAsync(path, istio, false);
            if (await Api.FindAsync(path, End) is not null)
                await SetStatusAsync(path, "Unmanaged", "");
        }
    }

    /// <summary>Its webhook stays and finds nobody. The injector runs in a pod of its own; it ends when its objects do.</summary>
    protected override Task ForgetAsync()
    {
        admission.Unhandle(Validation);
        _remotes?.Dispose();
        return Task.CompletedTask;
    }
}
