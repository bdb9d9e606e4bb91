using System.Globalization;
using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Listing;
using IstioAdmin.Core.Workloads;

namespace IstioAdmin.Core.Cni.Migration;

/// <summary>
/// Whether a Deployment may be restarted without hurting a PodDisruptionBudget. The server asks budgets about evictions only; a rollout deletes pods
/// past them, so it has to leave as many available as the budgets want by itself.
/// </summary>
internal static class DisruptionBudgets
{
    // policy/v1 since Kubernetes 1.21, v1beta1 until 1.24.
    private static readonly KubeResource[] Versions =
    [
        new("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", true),
        new("policy", "v1beta1", "poddisruptionbudgets", "PodDisruptionBudget", true),
    ];

    /// <returns>Why not, as a phrase; null when it may.</returns>
    public static async Task<string?> ObjectionAsync(KubeClient client, WorkloadReference workload, CancellationToken cancel)
    {
        JsonObject? live = await client.GetAsync(WorkloadKind.Find(workload.Kind)!.Resource, workload.Namespace, workload.Name, cancel).ConfigureAwait(false);
        int replicas = (int?)live.At("spec", "replicas") ?? 1;
        int kept = replicas - MostUnavailable(live, replicas);
        var labels = live.At("spec", "template", "metadata", "labels") as JsonObject;
        try
        {
            foreach (JsonObject budget in await ListAsync(client, workload.Namespace, cancel).ConfigureAwait(false))
            {
                if (!Selects(budget.At("spec", "selector"), labels))
                    continue;
                int wanted = (int?)budget.At("status", "desiredHealthy") ?? replicas;
                if (kept < wanted)
                    return $"a rollout may leave {kept} of {replicas} pods available, and the disruption budget {budget.Metadata("name")} wants {wanted}";
            }
            return null;
        }
        catch (MeshException e) when (e.Kind == FailureKind.Forbidden)
        {
            return "disruption budgets may not be listed, so the server is asked pod by pod";
        }
    }

    private static async Task<IReadOnlyList<JsonObject>> ListAsync(KubeClient client, string ns, CancellationToken cancel)
    {
        foreach (KubeResource version in Versions)
        {
            if (await client.FindResourceAsync(version.ApiVersion, version.Kind, cancel).ConfigureAwait(false) is null)
                continue;
            List<JsonObject> budgets = [];
            await foreach (JsonObject budget in client.ListObjectsAsync(version, new ListQuery(ns), cancel).ConfigureAwait(false))
                budgets.Add(budget);
            return budgets;
        }
        return [];
    }

    // Percentages are rounded down (kubernetes pkg/controller/deployment/util/deployment_util.go, ResolveFenceposts); where surge and unavailable are
    // both zero one pod may go.
    private static int MostUnavailable(JsonObject? live, int replicas)
    {
        if (live.At("spec", "strategy", "type").Text() == "Recreate")
            return replicas;
        JsonNode? rolling = live.At("spec", "strategy", "rollingUpdate");
        int unavailable = Resolve(rolling.At("maxUnavailable"), replicas, false);
        return unavailable == 0 && Resolve(rolling.At("maxSurge"), replicas, true) == 0 ? 1 : unavailable;
    }

    private static int Resolve(JsonNode? value, int replicas, bool up)
    {
        if (value is JsonValue given && given.TryGetValue(out int number))
            return number;
        string text = value.Text() ?? "25%";
        double share = double.TryParse(text.TrimEnd('%'), NumberStyles.Float, CultureInfo.InvariantCulture, out double percent) ? replicas * percent / 100 : 0;
        return (int)(up ? Math.Ceiling(share) : Math.Floor(share));
    }

    private static bool Selects(JsonNode? selector, JsonObject? labels)
    {
        if (selector is null)
            return false;
        bool matched = (selector.At("matchLabels") as JsonObject ?? []).All(label => labels?[label.Key].Text() == label.Value.Text());
        return matched && (selector.At("matchExpressions") as JsonArray ?? []).All(term =>
        {
            string? has = labels?[term.At("key").Text() ?? ""].Text();
            bool among = has is not null && term.At("values").Texts()?.Contains(has) == true;
            return term.At("operator").Text() switch { "In" => among, "NotIn" => !among, "Exists" => has is not null, "DoesNotExist" => has is null, _ => true };
        });
    }
}
