using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using IstioAdmin.Sandbox.Http;
using IstioAdmin.Sandbox.Pipeline.Service;

namespace IstioAdmin.Sandbox.Pipeline;

/// <summary>
/// Pipeline on loopback, with the service beside it that knows the clouds. It has one organization with a secret for each cloud; its clusters are sandboxes
/// in this process.
/// </summary>
internal sealed class PipelineHost : IAsyncDisposable
{
    /// <summary>Where a Pipeline that is installed with its web page has its API.</summary>
    private const string Prefix = "/pipeline";

    private readonly CertificateAuthority _authority = CertificateAuthority.Create("istioadmin-sandbox-pipeline");
    private readonly X509Certificate2 _certificate;
    private readonly LoopbackServer _server;
    private readonly PipelineService _service;

    private PipelineHost(PkeTimes times, Action<Exception>? onError)
    {
        PipelineService? service = null;
        var state = new PipelineState(order => new SandboxPkeCluster(order, times, action => service!.Within(action)), "sandbox")
        {
            User = "sandbox",
            Version = "sandbox",
            Commit = "sandbox",
        };
        // banzai's own client leaves out what the description requires, and the real service takes it.
        _service = service = new PipelineService(state, RandomNumberGenerator.GetHexString(48, lowercase: true)) { TakesWhatTheClientSends = true };
        _certificate = _authority.IssueServer();
        _server = LoopbackServer.Start(AnswerAsync, _certificate, onError: onError);
    }

    /// <summary>The endpoint as an administrator writes it.</summary>
    public Uri Endpoint => new(_server.Address, Prefix);

    /// <summary>The token; a secret.</summary>
    public string Token => _service.Token;

    /// <summary>The certificate of its authority, PEM.</summary>
    public string CertificatePem => _authority.CertificatePem;

    /// <summary>The clusters that can be used, by name.</summary>
    public IReadOnlyList<MeshSandbox> Clusters
    {
        get
        {
            List<MeshSandbox> found = [];
            _service.Within(() => found.AddRange(All.Select(cluster => cluster.Sandbox).OfType<MeshSandbox>()));
            return [.. found.OrderBy(sandbox => sandbox.Name, StringComparer.OrdinalIgnoreCase)];
        }
    }

    private IEnumerable<SandboxPkeCluster> All => _service.State.Organizations.SelectMany(organization => organization.Clusters).Cast<SandboxPkeCluster>();

    /// <summary>Starts one.</summary>
    /// <param name="times">How long things take.</param>
    /// <param name="onError">Told of failures that are the sandbox's own.</param>
    public static PipelineHost Start(PkeTimes times, Action<Exception>? onError = null) => new(times, onError);

    /// <summary>Stops it and its clusters, those that are still being created as well.</summary>
    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync().ConfigureAwait(false);
        SandboxPkeCluster[] clusters = [];
        _service.Within(() => clusters = [.. All]);
        await Task.WhenAll(clusters.Select(cluster => cluster.DisposeAsync().AsTask())).ConfigureAwait(false);
        _certificate.Dispose();
        _authority.Dispose();
    }

    private async Task AnswerAsync(HttpExchange exchange)
    {
        PipelineReply reply = exchange.Path switch
        {
            _ when exchange.Path.StartsWith(CloudCatalogue.Path, StringComparison.Ordinal) && exchange.Method == "GET" => CloudCatalogue.Answer(exchange.Path[CloudCatalogue.Path.Length..]),
            _ when exchange.Path.StartsWith(Prefix + "/", StringComparison.Ordinal) => await _service.AnswerAsync(
                new PipelineRequest(exchange.Method, exchange.Path[Prefix.Length..], exchange.Query.Parameters, exchange.Headers, exchange.Body), exchange.Aborted).ConfigureAwait(false),
            _ => new PipelineReply(404, "text/plain", "404 page not found"),
        };
        byte[] content = Encoding.UTF8.GetBytes(reply.Content);
        Stream answer = await exchange.RespondAsync(reply.Status, reply.ContentType, content.Length).ConfigureAwait(false);
        await using (answer.ConfigureAwait(false))
            await answer.WriteAsync(content).ConfigureAwait(false);
    }
}
