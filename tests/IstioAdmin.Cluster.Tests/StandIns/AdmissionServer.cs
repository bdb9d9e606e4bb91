using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Operators;
using IstioAdmin.Testing;
using Microsoft.AspNetCore.Http;

namespace IstioAdmin.Cluster.Tests.StandIns;

/// <summary>
/// An HTTPS server on loopback that the API server's webhooks can call, with an authority of its own. It answers under any name of a service
/// (<c>NAME.NAMESPACE.svc</c>) that a handler was given for, so a webhook may name a service of type ExternalName that points here.
/// </summary>
/// <remarks>Kubernetes 1.20 has no ValidatingAdmissionPolicy, so refusals take a real webhook.</remarks>
internal sealed class AdmissionServer : IAdmissionEndpoints, IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Func<JsonObject, Task<Review>>> _handlers = new(StringComparer.Ordinal);
    private readonly X509Certificate2 _certificate;
    private FakeApiServer _server = null!;

    // A wildcard stands for one label only: one for each namespace in which an injector may live.
    private AdmissionServer() => _certificate = TestCertificates.ForLoopback("*.istio-system.svc", "*.mesh.svc");

    /// <summary>Port on 127.0.0.1.</summary>
    public int Port => _server.Uri.Port;

    /// <summary>What webhooks give as their <c>caBundle</c>.</summary>
    public string CaBundle => Convert.ToBase64String(Encoding.ASCII.GetBytes(_certificate.ExportCertificatePem()));

    public static async Task<AdmissionServer> StartAsync()
    {
        var started = new AdmissionServer();
        started._server = await FakeApiServer.StartAsync(started.AnswerAsync, started._certificate);
        return started;
    }

    /// <summary>The URL of a path, for a webhook that names no service.</summary>
    public string Url(string path) => $"https://127.0.0.1:{Port}{path}";

    // Of another type than in a cluster that has a network, and without a selector: so the API server reaches the handlers under their services' names.
    public JsonObject ServiceSpec(JsonObject selector, string? portName = null)
    {
        var port = new JsonObject { ["port"] = Port, ["protocol"] = "TCP" };
        if (portName is not null)
            port["name"] = portName;
        return new JsonObject { ["type"] = "ExternalName", ["externalName"] = "localhost", ["ports"] = new JsonArray(port) };
    }

    /// <summary>Answers admission requests on a path until it is taken away again; without a handler the path is 503.</summary>
    public void Handle(string path, Func<JsonObject, Task<Review>> handler) => _handlers[path] = handler;

    public void Unhandle(string path) => _handlers.TryRemove(path, out _);

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _certificate.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        if (!_handlers.TryGetValue(context.Request.Path.Value!, out Func<JsonObject, Task<Review>>? handler))
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }
        JsonObject review = (await JsonNode.ParseAsync(context.Request.Body))!.AsObject();
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync((await Review.AnswerAsync(review, handler)).ToJsonString());
    }
}
