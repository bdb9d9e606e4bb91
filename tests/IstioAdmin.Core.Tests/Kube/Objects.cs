using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Tests.Kube;

/// <summary>Objects, lists and statuses as API servers write them.</summary>
internal static class Objects
{
    public static JsonObject ConfigMap(string ns, string name, int version = 1, string? uid = null) => new()
    {
        ["metadata"] = new JsonObject { ["namespace"] = ns, ["name"] = name, ["uid"] = uid ?? $"uid-{name}", ["resourceVersion"] = $"{version}" },
        ["data"] = new JsonObject { ["version"] = $"{version}" },
    };

    public static JsonObject ConfigMapList(IEnumerable<JsonObject> items, string? next = null, int version = 100) => new()
    {
        ["kind"] = "ConfigMapList",
        ["apiVersion"] = "v1",
        ["metadata"] = new JsonObject { ["resourceVersion"] = $"{version}", ["continue"] = next ?? "" },
        ["items"] = new JsonArray([.. items.Select(JsonNode (item) => item)]),
    };

    /// <summary>The 410 that a <c>continue</c> token of a compacted version gets, with or without a token to go on with.</summary>
    public static JsonObject Expired(string? next = null) => Status(410, "Expired", "The provided continue parameter is too old", next);

    public static JsonObject Status(int code, string reason, string message, string? next = null)
    {
        var status = new JsonObject
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject(),
            ["status"] = "Failure",
            ["message"] = message,
            ["reason"] = reason,
            ["code"] = code,
        };
        if (next is not null)
            status["metadata"]!["continue"] = next;
        return status;
    }

    public static string Line(string type, JsonObject item) => new JsonObject { ["type"] = type, ["object"] = item }.ToJsonString() + "\n";

    public static string Bookmark(int version) =>
        Line("BOOKMARK", new JsonObject { ["kind"] = "ConfigMap", ["metadata"] = new JsonObject { ["resourceVersion"] = $"{version}" } });
}
