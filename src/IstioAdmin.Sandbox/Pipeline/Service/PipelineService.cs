using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace IstioAdmin.Sandbox.Pipeline.Service;

/// <summary>A request, however it came.</summary>
/// <param name="Method">The method, in upper case.</param>
/// <param name="Path">The path below the service's base address, percent-encoded, with its first slash.</param>
/// <param name="Query">The query's parameters.</param>
/// <param name="Headers">Headers; their names compare without regard to case.</param>
/// <param name="Body">The content.</param>
internal sealed record PipelineRequest(
    string Method, string Path, IReadOnlyList<KeyValuePair<string, string>> Query, IReadOnlyDictionary<string, string> Headers, Stream Body);

/// <summary>An answer; without content type where it has no content.</summary>
internal sealed record PipelineReply(int Status, string? ContentType, string Content)
{
    public static PipelineReply Json(int status, JsonNode content) => new(status, "application/json; charset=utf-8", content.ToJsonString());
}

/// <summary>Hears what the service is asked.</summary>
internal interface IPipelineWitness
{
    /// <summary>An operation was called, by the name that the API description gives it.</summary>
    void Called(string operation);

    /// <summary>A body was taken.</summary>
    void Took(string operation, JsonObject body);

    /// <summary>A field, query parameter or path came that the description does not know.</summary>
    void Unknown(string what);
}

/// <summary>
/// Banzai Cloud Pipeline as far as this module uses it: takes the requests that the API description allows, refuses the others with the service's error
/// bodies, and answers in the described shapes. Knows nothing of sockets; what becomes of clusters is up to <see cref="PipelineState.NewCluster"/>.
/// </summary>
internal sealed class PipelineService(PipelineState state, string token)
{
    private static readonly string[] Numbers = ["orgId", "id"];

    private readonly object _gate = new();

    /// <summary>What the installation knows; to be touched within <see cref="Within"/> once the service answers.</summary>
    public PipelineState State => state;

    /// <summary>The token that it takes.</summary>
    public string Token { get; set; } = token;

    /// <summary>Whether fields that the description requires may be missing where banzai's own client leaves them out.</summary>
    public bool TakesWhatTheClientSends { get; set; }

    /// <summary>Hears what is asked; null for nobody.</summary>
    public IPipelineWitness? Witness { get; init; }

    /// <summary>Does something while no request is being worked on.</summary>
    public void Within(Action action)
    {
        lock (_gate)
            action();
    }

    /// <summary>Answers a request.</summary>
    public async Task<PipelineReply> AnswerAsync(PipelineRequest request, CancellationToken cancel)
    {
        if (Find(request) is not var (operation, path))
        {
            Witness?.Unknown($"{request.Method} {request.Path}");
            return new PipelineReply(404, "text/plain", "404 page not found");
        }
        Witness?.Called(operation.Id);
        try
        {
            if (operation.Secured && request.Headers.GetValueOrDefault("Authorization") != $"Bearer {Token}")
                throw new PipelineRefusal(401, "Unauthorized");
            JsonObject? body = operation.Body is null ? null : await ReadBodyAsync(request, cancel).ConfigureAwait(false);
            PipelineAnswer answer;
            lock (_gate)
                answer = Perform(operation, path, request, body);
            if (!operation.Answers.TryGetValue(answer.Status, out Shape? expected))
                throw new InvalidOperationException($"{operation.Id} has no answer {answer.Status} in the description.");
            JsonNode? content = answer.Fetch is { } fetch ? await fetch(cancel).ConfigureAwait(false) : answer.Body;
            return content is null ? new PipelineReply(answer.Status, null, "") : PipelineReply.Json(answer.Status, Checked(content, expected!, operation));
        }
        catch (PipelineRefusal refusal)
        {
            JsonNode why = Checked(refusal.Body(operation.AnswersWithProblems), operation.AnswersWithProblems ? AnswerShapes.Problem : AnswerShapes.Error, operation);
            PipelineReply reply = PipelineReply.Json(refusal.Status, why);
            return operation.AnswersWithProblems ? reply with { ContentType = "application/problem+json" } : reply;
        }
    }

    private PipelineAnswer Perform(PipelineOperation operation, Dictionary<string, string> path, PipelineRequest request, JsonObject? body)
    {
        foreach (string number in Numbers.Where(path.ContainsKey))
        {
            if (!int.TryParse(path[number], out int id) || id <= 0)
                throw new PipelineRefusal(400, "Invalid request", $"{number} must be a positive number, not {path[number]}");
        }
        var call = new PipelineCall(state, path, ReadParameters(operation, request), body);
        if (path.ContainsKey("orgId"))
            _ = call.Organization;
        if (operation.Body is { } shape)
        {
            ShapeReport report = shape(call).Check(body, TakesWhatTheClientSends);
            if (report.Errors.Count > 0)
                throw new PipelineRefusal(400, "Invalid request", report.Errors[0]);
            foreach (string field in report.Unknown)
                Witness?.Unknown($"{operation.Id}: {field}");
            Witness?.Took(operation.Id, (JsonObject)body!.DeepClone());
        }
        return operation.Do(call);
    }

    private Dictionary<string, string> ReadParameters(PipelineOperation operation, PipelineRequest request)
    {
        Dictionary<string, string> read = [];
        foreach (PipelineParameter parameter in operation.Parameters)
        {
            string value = (parameter.InHeader ? request.Headers.GetValueOrDefault(parameter.Name) : request.Query.FirstOrDefault(asked => asked.Key == parameter.Name).Value) ?? "";
            if (value.Length == 0 && parameter.Required)
                throw new PipelineRefusal(400, "Invalid request", $"{(parameter.InHeader ? "header" : "query parameter")} {parameter.Name} is required");
            if (value.Length > 0 && parameter.Takes?.Invoke(value) == false)
                throw new PipelineRefusal(400, "Invalid request", $"{parameter.Name} cannot be {value}");
            if (value.Length > 0)
                read[parameter.Name] = value;
        }
        foreach (string name in request.Query.Select(asked => asked.Key).Distinct())
        {
            if (!Array.Exists(operation.Parameters, parameter => parameter.Name == name && !parameter.InHeader))
                Witness?.Unknown($"{operation.Id}: ?{name}");
        }
        return read;
    }

    private static async Task<JsonObject> ReadBodyAsync(PipelineRequest request, CancellationToken cancel)
    {
        string? type = request.Headers.GetValueOrDefault("Content-Type");
        if (type?.Split(';')[0] != "application/json")
            throw new PipelineRefusal(400, "Invalid request", $"Content-Type must be application/json, not {type}");
        try
        {
            using var reader = new StreamReader(request.Body, Encoding.UTF8);
            return JsonNode.Parse(await reader.ReadToEndAsync(cancel).ConfigureAwait(false)) as JsonObject ?? throw new PipelineRefusal(400, "Invalid request", "Failed to parse request.");
        }
        catch (JsonException)
        {
            throw new PipelineRefusal(400, "Invalid request", "Failed to parse request.");
        }
    }

    // What the service itself says must be as described, or nobody may believe it.
    private static JsonNode Checked(JsonNode answer, Shape shape, PipelineOperation operation)
    {
        ShapeReport report = shape.Check(answer);
        return report.Errors.Concat(report.Unknown).FirstOrDefault() is { } wrong ? throw new InvalidOperationException($"Answer of {operation.Id}: {wrong}") : answer;
    }

    private static (PipelineOperation Operation, Dictionary<string, string> Path)? Find(PipelineRequest request)
    {
        string[] asked = [.. request.Path.TrimStart('/').Split('/').Select(Uri.UnescapeDataString)];
        foreach (PipelineOperation operation in PipelineOperations.All.Where(operation => operation.Method == request.Method))
        {
            string[] template = operation.Path[1..].Split('/');
            if (template.Length == asked.Length && template.Zip(asked).All(pair => pair.First[0] == '{' ? pair.Second.Length > 0 : pair.First == pair.Second))
                return (operation, template.Zip(asked).Where(pair => pair.First[0] == '{').ToDictionary(pair => pair.First.Trim('{', '}'), pair => pair.Second));
        }
        return null;
    }
}
