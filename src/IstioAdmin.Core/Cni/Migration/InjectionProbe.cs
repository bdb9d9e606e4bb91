using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Workloads;

namespace IstioAdmin.Core.Cni.Migration;

/// <summary>What the injector makes of a workload's next pod.</summary>
internal enum InjectedPod
{
    /// <summary>That could not be asked.</summary>
    Unknown,

    /// <summary>A sidecar without istio-init.</summary>
    WithoutInit,

    /// <summary>A sidecar with istio-init.</summary>
    WithInit,

    /// <summary>No sidecar.</summary>
    None,
}

/// <summary>
/// Asks the API server, in a dry run, what a workload's next pod would be. The injector reads its ConfigMap through a mounted file, which the kubelet
/// renews only after a while; pods that are replaced before that come out as they were.
/// </summary>
internal static class InjectionProbe
{
    public static async Task<InjectedPod> AskAsync(KubeClient client, WorkloadReference workload, IReporter reporter, CancellationToken cancel)
    {
        JsonObject? live = await client.GetAsync(WorkloadKind.Find(workload.Kind)!.Resource, workload.Namespace, workload.Name, cancel).ConfigureAwait(false);
        if (live.At("spec", "template", "spec") is not JsonObject spec || await client.KnowsDryRunAsync(cancel).ConfigureAwait(false) == false)
            return InjectedPod.Unknown;
        var metadata = new JsonObject { ["generateName"] = "istioadmin-probe-", ["namespace"] = workload.Namespace };
        foreach (string field in new[] { "labels", "annotations" })
        {
            if (live.At("spec", "template", "metadata", field) is { } value)
                metadata[field] = value.DeepClone();
        }
        var pod = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Pod", ["metadata"] = metadata, ["spec"] = spec.DeepClone() };
        KubeSubject about = KubeResource.Pods.Subject("create", workload.Namespace);
        using var request = new HttpRequestMessage(HttpMethod.Post, KubeResource.Pods.Path(workload.Namespace) + "?dryRun=All")
        {
            Content = new StringContent(pod.ToJsonString(), new MediaTypeHeaderValue("application/json")),
        };
        try
        {
            using HttpResponseMessage response = await client.SendAsync(request, about, cancel).ConfigureAwait(false);
            JsonNode? made = JsonNode.Parse(await response.Content.ReadAsByteArrayAsync(cancel).ConfigureAwait(false));
            return Judge(made.At("spec"));
        }
        catch (MeshException e) when (e.Kind is not (FailureKind.Connection or FailureKind.Unauthenticated))
        {
            // Webhooks without sideEffects refuse dry runs, and so may quotas and roles: the pods themselves will tell then.
            reporter.Detail($"What the injector makes of {workload} cannot be asked beforehand: {e.Message}");
            return InjectedPod.Unknown;
        }
    }

    private static readonly string[] Lists = ["initContainers", "containers"];

    private static InjectedPod Judge(JsonNode? spec)
    {
        HashSet<string?> names = [.. Lists.SelectMany(list => spec.At(list) as JsonArray ?? []).Select(container => container.At("name").Text())];
        if (!names.Contains("istio-proxy"))
            return InjectedPod.None;
        return names.Contains(MigrationPlanner.Init) ? InjectedPod.WithInit : InjectedPod.WithoutInit;
    }
}
