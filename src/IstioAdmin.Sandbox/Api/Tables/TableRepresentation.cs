using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Sandbox.Api.Requests;
using IstioAdmin.Sandbox.Http;

namespace IstioAdmin.Sandbox.Api.Tables;

/// <summary>Objects as the rows of a table.</summary>
internal sealed class TableRepresentation(string version, TimeProvider time) : IRepresentation
{
    private static readonly Dictionary<string, TablePrinter> Printers = WorkloadTables.All.Concat(ClusterTables.All).ToDictionary(each => each.Type, each => each.Printer);
    private static readonly System.Runtime.CompilerServices.ConditionalWeakTable<ResourceType, TablePrinter> Custom = [];

    /// <inheritdoc/>
    public string ContentType => "application/json";

    /// <inheritdoc/>
    public JsonObject Single(ResourceRequest request, HttpQuery query, JsonObject item) => Write(request, query, VersionOf(item), [item], withColumns: true);

    /// <inheritdoc/>
    public JsonObject List(ResourceRequest request, HttpQuery query, JsonObject metadata, IEnumerable<JsonObject> items)
        => Write(request, query, metadata, items, withColumns: true);

    /// <inheritdoc/>
    public JsonObject Watched(ResourceRequest request, HttpQuery query, JsonObject item, bool isFirst) => Write(request, query, VersionOf(item), [item], isFirst);

    private JsonObject Write(ResourceRequest request, HttpQuery query, JsonObject metadata, IEnumerable<JsonObject> items, bool withColumns)
    {
        TablePrinter printer = Find(request);
        string include = query["includeObject"] ?? "Metadata";
        if (include is not ("None" or "Metadata" or "Object"))
            throw new ApiException(400, "BadRequest", $"unrecognized includeObject value: {Access.Go.Quote(include)}");
        DateTimeOffset now = time.GetUtcNow();
        var rows = new JsonArray();
        foreach (JsonObject item in items)
        {
            var row = new JsonObject { ["cells"] = new JsonArray(printer.Cells(item, now)) };
            if (Finished(request, item) is { } condition)
                row["conditions"] = new JsonArray(condition);
            row["object"] = include switch
            {
                "Object" => item,
                "Metadata" => MetadataRepresentation.Reduce(item, version),
                _ => null,
            };
            rows.Add(row);
        }
        return new JsonObject
        {
            ["kind"] = "Table",
            ["apiVersion"] = $"meta.k8s.io/{version}",
            ["metadata"] = metadata,
            ["columnDefinitions"] = withColumns ? new JsonArray([.. printer.Columns.Select(column => column.ToJson())]) : null,
            ["rows"] = rows,
        };
    }

    private static TablePrinter Find(ResourceRequest request)
    {
        ResourceType type = request.Type;
        if (request.Subresource == "scale")
            return TablePrinter.Default;
        if (type.IsCustom)
            return Custom.GetValue(type, TablePrinter.ForCustom);
        return Printers.GetValueOrDefault(type.Group.Length == 0 ? type.Plural : $"{type.Group}/{type.Plural}") ?? TablePrinter.Default;
    }

    // kubectl leaves out, or dims, what is done.
    private static JsonObject? Finished(ResourceRequest request, JsonObject item)
    {
        if (request.Type is not { Group: "", Plural: "pods" })
            return null;
        return item.TextAt("status.phase") switch
        {
            "Succeeded" => Condition("Succeeded", "The pod has completed successfully."),
            "Failed" => Condition("Failed", "The pod failed."),
            _ => null,
        };

        static JsonObject Condition(string reason, string message)
            => new() { ["type"] = "Completed", ["status"] = "True", ["reason"] = reason, ["message"] = message };
    }

    private static JsonObject VersionOf(JsonObject item) => new() { ["resourceVersion"] = item.TextAt("metadata.resourceVersion") };
}
