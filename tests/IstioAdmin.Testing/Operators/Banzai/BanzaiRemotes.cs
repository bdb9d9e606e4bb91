using System.Text;
using System.Text.Json.Nodes;

namespace IstioAdmin.Testing.Operators.Banzai;

/// <summary>
/// The RemoteIstio resources of <see cref="BanzaiOperator"/>: what they need, in the order in which the operator misses it. The remote cluster is not
/// contacted.
/// </summary>
internal sealed class BanzaiRemotes(BanzaiOperator banzai, ClusterApi api, OperatorTimes times, CancellationToken cancel)
{
    private const string Finalizer = "remote-istio-operator.finializer.banzaicloud.io";

    public async Task<TimeSpan?> ReconcileAsync(string path)
    {
        if (await api.FindAsync(path, cancel) is not { } remote)
            return null;
        string ns = (string)remote["metadata"]!["namespace"]!, name = (string)remote["metadata"]!["name"]!;
        var finalizers = (remote["metadata"]!["finalizers"]?.AsArray() ?? []).Select(finalizer => (string)finalizer!).ToList();
        if (remote["metadata"]!["deletionTimestamp"] is not null)
        {
            finalizers.Remove(Finalizer);
            await HoldAsync(path, finalizers);
            return null;
        }
        if (!finalizers.Contains(Finalizer))
        {
            await banzai.SetStatusAsync(path, "Created", "");
            await HoldAsync(path, [.. finalizers, Finalizer]);
            return TimeSpan.Zero;
        }
        await banzai.SetStatusAsync(path, "Reconciling", "");
        if (await MissingAsync(ns, name) is { } missing)
        {
            await banzai.SetStatusAsync(path, "ReconcileFailed", missing);
            return times.Retry;
        }
        await api.PatchAsync($"api/v1/namespaces/{ns}/secrets/{name}", Json.Parse("""{"metadata":{"labels":{"istio/multiCluster":"true"}}}"""), "manager", cancel);
        await banzai.SetStatusAsync(path, "Available", "");
        return null;
    }

    private async Task<string?> MissingAsync(string ns, string name)
    {
        if (await api.FindAsync($"api/v1/namespaces/{ns}/secrets/istio-ca-secret", cancel) is null)
            return "could not populate sign certs: Secret \"istio-ca-secret\" not found";
        if (await api.FindAsync($"api/v1/namespaces/{ns}/secrets/{name}", cancel) is not { } secret)
            return $"could not get remote cluster: Secret \"{name}\" not found";
        string kubeconfig = Encoding.UTF8.GetString(Convert.FromBase64String((string)secret["data"]!.AsObject().First().Value!));
        return kubeconfig.Contains("server", StringComparison.Ordinal) ? null : "could not get remote cluster: no server in the kubeconfig";
    }

    private Task<JsonObject> HoldAsync(string path, IReadOnlyList<string> finalizers) => api.PatchAsync(path,
        new JsonObject { ["metadata"] = new JsonObject { ["finalizers"] = new JsonArray([.. finalizers.Select(finalizer => (JsonNode)finalizer)]) } }, "manager", cancel);
}
