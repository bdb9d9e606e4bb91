using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Kube.Applying;

/// <summary>A field that another manager owns.</summary>
/// <param name="Manager">The manager's name, for example <c>kubectl-client-side-apply</c>.</param>
/// <param name="Field">The field's path, for example <c>.spec.replicas</c>.</param>
public sealed record FieldConflict(string Manager, string Field)
{
    /// <summary>
    /// Reads the conflicts out of a 409's Status. Each is a cause with reason FieldManagerConflict; the manager stands in quotes in its message:
    /// <c>conflict with "kubectl" using apps/v1</c> (apimachinery <c>pkg/util/managedfields/internal/conflict.go</c>).
    /// </summary>
    internal static IReadOnlyList<FieldConflict> Read(JsonObject status) =>
        status["details"] is not JsonObject details || details["causes"] is not JsonArray causes
            ? []
            : [.. causes.OfType<JsonObject>().Where(cause => Text(cause["reason"]) == "FieldManagerConflict")
                .Select(cause => new FieldConflict(ManagerIn(Text(cause["message"])), Text(cause["field"])))];

    private static string ManagerIn(string message)
    {
        int open = message.IndexOf('"', StringComparison.Ordinal);
        int close = open < 0 ? -1 : message.IndexOf('"', open + 1);
        return close < 0 ? message : message[(open + 1)..close];
    }

    private static string Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : "";
}
