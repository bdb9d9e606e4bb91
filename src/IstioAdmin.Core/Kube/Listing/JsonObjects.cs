using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Kube.Listing;

/// <summary>Lists any resource as whole JSON objects, each with its <c>apiVersion</c> and <c>kind</c>.</summary>
public static class JsonObjects
{
    /// <summary>The reader.</summary>
    public static IPageReader<JsonObject> Reader { get; } = new JsonPageReader<JsonObject>(Read, KeyOf);

    /// <summary>Lists objects; see <see cref="KubeListing.ListAsync"/>.</summary>
    /// <exception cref="MeshException">The list could not be read.</exception>
    public static IAsyncEnumerable<JsonObject> ListObjectsAsync(this KubeClient client, KubeResource resource, ListQuery query, CancellationToken cancel) =>
        client.ListAsync(resource, query, Reader, cancel);

    /// <summary>An object's namespace and name; empty where it has none.</summary>
    public static ObjectKey KeyOf(JsonObject item) => new(item.Metadata("namespace"), item.Metadata("name") ?? "");

    /// <summary>A string of an object's metadata, or null.</summary>
    internal static string? Metadata(this JsonObject item, string field) =>
        item["metadata"] is JsonObject metadata && metadata[field] is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private static JsonObject Read(ReadOnlySequence<byte> json, JsonListItem item)
    {
        var reader = new Utf8JsonReader(json);
        var found = (JsonObject)JsonNode.Parse(ref reader)!;
        if (found.ContainsKey("kind") && found.ContainsKey("apiVersion"))
            return found;
        // In front, where everybody looks for them.
        var whole = new JsonObject { ["apiVersion"] = item.ApiVersion, ["kind"] = item.Kind };
        foreach ((string name, JsonNode? value) in found.ToArray())
        {
            found.Remove(name);
            whole[name] = value;
        }
        return whole;
    }
}
