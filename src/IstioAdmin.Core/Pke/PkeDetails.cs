using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Pke;

/// <summary>What Pipeline tells of a cluster's inside.</summary>
internal static class PkeDetails
{
    // banzaicloud/pipeline pkg/common/common.go, LabelKey.
    private const string PoolLabel = "nodepool.banzaicloud.io/name";

    private static readonly string[] MasterLabels = ["node-role.kubernetes.io/master", "node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master-worker"];

    public static async Task<IReadOnlyList<PkePod>> PodsAsync(PkeCluster cluster, CancellationToken cancel)
    {
        JsonNode? pods = await GetAsync(cluster, "pods", cancel).ConfigureAwait(false);
        return
        [
            .. Objects(pods).Select(pod => new PkePod(
                pod.TextAt("namespace") ?? "", pod.TextAt("name") ?? "", IsReady(pod["conditions"]), pod.TextAt("restartPolicy"),
                PkeReading.Time(pod["createdAt"]), PkeReading.Texts(pod["labels"]), PkeReading.Resources(pod["resourceSummary"]))),
        ];
    }

    public static async Task<IReadOnlyList<PkeNode>> NodesAsync(PkeCluster cluster, CancellationToken cancel)
    {
        JsonNode? nodes = await GetAsync(cluster, "nodes", cancel).ConfigureAwait(false);
        return [.. Objects(nodes.At("items")).Select(Node)];
    }

    public static async Task<IReadOnlyList<PkeEndpoint>> EndpointsAsync(PkeCluster cluster, CancellationToken cancel)
    {
        JsonNode? endpoints = await GetAsync(cluster, "endpoints", cancel).ConfigureAwait(false);
        return
        [
            .. Objects(endpoints.At("endpoints")).Select(endpoint => new PkeEndpoint(
                endpoint.TextAt("name") ?? "", endpoint.TextAt("host"), [.. Objects(endpoint["urls"]).Select(url => url.TextAt("url")).OfType<string>()])),
        ];
    }

    /// <remarks>Source: the API description's IntegratedServiceList, a map by name. What a service was told and what it answers may hold secrets, and is left out.</remarks>
    public static async Task<IReadOnlyList<PkeService>> ServicesAsync(PkeCluster cluster, CancellationToken cancel)
    {
        JsonNode? services = await GetAsync(cluster, "services", cancel).ConfigureAwait(false);
        return [.. (services as JsonObject ?? []).Where(service => service.Value is JsonObject).Select(service => new PkeService(service.Key, service.Value.TextAt("status") ?? ""))];
    }

    private static PkeNode Node(JsonObject node)
    {
        IReadOnlyDictionary<string, string> labels = PkeReading.Texts(node.At("metadata.labels"));
        return new PkeNode(
            node.TextAt("metadata.name") ?? "",
            labels.GetValueOrDefault(PoolLabel),
            IsReady(node.At("status.conditions")),
            MasterLabels.Any(labels.ContainsKey),
            node.TextAt("status.nodeInfo.kubeletVersion"),
            node.TextAt("status.nodeInfo.containerRuntimeVersion"),
            PkeReading.Time(node.At("metadata.creationTimestamp")),
            labels);
    }

    private static Task<JsonNode?> GetAsync(PkeCluster cluster, string what, CancellationToken cancel) =>
        cluster.Pipeline.Client.GetAsync($"{cluster.Path}/{what}", $"get the {what} of cluster '{cluster.Name}'", timeout: null, cancel);

    private static IEnumerable<JsonObject> Objects(JsonNode? list) => (list as JsonArray ?? []).OfType<JsonObject>();

    private static bool IsReady(JsonNode? conditions) =>
        Objects(conditions).Any(condition => condition.TextAt("type") == "Ready" && condition.TextAt("status") == "True");
}
