using System.Text.Json.Nodes;
using IstioAdmin.Core;

namespace IstioAdmin.Sandbox.Api.Connect;

/// <summary>Chooses the container that a request is about (<c>kubernetes/pkg/registry/core/pod/strategy.go</c>).</summary>
internal static class PodContainers
{
    private static readonly string[] Kinds = ["initContainers", "containers", "ephemeralContainers"];
    private static readonly string[] StatusKinds = ["initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"];

    /// <summary>The container's name.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="wanted">What was asked for; null for the only one that there is.</param>
    /// <exception cref="ApiException">400: there is no such container, or there are several.</exception>
    public static string Choose(JsonObject pod, string? wanted)
    {
        string name = pod.TextAt("metadata.name") ?? "";
        string[] all = [.. Kinds.SelectMany(kind => Names(pod, kind))];
        if (string.IsNullOrEmpty(wanted))
        {
            string[] main = [.. Names(pod, "containers")];
            return main.Length == 1 ? main[0] : throw BadRequest($"a container name must be specified for pod {name}, choose one of: [{string.Join(' ', all)}]");
        }
        return all.Contains(wanted) ? wanted : throw BadRequest($"container {wanted} is not valid for pod {name}");
    }

    /// <summary>What a container is at; null when nothing is known of it.</summary>
    public static JsonObject? Status(JsonObject pod, string container) => StatusKinds
        .SelectMany(kind => (pod.At("status")?[kind] as JsonArray ?? []).OfType<JsonObject>())
        .FirstOrDefault(status => status.TextAt("name") == container);

    /// <summary>A request that cannot be fulfilled.</summary>
    public static ApiException BadRequest(string message) => new(400, "BadRequest", message);

    private static IEnumerable<string> Names(JsonObject pod, string kind)
        => (pod.At("spec")?[kind] as JsonArray ?? []).Select(container => container.TextAt("name")).OfType<string>();
}
