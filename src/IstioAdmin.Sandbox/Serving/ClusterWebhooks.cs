using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Api;
using IstioAdmin.Sandbox.Api.Admission;
using IstioAdmin.Sandbox.Http;
using IstioAdmin.Sandbox.Operators;

namespace IstioAdmin.Sandbox.Serving;

/// <summary>
/// The webhooks of operators and injectors: behind Services that have ready pods, as in any cluster, and at an address of loopback for those that name no
/// Service. What answers is in this process.
/// </summary>
internal sealed class ClusterWebhooks : IAdmissionEndpoints, IServiceResolver, IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Func<JsonObject, Task<Review>>> _handlers = new(StringComparer.Ordinal);
    private readonly StoreServiceResolver _services;
    private readonly InProcessHandler _within;
    private readonly X509Certificate2 _certificate;
    private readonly LoopbackServer _server;

    /// <param name="objects">The Services.</param>
    /// <param name="authority">Issues the certificate.</param>
    public ClusterWebhooks(IObjectReader objects, CertificateAuthority authority)
    {
        _services = new StoreServiceResolver(objects);
        _within = new InProcessHandler(AnswerAsync);
        _certificate = authority.IssueServer();
        _server = LoopbackServer.Start(AnswerAsync, _certificate);
        CaBundle = Convert.ToBase64String(Encoding.ASCII.GetBytes(authority.CertificatePem));
    }

    /// <inheritdoc/>
    public string CaBundle { get; }

    /// <inheritdoc/>
    public int Port => 443;

    /// <inheritdoc/>
    public string Url(string path) => new Uri(_server.Address, path).ToString();

    /// <inheritdoc/>
    public JsonObject ServiceSpec(JsonObject selector, string? portName = null)
    {
        var port = new JsonObject { ["port"] = Port, ["protocol"] = "TCP", ["targetPort"] = 15017 };
        if (portName is not null)
            port["name"] = portName;
        return new JsonObject { ["selector"] = selector.DeepClone(), ["ports"] = new JsonArray(port) };
    }

    /// <inheritdoc/>
    public void Handle(string path, Func<JsonObject, Task<Review>> handler) => _handlers[path] = handler;

    /// <inheritdoc/>
    public void Unhandle(string path) => _handlers.TryRemove(path, out _);

    /// <inheritdoc/>
    public ServiceTarget Resolve(string @namespace, string name, int port)
    {
        // That something ready stands behind it; the pods themselves are only modelled.
        _ = _services.Resolve(@namespace, name, port);
        return new ServiceTarget(_within, null, 0);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync().ConfigureAwait(false);
        _within.Dispose();
        _certificate.Dispose();
    }

    private async Task AnswerAsync(HttpExchange exchange)
    {
        if (!_handlers.TryGetValue(exchange.Path, out Func<JsonObject, Task<Review>>? handler))
        {
            await using Stream nothing = await exchange.RespondAsync(503, null, 0).ConfigureAwait(false);
            return;
        }
        JsonObject review = (await JsonNode.ParseAsync(exchange.Body, cancellationToken: exchange.Aborted).ConfigureAwait(false))!.AsObject();
        await JsonAnswer.WriteAsync(exchange, 200, await Review.AnswerAsync(review, handler).ConfigureAwait(false)).ConfigureAwait(false);
    }
}
