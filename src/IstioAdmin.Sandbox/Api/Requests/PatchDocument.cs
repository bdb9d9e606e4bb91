using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Api.Patching;
using IstioAdmin.Sandbox.Api.Resources;
using IstioAdmin.Sandbox.Http;

namespace IstioAdmin.Sandbox.Api.Requests;

/// <summary>A patch that a request carries.</summary>
/// <param name="MediaType">What kind of patch it is.</param>
/// <param name="Document">The patch.</param>
internal sealed record PatchDocument(string MediaType, JsonNode? Document)
{
    private const string JsonType = "application/json-patch+json";
    private const string MergeType = "application/merge-patch+json";
    private const string StrategicType = "application/strategic-merge-patch+json";
    private const string ApplyType = "application/apply-patch+yaml";

    private static readonly string[] All = [JsonType, MergeType, StrategicType, ApplyType];

    /// <summary>Whether it is a server-side apply.</summary>
    public bool IsApply => MediaType == ApplyType;

    /// <summary>
    /// The fields at the root that the patch can change in the status of a built-in type; null where any may change. Most of what a cluster writes are such
    /// patches, and most of an object is not looked at for them.
    /// </summary>
    public IReadOnlyCollection<string>? TouchedBy(RequestContext context) =>
        MediaType == MergeType && context.Request.Subresource == "status" && context.Custom is null && context.IsStoredVersion
            && Document is JsonObject changes && changes.All(change => change.Key is "status" or "metadata") ? [.. changes.Select(change => change.Key)] : null;

    /// <summary>Reads a request's patch.</summary>
    /// <exception cref="ApiException">It is of no known kind (415), or cannot be read (400).</exception>
    public static async Task<PatchDocument> ReadAsync(RequestContext context)
    {
        string type = context.Exchange.Headers.TryGetValue("Content-Type", out string? header) ? header.Split(';')[0].Trim().ToLowerInvariant() : "";
        string[] known = context.Request.Type.IsCustom ? [JsonType, MergeType, ApplyType] : [JsonType, MergeType, StrategicType, ApplyType];
        if (!All.Contains(type))
            throw new ApiException(415, "UnsupportedMediaType", "415: Unsupported Media Type", new JsonObject());
        if (!known.Contains(type))
            throw ApiErrors.UnsupportedMediaType($"the body of the request was in an unknown format - accepted media types include: {string.Join(", ", known)}");
        byte[] content = await RequestBody.ReadAsync(context.Exchange).ConfigureAwait(false);
        if (type == ApplyType)
        {
            HttpQuery query = context.Exchange.Query;
            if (string.IsNullOrEmpty(query["fieldManager"]))
                throw ApiErrors.Invalid("meta.k8s.io", "PatchOptions", "", [FieldError.Required("fieldManager", "is required for apply patch")]);
        }
        else if (context.Exchange.Query["force"] is not null)
        {
            throw ApiErrors.Invalid("meta.k8s.io", "PatchOptions", "", [FieldError.Forbidden("force", "may not be specified for non-apply patch")]);
        }
        try
        {
            return new PatchDocument(type, RequestBody.Parse(content, isYaml: type == ApplyType));
        }
        catch (ApiException e) when (type != ApplyType)
        {
            throw ApiErrors.BadRequest($"error decoding patch: {e.Message}");
        }
    }

    /// <summary>Applies the patch to an object, which is used up.</summary>
    public JsonObject ApplyTo(JsonObject live, RequestContext context)
    {
        JsonNode? patched = MediaType switch
        {
            JsonType => JsonPatch.Apply(live, Document),
            MergeType => MergePatch.Apply(live, Whole()),
            _ => StrategicMergePatch.Apply(live, Checked(context.Schema), context.Schema),
        };
        return patched as JsonObject ?? throw JsonPatch.Rejected();
    }

    private JsonObject Checked(Schema schema)
    {
        JsonObject patch = Whole();
        PatchTypes.Check(patch, schema);
        return (JsonObject)patch.DeepClone();
    }

    /// <summary>The patch, which must be an object.</summary>
    public JsonObject Whole() => Document as JsonObject ?? throw ApiErrors.BadRequest($"error decoding patch: json: cannot unmarshal {(Document is JsonArray ? "array" : "value")} into Go value of type map[string]interface {{}}");
}
