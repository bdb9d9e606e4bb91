using System.Text.Json.Nodes;

namespace IstioAdmin.Sandbox.Pipeline.Service;

/// <summary>A parameter in the query or a header, and the texts it takes.</summary>
internal sealed record PipelineParameter(string Name, bool InHeader = false, bool Required = false, Func<string, bool>? Takes = null);

/// <summary>One operation of Pipeline's API: what it asks for, what it answers with, and what it does.</summary>
internal sealed record PipelineOperation(string Method, string Path, string Id, Func<PipelineCall, PipelineAnswer> Do)
{
    /// <summary>Whether it wants a token.</summary>
    public bool Secured { get; init; } = true;

    /// <summary>Whether its errors are problem details, as those of the newer parts of the API are.</summary>
    public bool AnswersWithProblems { get; init; }

    public PipelineParameter[] Parameters { get; init; } = [];

    /// <summary>The body's shape, which may depend on what the body says it is.</summary>
    public Func<PipelineCall, Shape>? Body { get; init; }

    /// <summary>Shapes of the bodies that it may answer with, by status; null for none.</summary>
    public Dictionary<int, Shape?> Answers { get; init; } = [];
}

/// <summary>One request, as far as it was understood.</summary>
internal sealed record PipelineCall(PipelineState State, IReadOnlyDictionary<string, string> Path, IReadOnlyDictionary<string, string> Query, JsonObject? Body)
{
    public StoredOrganization Organization => State.Organizations.FirstOrDefault(org => $"{org.Id}" == Path["orgId"]) ?? throw new PipelineRefusal(404, "Organization not found");

    public StoredCluster Cluster => Organization.Clusters.FirstOrDefault(cluster => !cluster.IsGone && $"{cluster.Id}" == Path["id"]) ?? throw new PipelineRefusal(404, "Cluster not found", "cluster not found");

    public string Text(string name) => Body?[name] is JsonValue value && value.TryGetValue(out string? text) ? text : "";
}

/// <summary>An answer without error.</summary>
internal sealed record PipelineAnswer(int Status, JsonNode? Body = null)
{
    /// <summary>Fetches the body, where it is in a cluster.</summary>
    public Func<CancellationToken, Task<JsonNode>>? Fetch { get; init; }
}

/// <summary>A refusal that the caller reads as Pipeline's error body: its message, and the error behind it.</summary>
internal sealed class PipelineRefusal(int status, string message, string? error = null) : Exception(message)
{
    public int Status => status;

    public string Error => error ?? Message;

    public JsonObject Body(bool problem) => problem
        ? new JsonObject
        {
            ["type"] = "about:blank",
            ["title"] = Message,
            ["status"] = status,
            ["detail"] = Error,
            ["instance"] = "",
            ["code"] = status,
            ["message"] = Error,
            ["error"] = Message,
        }
        : new JsonObject { ["code"] = status, ["message"] = Message, ["error"] = Error };
}
