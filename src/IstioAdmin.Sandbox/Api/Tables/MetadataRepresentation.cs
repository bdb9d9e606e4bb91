using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Api.Requests;
using IstioAdmin.Sandbox.Http;

namespace IstioAdmin.Sandbox.Api.Tables;

/// <summary>Objects without all but their metadata.</summary>
internal sealed class MetadataRepresentation(string version) : IRepresentation
{
    /// <inheritdoc/>
    public string ContentType => "application/json";

    /// <inheritdoc/>
    public JsonObject Single(ResourceRequest request, HttpQuery query, JsonObject item) => Reduce(item, version);

    /// <inheritdoc/>
    public JsonObject List(ResourceRequest request, HttpQuery query, JsonObject metadata, IEnumerable<JsonObject> items) => new()
    {
        ["kind"] = "PartialObjectMetadataList",
        ["apiVersion"] = $"meta.k8s.io/{version}",
        ["metadata"] = metadata,
        ["items"] = new JsonArray([.. items.Select(item => Reduce(item, version))]),
    };

    /// <inheritdoc/>
    public JsonObject Watched(ResourceRequest request, HttpQuery query, JsonObject item, bool isFirst) => Reduce(item, version);

    /// <summary>An object's metadata as an object of its own.</summary>
    public static JsonObject Reduce(JsonObject item, string version) => new()
    {
        ["kind"] = "PartialObjectMetadata",
        ["apiVersion"] = $"meta.k8s.io/{version}",
        ["metadata"] = item["metadata"]?.DeepClone() ?? new JsonObject(),
    };
}
