using System.Text.Json;
using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Api.Resources;

namespace IstioAdmin.Sandbox.Api.Patching;

/// <summary>
/// Refuses a strategic merge patch whose values are not of their fields' types, in the words of the API server, which makes its Go types of the patched object
/// (<c>apimachinery/pkg/runtime/converter.go</c>, <c>apiserver/pkg/endpoints/handlers/patch.go</c>).
/// </summary>
internal static class PatchTypes
{
    // The schemas tell whole numbers from others only; these are wider than most.
    private static readonly HashSet<string> Wide = new(StringComparer.Ordinal)
    {
        "activeDeadlineSeconds", "deletionGracePeriodSeconds", "expirationSeconds", "fsGroup", "generation", "observedGeneration", "runAsGroup", "runAsUser",
        "terminationGracePeriodSeconds", "tolerationSeconds",
    };

    /// <summary>Looks at a patch.</summary>
    /// <exception cref="ApiException">422: a value is of another type.</exception>
    public static void Check(JsonObject patch, Schema schema)
    {
        if (Problem(patch, schema, "") is { } problem)
            throw ApiErrors.Invalid("", "", "", [FieldError.InvalidShown("patch", $"\"{Show(patch)}\"", problem)]);
    }

    private static string? Problem(JsonNode? value, Schema schema, string field)
    {
        if (value is null)
            return null;
        JsonValueKind kind = value.GetValueKind();
        bool isNumber = kind == JsonValueKind.Number, isFlag = kind is JsonValueKind.True or JsonValueKind.False, isText = kind == JsonValueKind.String;
        return schema.Kind switch
        {
            ValueKind.Struct => value is JsonObject item
                ? item.Where(one => schema.Fields.ContainsKey(one.Key)).Select(one => Problem(one.Value, schema.Fields[one.Key].Schema, one.Key)).FirstOrDefault(problem => problem is not null)
                : $"cannot restore struct from: {GoKind(value)}",
            ValueKind.Map => value is JsonObject map
                ? map.Where(one => one.Key[..Math.Min(1, one.Key.Length)] != "$").Select(one => Problem(one.Value, schema.Element!, one.Key)).FirstOrDefault(problem => problem is not null)
                : $"cannot restore map from {GoKind(value)}",
            ValueKind.List => value is JsonArray list
                ? list.Select(one => Problem(one, schema.Element!, field)).FirstOrDefault(problem => problem is not null)
                : $"cannot restore slice from {GoKind(value)}",
            ValueKind.Text => isText ? null : isNumber ? $"cannot convert {GoKind(value)} to string" : "unrecognized type: string",
            ValueKind.Flag => isFlag ? null : "unrecognized type: bool",
            ValueKind.Whole => isNumber ? null : $"unrecognized type: {(Wide.Contains(field) ? "int64" : "int32")}",
            ValueKind.Number => isNumber ? null : "unrecognized type: float64",
            _ => null,
        };
    }

    private static string GoKind(JsonNode value) => value switch
    {
        JsonObject => "map",
        JsonArray => "slice",
        _ => value.GetValueKind() switch
        {
            JsonValueKind.String => "string",
            JsonValueKind.Number => value.Whole() is null ? "float64" : "int64",
            _ => "bool",
        },
    };

    // As Go prints its maps, sorted by their keys.
    private static string Show(JsonNode? value) => value switch
    {
        null => "<nil>",
        JsonObject map => $"map[{string.Join(' ', map.OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => $"{one.Key}:{Show(one.Value)}"))}]",
        JsonArray list => $"[{string.Join(' ', list.Select(Show))}]",
        _ => value.ToString(),
    };
}
