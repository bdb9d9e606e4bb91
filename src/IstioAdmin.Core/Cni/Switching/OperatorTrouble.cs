using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Cni.Switching;

/// <summary>What an operator says is wrong, in the status of its resource.</summary>
internal static class OperatorTrouble
{
    /// <summary>
    /// The operator's words; null when it has none. Banzai: capitalised keys without a generation; Cisco: the same in lower case; Sail: conditions
    /// (the operators' api packages).
    /// </summary>
    public static string? Of(JsonObject? resource)
    {
        JsonNode? status = resource?["status"];
        string? state = status.At("Status").Text() ?? status.At("status").Text() ?? status.At("state").Text();
        string? error = status.At("ErrorMessage").Text() ?? status.At("errorMessage").Text();
        if (error is not null)
            return $"{state}: {error}";
        string[] conditions = [.. (status.At("conditions") as JsonArray ?? []).Where(condition => condition.At("status").Text() == "False")
            .Select(condition => condition.At("message").Text() ?? condition.At("reason").Text()).OfType<string>()];
        if (conditions.Length > 0)
            return $"{state}: {string.Join("; ", conditions)}";
        return state is null or "Available" or "Healthy" or "AVAILABLE" ? null : state;
    }

    /// <summary>Whether what an operator says is only that it has not finished.</summary>
    public static bool IsWork(string? trouble) =>
        string.Equals(trouble, "Created", StringComparison.OrdinalIgnoreCase) || string.Equals(trouble, "Reconciling", StringComparison.OrdinalIgnoreCase);
}
