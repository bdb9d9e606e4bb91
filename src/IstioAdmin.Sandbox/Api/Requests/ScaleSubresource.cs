using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Sandbox.Api.Storage;

namespace IstioAdmin.Sandbox.Api.Requests;

/// <summary>The subresource <c>scale</c> (autoscaling/v1): how many there should be, and are.</summary>
internal sealed class ScaleSubresource(ApiMachinery machinery, ObjectWrites writes)
{
    /// <summary>Answers a request.</summary>
    public async Task WriteAsync(RequestContext context)
    {
        ResourceRequest request = context.Request;
        StoredObject stored = machinery.Store.Get(request.Key, request.Namespace, request.Name!) ?? throw ApiErrors.NotFound(request.Served, request.Name!);
        JsonObject scale = ScaleOf(context, context.Read(stored));
        if (request.Verb == "get")
        {
            await context.WriteAsync(200, scale).ConfigureAwait(false);
            return;
        }
        JsonObject wanted = request.Verb == "update"
            ? await RequestBody.ReadObjectAsync(context.Exchange).ConfigureAwait(false) ?? []
            : await PatchAsync(context, scale).ConfigureAwait(false);
        if (wanted.TextAt("metadata.name") is { } name && name != request.Name)
            throw ApiErrors.BadRequest($"the name of the object ({name}) does not match the name on the URL ({request.Name})");
        long replicas = wanted.WholeAt("spec.replicas") ?? 0;
        if (replicas < 0)
            throw ApiErrors.Invalid("autoscaling", "Scale", request.Name!, [FieldError.Invalid("spec.replicas", replicas, "must be greater than or equal to 0")]);
        string path = context.Custom?.Scale.TextAt("specReplicasPath")?.TrimStart('.') ?? "spec.replicas";
        var change = new JsonObject();
        change.Put(path, replicas);
        if (wanted.TextAt("metadata.resourceVersion") is { } version)
            change.Put("metadata.resourceVersion", version);
        // Written as a change of the object itself, by the same manager.
        var inner = new RequestContext(machinery, context.Exchange, context.User, request with { Subresource = "", Verb = "patch" });
        (Written written, bool _) = await writes.PatchAsync(inner, new PatchDocument("application/merge-patch+json", change)).ConfigureAwait(false);
        await context.WriteAsync(200, ScaleOf(context, written.Read(inner))).ConfigureAwait(false);
    }

    private static async Task<JsonObject> PatchAsync(RequestContext context, JsonObject scale)
    {
        PatchDocument patch = await PatchDocument.ReadAsync(context).ConfigureAwait(false);
        if (patch.IsApply)
            throw ApiErrors.UnsupportedMediaType("apply is not supported for scale");
        return patch.MediaType.Contains("strategic", StringComparison.Ordinal)
            ? (JsonObject)Patching.MergePatch.Apply(scale.DeepClone(), patch.Whole())!
            : patch.ApplyTo((JsonObject)scale.DeepClone(), context);
    }

    private static JsonObject ScaleOf(RequestContext context, JsonObject item)
    {
        JsonNode? paths = context.Custom?.Scale;
        var metadata = new JsonObject();
        foreach (string field in (string[])["name", "namespace", "uid", "resourceVersion", "creationTimestamp"])
        {
            if (item["metadata"]![field] is { } value)
                metadata[field] = value.DeepClone();
        }
        int wanted = Number(item, paths.TextAt("specReplicasPath") ?? "spec.replicas");
        var status = new JsonObject { ["replicas"] = Number(item, paths.TextAt("statusReplicasPath") ?? "status.replicas") };
        string? selector = paths is null ? Selector(item.At("spec.selector")) : paths.TextAt("labelSelectorPath") is { } path ? item.TextAt(path.TrimStart('.')) : null;
        if (selector is not null)
            status["selector"] = selector;
        return new JsonObject
        {
            ["kind"] = "Scale",
            ["apiVersion"] = "autoscaling/v1",
            ["metadata"] = metadata,
            ["spec"] = wanted == 0 ? new JsonObject() : new JsonObject { ["replicas"] = wanted },
            ["status"] = status,
        };
    }

    private static int Number(JsonObject item, string path) => (int)(item.WholeAt(path.TrimStart('.')) ?? 0);

    // As a selector's text: what LabelSelector.Parse reads.
    private static string? Selector(JsonNode? selector)
    {
        if (selector is not JsonObject map)
            return null;
        List<(string Key, string Text)> terms = [];
        JsonObject labels = map["matchLabels"] as JsonObject ?? (map["matchExpressions"] is null ? map : []);
        foreach ((string key, JsonNode? value) in labels)
            terms.Add((key, $"{key}={value}"));
        foreach (JsonNode? expression in map["matchExpressions"] as JsonArray ?? [])
        {
            string key = expression.TextAt("key") ?? "";
            string values = string.Join(",", expression.TextsAt("values").Order(StringComparer.Ordinal));
            terms.Add((key, expression.TextAt("operator") switch
            {
                "In" => $"{key} in ({values})",
                "NotIn" => $"{key} notin ({values})",
                "Exists" => key,
                _ => "!" + key,
            }));
        }
        return string.Join(",", terms.OrderBy(term => term.Key, StringComparer.Ordinal).Select(term => term.Text));
    }
}
