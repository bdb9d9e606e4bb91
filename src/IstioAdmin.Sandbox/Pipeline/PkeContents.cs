using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;
using IstioAdmin.Sandbox.Controllers;

namespace IstioAdmin.Sandbox.Pipeline;

/// <summary>What Pipeline tells of a cluster's inside, read from its API.</summary>
internal static class PkeContents
{
    /// <summary>Its nodes, without what a list's items do not have.</summary>
    public static async Task<JsonNode> NodesAsync(ClusterApi api, CancellationToken cancel)
    {
        IReadOnlyList<JsonObject> nodes = await api.ListAsync("api/v1/nodes", cancel).ConfigureAwait(false);
        return new JsonArray([.. nodes.Select(node => Keep(node, "metadata", "spec", "status"))]);
    }

    /// <summary>Its pods.</summary>
    public static async Task<JsonNode> PodsAsync(ClusterApi api, CancellationToken cancel)
    {
        IReadOnlyList<JsonObject> pods = await api.ListAsync(Pods.Path, cancel).ConfigureAwait(false);
        return new JsonArray([.. pods.Select(pod => new JsonObject
        {
            ["name"] = Meta.Name(pod),
            ["namespace"] = Meta.Namespace(pod),
            ["createdAt"] = Json.Text(pod, "metadata", "creationTimestamp"),
            ["labels"] = Meta.Labels(pod)?.DeepClone() ?? new JsonObject(),
            ["restartPolicy"] = Json.Text(pod, "spec", "restartPolicy"),
            ["conditions"] = new JsonArray([.. Meta.Items(pod, "status", "conditions").Select(condition => Keep(condition, "type", "status", "lastProbeTime", "lastTransitionTime"))]),
        })]);
    }

    /// <summary>The Services that have an address of a load balancer (<c>internal/cluster/endpoints/endpoints.go</c>).</summary>
    public static async Task<JsonNode> EndpointsAsync(ClusterApi api, CancellationToken cancel)
    {
        var endpoints = new JsonArray();
        foreach (JsonObject service in await api.ListAsync("api/v1/services", cancel).ConfigureAwait(false))
        {
            if (Meta.Items(service, "status", "loadBalancer", "ingress").FirstOrDefault() is { } ingress && (Json.Text(ingress, "hostname") ?? Json.Text(ingress, "ip")) is { } host)
                endpoints.Add(new JsonObject { ["name"] = Meta.Name(service), ["host"] = host, ["urls"] = new JsonArray() });
        }
        return endpoints;
    }

    private static JsonObject Keep(JsonObject item, params string[] fields) =>
        new(fields.Where(item.ContainsKey).Select(field => KeyValuePair.Create(field, item[field]?.DeepClone())));
}
