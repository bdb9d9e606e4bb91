using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Failures;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Workloads;

namespace IstioAdmin.Core.Redirection.Repair;

/// <summary>Evicts pods: the server deletes them only when no PodDisruptionBudget objects.</summary>
/// <remarks>Rules: kubernetes pkg/registry/core/pod/storage/eviction.go.</remarks>
internal sealed class PodEviction
{
    private readonly MeshCluster _cluster;
    private readonly IReporter _reporter;
    private string? _version;

    public PodEviction(MeshCluster cluster, IReporter reporter)
    {
        _cluster = cluster;
        _reporter = reporter;
    }

    /// <summary>Evicts a pod, and asks again once a second while a disruption budget objects.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="wait">How long to ask; null asks once.</param>
    /// <param name="cancel">Stops asking.</param>
    /// <returns>False if the pod is gone already.</returns>
    /// <exception cref="MeshException">A budget objected to the end (<c>EvictionBlocked</c>), or the server refused.</exception>
    public async Task<bool> EvictAsync(MeshPod pod, TimeSpan? wait, CancellationToken cancel)
    {
        bool gone = false;
        string? blocked = null;
        bool done = await Polling.UntilAsync(async token =>
        {
            (bool accepted, gone, blocked) = await TryAsync(pod, token).ConfigureAwait(false);
            if (accepted || gone)
                return true;
            _reporter.Progress($"Evicting {pod}", blocked ?? "a disruption budget objects");
            // Asked once, unless there is time.
            return wait is null;
        }, wait ?? TimeSpan.FromSeconds(60), cancel).ConfigureAwait(false);
        if (done && (blocked is null || gone))
            return !gone;
        throw new MeshException("EvictionBlocked", FailureKind.Conflict,
            $"{_cluster.Server}: pod {pod} was not evicted{(wait is { } time ? $" within {time.TotalSeconds:0.#} s" : "")}: {blocked ?? "the server did not answer"}.",
            "Wait until more of the workload's pods are healthy, or add replicas, then run the command again; -Timeout waits longer. If the broken pods themselves count as unhealthy, "
            + "set unhealthyPodEvictionPolicy of the budget to AlwaysAllow (Kubernetes 1.27).", pod);
    }

    private async Task<(bool Accepted, bool Gone, string? Blocked)> TryAsync(MeshPod pod, CancellationToken cancel)
    {
        KubeClient client = _cluster.Client;
        KubeSubject about = KubeResource.Pods.Subject("create", pod.Namespace, pod.Name, "eviction");
        var options = new JsonObject();
        if (pod.Uid is not null)
            options["preconditions"] = new JsonObject { ["uid"] = pod.Uid };
        var eviction = new JsonObject
        {
            ["apiVersion"] = _version ??= await VersionAsync(client, cancel).ConfigureAwait(false),
            ["kind"] = "Eviction",
            ["metadata"] = new JsonObject { ["name"] = pod.Name, ["namespace"] = pod.Namespace },
            ["deleteOptions"] = options,
        };
        using var request = new HttpRequestMessage(HttpMethod.Post, KubeResource.Pods.Path(pod.Namespace, pod.Name, "eviction"))
        {
            Content = new StringContent(eviction.ToJsonString(), new MediaTypeHeaderValue("application/json")),
        };
        using HttpResponseMessage response = await client.ExchangeAsync(request, about, cancel).ConfigureAwait(false);
        if (response.IsSuccessStatusCode)
            return (true, false, null);
        MeshException failure = await KubeFailure.FromResponseAsync(response, client, about, cancel).ConfigureAwait(false);
        return failure is not KubeStatusException status ? throw failure : status.StatusCode switch
        {
            HttpStatusCode.NotFound => (false, true, null),
            // The uid in the way of a conflict: another pod has its name by now.
            HttpStatusCode.Conflict when status.Message.Contains("uid", StringComparison.OrdinalIgnoreCase) => (false, true, null),
            HttpStatusCode.TooManyRequests => (false, false, Words(status)),
            // Several budgets for one pod: no waiting helps.
            HttpStatusCode.InternalServerError when status.Message.Contains("PodDisruptionBudget", StringComparison.Ordinal) => throw new MeshException(
                "EvictionBlocked", FailureKind.Conflict, status.Message, "Leave the pod one PodDisruptionBudget.", pod, status),
            _ => throw failure,
        };
    }

    private static string Words(KubeStatusException refused)
    {
        string?[] words = [refused.Status?.Message?.TrimEnd('.'), .. refused.Status?.Causes.Select(cause => cause.Message) ?? []];
        return string.Join("; ", words.Where(part => !string.IsNullOrEmpty(part)).Distinct()) is { Length: > 0 } text ? text : refused.Message;
    }

    /// <summary>The version of evictions that the server takes: <c>policy/v1</c> since Kubernetes 1.22, before that <c>policy/v1beta1</c>.</summary>
    private static async Task<string> VersionAsync(KubeClient client, CancellationToken cancel)
    {
        JsonObject? core = await client.GetPathAsync("api/v1", new KubeSubject("discover", "v1"), cancel).ConfigureAwait(false);
        JsonObject? entry = (core?["resources"] as JsonArray)?.OfType<JsonObject>().FirstOrDefault(resource => (string?)resource["name"] == "pods/eviction");
        return $"policy/{(string?)entry?["version"] ?? "v1"}";
    }
}
