using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using IstioAdmin.Sandbox.Pipeline.Service;
using Microsoft.AspNetCore.Http;

namespace IstioAdmin.Testing.Pipeline;

/// <summary>
/// Banzai Cloud Pipeline for tests: the service that the sandbox has, served with what can go wrong on the way, and with clusters whose status moves when a
/// test says so. Nothing is created in any cloud. The path prefix is the one of a usual installation.
/// </summary>
internal sealed class PipelineServer : IAsyncDisposable
{
    private const string Prefix = "/pipeline";

    private readonly List<(Regex Request, PipelineFault Fault, int Times)> _faults = [];
    private readonly Record _witness = new();
    private readonly PipelineService _service;
    private readonly X509Certificate2? _certificate;
    private readonly Lock _lock = new();
    private FakeApiServer _server = null!;

    private PipelineServer(X509Certificate2? certificate)
    {
        _certificate = certificate;
        var state = new PipelineState(order => new PolledCluster(order) { PollsPerStatus = PollsPerStatus }, "team", "other team");
        _service = new PipelineService(state, "eyJhbGciOiJIUzI1NiJ9.cGlwZWxpbmUtdGVzdA.c2VjcmV0LXBhcnQ") { Witness = _witness };
    }

    /// <summary>The endpoint as an administrator writes it.</summary>
    public Uri Uri { get; private set; } = null!;

    /// <summary>The token that the server takes.</summary>
    public string Token { get => _service.Token; set => _service.Token = value; }

    /// <summary>The certificate of the authority that signed the server's, in PEM; null without TLS.</summary>
    public string? CertificateAuthority => _certificate?.ExportCertificatePem();

    /// <summary>What the installation knows.</summary>
    public PipelineState State => _service.State;

    /// <summary>The first organization.</summary>
    public StoredOrganization Organization => State.Organizations[0];

    /// <summary>Whether fields that the description requires may be missing where banzai's own client leaves them out.</summary>
    public bool TakesWhatTheClientSends { get => _service.TakesWhatTheClientSends; set => _service.TakesWhatTheClientSends = value; }

    /// <summary>How often a new cluster must be asked for until its status moves on; 0: when a test says so.</summary>
    public int PollsPerStatus { get; set; } = 1;

    /// <summary>How far the server's clock is ahead.</summary>
    public TimeSpan ClockSkew { get; set; }

    /// <summary>What the service beside Pipeline that knows the clouds answers, by path after <c>/cloudinfo/api/v1/</c>; empty where it is not installed.</summary>
    public Dictionary<string, string> CloudInfo { get; } = [];

    /// <summary>Operations that were called, in order, by the names that the description gives them.</summary>
    public IReadOnlyCollection<string> Called => _witness.Calls;

    /// <summary>Names of all operations that the server has.</summary>
    public static IReadOnlyList<string> Operations => [.. PipelineOperations.All.Select(operation => operation.Id)];

    /// <summary>Fields, query parameters and paths that the description does not know.</summary>
    public IReadOnlyCollection<string> Unknown => _witness.Strangers;

    /// <summary>Bodies that were taken, with their operations.</summary>
    public IReadOnlyCollection<(string Operation, JsonObject Body)> Bodies => _witness.Bodies;

    /// <summary>Method, path and query of every request.</summary>
    public IReadOnlyCollection<string> Requests => _server.Requests;

    public static async Task<PipelineServer> StartAsync(bool tls = false)
    {
        var server = new PipelineServer(tls ? TestCertificates.ForLoopback("pipeline.example.org") : null);
        await server.ListenAsync(0);
        return server;
    }

    /// <summary>A running cluster of the first organization.</summary>
    public PolledCluster AddCluster(string name, string cloud = "amazon", string distribution = "pke")
    {
        var cluster = new PolledCluster(new ClusterOrder(State.NextId(), name, cloud, distribution) { Version = "v1.12.2", Location = "eu-central-1" }) { PollsPerStatus = PollsPerStatus };
        cluster.Pools["master"] = new JsonObject { ["instanceType"] = "c5.large", ["count"] = 1, ["minCount"] = 1, ["maxCount"] = 1, ["autoscaling"] = false };
        cluster.Pools["pool1"] = new JsonObject { ["instanceType"] = "t2.medium", ["count"] = 2, ["minCount"] = 1, ["maxCount"] = 3, ["autoscaling"] = false };
        cluster.Masters.Add("master");
        Organization.Clusters.Add(cluster);
        return cluster;
    }

    /// <summary>A cluster of any organization, by name.</summary>
    public PolledCluster Cluster(string name) => (PolledCluster)State.Organizations.SelectMany(organization => organization.Clusters).Single(cluster => cluster.Name == name);

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
        HttpRequest request = context.Request;
        if (request.Path.StartsWithSegments("/cloudinfo/api/v1", out PathString asked))
        {
            bool known = CloudInfo.TryGetValue(asked.Value!.TrimStart('/'), out string? list) && request.Headers.Authorization.Count == 0;
            await AnswerAsync(context, new PipelineReply(known ? 200 : 404, "application/json", known ? list! : """{"status":404,"title":"Not Found"}"""));
            return;
        }
        if (!request.Path.StartsWithSegments(Prefix, out PathString path) || !path.HasValue)
        {
            _witness.Unknown($"{request.Method} {request.Path}");
            await AnswerAsync(context, new PipelineReply(404, "text/plain", "404 page not found"));
            return;
        }
        var call = new PipelineRequest(
            request.Method,
            path.ToUriComponent(),
            [.. request.Query.Select(parameter => KeyValuePair.Create(parameter.Key, parameter.Value.ToString()))],
            request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            request.Body);
        await AnswerAsync(context, await _service.AnswerAsync(call, context.RequestAborted));
    }

    private static async Task AnswerAsync(HttpContext context, PipelineReply reply)
    {
        context.Response.StatusCode = reply.Status;
        if (reply.ContentType is null)
            return;
        context.Response.ContentType = reply.ContentType;
        await context.Response.WriteAsync(reply.Content);
    }

    private sealed class Record : IPipelineWitness
    {
        public ConcurrentQueue<string> Calls { get; } = new();

        public ConcurrentQueue<string> Strangers { get; } = new();

        public ConcurrentQueue<(string Operation, JsonObject Body)> Bodies { get; } = new();

        public void Called(string operation) => Calls.Enqueue(operation);

        public void Took(string operation, JsonObject body) => Bodies.Enqueue((operation, body));

        public void Unknown(string what) => Strangers.Enqueue(what);
    }
}
