using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace IstioAdmin.Testing.Pipeline;

/// <summary>
/// Banzai Cloud Pipeline for tests: it takes the requests that the API description allows, refuses the others with the service's error bodies, and answers in
/// the described shapes. Clusters live in memory; nothing is created in any cloud. The path prefix is the one of a usual installation.
/// </summary>
public sealed class PipelineServer : IAsyncDisposable
{
    private const string Prefix = "/pipeline";

    private readonly List<(Regex Request, PipelineFault Fault, int Times)> _faults = [];
    private readonly ConcurrentQueue<string> _called = new();
    private readonly ConcurrentQueue<string> _unknown = new();
    private readonly ConcurrentQueue<(string Operation, JsonObject Body)> _bodies = new();
    private readonly X509Certificate2? _certificate;
    private readonly Lock _lock = new();
    private FakeApiServer _server = null!;

    private PipelineServer(X509Certificate2? certificate) => _certificate = certificate;

    /// <summary>The endpoint as an administrator writes it.</summary>
    public Uri Uri { get; private set; } = null!;

    /// <summary>The token that the server takes.</summary>
    public string Token { get; set; } = "eyJhbGciOiJIUzI1NiJ9.cGlwZWxpbmUtdGVzdA.c2VjcmV0LXBhcnQ";

    /// <summary>The certificate of the authority that signed the server's, in PEM; null without TLS.</summary>
    public string? CertificateAuthority => _certificate?.ExportCertificatePem();

    /// <summary>What the installation knows.</summary>
    public PipelineState State { get; } = new();

    /// <summary>The first organization.</summary>
    public StoredOrganization Organization => State.Organizations[0];

    /// <summary>Whether fields that the description requires may be missing where banzai's own client leaves them out.</summary>
    public bool TakesWhatTheClientSends { get; set; }

    /// <summary>How often a new cluster must be asked for until its status moves on; 0: when a test says so.</summary>
    public int PollsPerStatus { get => State.PollsPerStatus; set => State.PollsPerStatus = value; }

    /// <summary>How far the server's clock is ahead.</summary>
    public TimeSpan ClockSkew { get; set; }

    /// <summary>What the service beside Pipeline that knows the clouds answers, by path after <c>/cloudinfo/api/v1/</c>; empty where it is not installed.</summary>
    public Dictionary<string, string> CloudInfo { get; } = [];

    /// <summary>Operations that were called, in order, by the names that the description gives them.</summary>
    public IReadOnlyCollection<string> Called => _called;

    /// <summary>Names of all operations that the server has.</summary>
    public static IReadOnlyList<string> Operations => [.. PipelineOperations.All.Select(operation => operation.Id)];

    /// <summary>Fields, query parameters and paths that the description does not know.</summary>
    public IReadOnlyCollection<string> Unknown => _unknown;

    /// <summary>Bodies that were taken, with their operations.</summary>
    public IReadOnlyCollection<(string Operation, JsonObject Body)> Bodies => _bodies;

    /// <summary>Method, path and query of every request.</summary>
    public IReadOnlyCollection<string> Requests => _server.Requests;

    public static async Task<PipelineServer> StartAsync(bool tls = false)
    {
        var server = new PipelineServer(tls ? TestCertificates.ForLoopback("pipeline.example.org") : null);
        await server.ListenAsync(0);
        return server;
    }

    /// <summary>A running cluster of the first organization.</summary>
    public StoredCluster AddCluster(string name, string cloud = "amazon", string distribution = "pke")
    {
        var cluster = new StoredCluster(State.NextId(), name, cloud, distribution) { Version = "v1.12.2", Location = "eu-central-1" };
        cluster.Pools["master"] = new JsonObject { ["instanceType"] = "c5.large", ["count"] = 1, ["minCount"] = 1, ["maxCount"] = 1, ["autoscaling"] = false };
        cluster.Pools["pool1"] = new JsonObject { ["instanceType"] = "t2.medium", ["count"] = 2, ["minCount"] = 1, ["maxCount"] = 3, ["autoscaling"] = false };
        cluster.Masters.Add("master");
        State.Adopt(cluster);
        Organization.Clusters.Add(cluster);
        return cluster;
    }

    /// <summary>A cluster of any organization, by name.</summary>
    public StoredCluster Cluster(string name) => State.Organizations.SelectMany(organization => organization.Clusters).Single(cluster => cluster.Name == name);

    /// <summary>Lets this go wrong for the next <paramref name="times"/> requests that match, as "GET /api/v1/orgs/1/clusters".</summary>
    public void Break(string request, PipelineFault fault, int times = 1)
    {
        lock (_lock)
            _faults.Add((new Regex(request), fault, times));
    }

    /// <summary>Nobody listens any more.</summary>
    public ValueTask StopAsync() => _server.DisposeAsync();

    /// <summary>Listens again, on the same port, with the same state.</summary>
    public Task RestartAsync() => ListenAsync(Uri.Port);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task ListenAsync(int port)
    {
        _server = await FakeApiServer.StartAsync(AnswerAsync, _certificate, port: port);
        Uri = new Uri(_server.Uri, Prefix);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        if (ClockSkew != TimeSpan.Zero)
            context.Response.Headers.Date = (DateTimeOffset.UtcNow + ClockSkew).ToString("R");
        if (TakeFault(context.Request) is { } fault)
            await fault.Happen(context, () => ServeAsync(context));
        else
            await ServeAsync(context);
    }

    private PipelineFault? TakeFault(HttpRequest request)
    {
        string asked = $"{request.Method} {request.Path.Value![Math.Min(Prefix.Length, request.Path.Value!.Length)..]}{request.QueryString}";
        lock (_lock)
        {
            int index = _faults.FindIndex(entry => entry.Times > 0 && entry.Request.IsMatch(asked));
            if (index < 0)
                return null;
            (Regex pattern, PipelineFault fault, int times) = _faults[index];
            _faults[index] = (pattern, fault, times - 1);
            return fault;
        }
    }

    private async Task ServeAsync(HttpContext context)
    {
        if (context.Request.Path.StartsWithSegments("/cloudinfo/api/v1", out PathString asked))
        {
            bool known = CloudInfo.TryGetValue(asked.Value!.TrimStart('/'), out string? list) && context.Request.Headers.Authorization.Count == 0;
            context.Response.StatusCode = known ? 200 : 404;
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(known ? list! : """{"status":404,"title":"Not Found"}""");
            return;
        }
        if (Find(context.Request) is not var (operation, path))
        {
            _unknown.Enqueue($"{context.Request.Method} {context.Request.Path}");
            context.Response.StatusCode = 404;
            context.Response.ContentType = "text/plain";
            await context.Response.WriteAsync("404 page not found");
            return;
        }
        _called.Enqueue(operation.Id);
        try
        {
            if (operation.Secured && context.Request.Headers.Authorization.ToString() != $"Bearer {Token}")
                throw new PipelineRefusal(401, "Unauthorized");
            JsonObject? body = operation.Body is null ? null : await ReadBodyAsync(context.Request);
            lock (_lock)
                (context.Response.StatusCode, context.Items["body"]) = Perform(operation, path, context.Request, body);
        }
        catch (PipelineRefusal refusal)
        {
            context.Response.StatusCode = refusal.Status;
            context.Items["body"] = Checked(refusal.Body(operation.AnswersWithProblems), operation.AnswersWithProblems ? AnswerShapes.Problem : AnswerShapes.Error, operation);
            context.Response.ContentType = operation.AnswersWithProblems ? "application/problem+json" : null;
        }
        if (context.Items["body"] is not JsonNode answer)
            return;
        context.Response.ContentType ??= "application/json; charset=utf-8";
        await context.Response.WriteAsync(answer.ToJsonString());
    }

    private static readonly string[] Numbers = ["orgId", "id"];

    private (int Status, JsonNode? Body) Perform(PipelineOperation operation, Dictionary<string, string> path, HttpRequest request, JsonObject? body)
    {
        foreach (string number in Numbers.Where(path.ContainsKey))
        {
            if (!int.TryParse(path[number], out int id) || id <= 0)
                throw new PipelineRefusal(400, "Invalid request", $"{number} must be a positive number, not {path[number]}");
        }
        var call = new PipelineCall(State, path, ReadParameters(operation, request), body);
        if (path.ContainsKey("orgId"))
            _ = call.Organization;
        if (operation.Body is { } shape)
        {
            ShapeReport report = shape(call).Check(body, TakesWhatTheClientSends);
            if (report.Errors.Count > 0)
                throw new PipelineRefusal(400, "Invalid request", report.Errors[0]);
            foreach (string field in report.Unknown)
                _unknown.Enqueue($"{operation.Id}: {field}");
            _bodies.Enqueue((operation.Id, (JsonObject)body!.DeepClone()));
        }
        PipelineAnswer answer = operation.Do(call);
        return operation.Answers.TryGetValue(answer.Status, out Shape? expected)
            ? (answer.Status, answer.Body is null ? null : Checked(answer.Body, expected!, operation))
            : throw new InvalidOperationException($"{operation.Id} has no answer {answer.Status} in the description.");
    }

    private Dictionary<string, string> ReadParameters(PipelineOperation operation, HttpRequest request)
    {
        Dictionary<string, string> read = [];
        foreach (PipelineParameter parameter in operation.Parameters)
        {
            string value = (parameter.InHeader ? request.Headers[parameter.Name] : request.Query[parameter.Name]).ToString();
            if (value.Length == 0 && parameter.Required)
                throw new PipelineRefusal(400, "Invalid request", $"{(parameter.InHeader ? "header" : "query parameter")} {parameter.Name} is required");
            if (value.Length > 0 && parameter.Takes?.Invoke(value) == false)
                throw new PipelineRefusal(400, "Invalid request", $"{parameter.Name} cannot be {value}");
            if (value.Length > 0)
                read[parameter.Name] = value;
        }
        foreach (string name in request.Query.Keys.Where(name => !Array.Exists(operation.Parameters, parameter => parameter.Name == name && !parameter.InHeader)))
            _unknown.Enqueue($"{operation.Id}: ?{name}");
        return read;
    }

    private static async Task<JsonObject> ReadBodyAsync(HttpRequest request)
    {
        if (request.ContentType?.Split(';')[0] != "application/json")
            throw new PipelineRefusal(400, "Invalid request", $"Content-Type must be application/json, not {request.ContentType}");
        try
        {
            using var reader = new StreamReader(request.Body);
            return JsonNode.Parse(await reader.ReadToEndAsync()) as JsonObject ?? throw new PipelineRefusal(400, "Invalid request", "Failed to parse request.");
        }
        catch (JsonException)
        {
            throw new PipelineRefusal(400, "Invalid request", "Failed to parse request.");
        }
    }

    // What the server itself says must be as described, or a test proves nothing.
    private static JsonNode Checked(JsonNode answer, Shape shape, PipelineOperation operation)
    {
        ShapeReport report = shape.Check(answer);
        return report.Errors.Concat(report.Unknown).FirstOrDefault() is { } wrong ? throw new InvalidOperationException($"Answer of {operation.Id}: {wrong}") : answer;
    }

    private static (PipelineOperation Operation, Dictionary<string, string> Path)? Find(HttpRequest request)
    {
        string path = request.Path.Value!;
        if (!path.StartsWith(Prefix + "/", StringComparison.Ordinal))
            return null;
        string[] asked = path[(Prefix.Length + 1)..].Split('/');
        foreach (PipelineOperation operation in PipelineOperations.All.Where(operation => operation.Method == request.Method))
        {
            string[] template = operation.Path[1..].Split('/');
            if (template.Length == asked.Length && template.Zip(asked).All(pair => pair.First[0] == '{' ? pair.Second.Length > 0 : pair.First == pair.Second))
                return (operation, template.Zip(asked).Where(pair => pair.First[0] == '{').ToDictionary(pair => pair.First.Trim('{', '}'), pair => pair.Second));
        }
        return null;
    }
}
