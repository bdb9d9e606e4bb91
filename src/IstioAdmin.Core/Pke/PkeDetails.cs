using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Pke;

/// <summary>A pod as Pipeline tells of it.</summary>
/// <param name="Namespace">Namespace.</param>
/// <param name="Name">Name.</param>
/// <param name="Ready">Whether its condition Ready holds.</param>
/// <param name="RestartPolicy">Always, OnFailure or Never.</param>
/// <param name="CreatedAt">When it was made, by the server's clock.</param>
/// <param name="Labels">Its labels.</param>
/// <param name="Resources">What it asks for.</param>
public sealed record PkePod(
    string Namespace, string Name, bool Ready, string? RestartPolicy, DateTimeOffset? CreatedAt, IReadOnlyDictionary<string, string> Labels, PkeResources? Resources)
{
    /// <summary>Namespace and name.</summary>
    public override string ToString() => $"{Namespace}/{Name}";
}

/// <summary>A node as Pipeline tells of it.</summary>
/// <param name="Name">Name.</param>
/// <param name="NodePool">The pool that it belongs to; null when no label says so.</param>
/// <param name="Ready">Whether its condition Ready holds.</param>
/// <param name="IsMaster">Whether it carries the control plane.</param>
/// <param name="Version">Version of its kubelet.</param>
/// <param name="Runtime">Its container runtime with version.</param>
/// <param name="CreatedAt">When it joined, by the server's clock.</param>
/// <param name="Labels">Its labels.</param>
public sealed record PkeNode(
    string Name, string? NodePool, bool Ready, bool IsMaster, string? Version, string? Runtime, DateTimeOffset? CreatedAt, IReadOnlyDictionary<string, string> Labels)
{
    /// <summary>The name.</summary>
    public override string ToString() => Name;
}

/// <summary>A service that can be reached from outside.</summary>
/// <param name="Name">Name of the service.</param>
/// <param name="Host">Its public address.</param>
/// <param name="Urls">What is served there.</param>
public sealed record PkeEndpoint(string Name, string? Host, IReadOnlyList<string> Urls)
{
    /// <summary>Name and address.</summary>
    public override string ToString() => $"{Name} {Host}";
}

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
