using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using IstioAdmin.Sandbox.Api;
using IstioAdmin.Sandbox.Http;
using IstioAdmin.Sandbox.Nodes;
using IstioAdmin.Sandbox.Snapshots;

namespace IstioAdmin.Sandbox.Serving;

/// <summary>A cluster that clients reach: its API on loopback, with the three Istio operators as what their images do.</summary>
internal sealed class ServedCluster : IAsyncDisposable
{
    private readonly CertificateAuthority _authority;
    private readonly X509Certificate2 _certificate;
    private readonly LoopbackServer _server;
    private readonly ClusterWebhooks _webhooks;

    private ServedCluster(string name, SandboxCluster cluster, CertificateAuthority authority, X509Certificate2 certificate, LoopbackServer server, ClusterWebhooks webhooks) =>
        (Name, Cluster, _authority, _certificate, _server, _webhooks) = (name, cluster, authority, certificate, server, webhooks);

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>What is served.</summary>
    public SandboxCluster Cluster { get; }

    /// <summary>Address of the API.</summary>
    public Uri Address => _server.Address;

    /// <summary>The authority of its certificates with its key, PEM; a secret.</summary>
    public string AuthorityPem => _authority.ExportPem();

    /// <summary>A kubeconfig with the administrator's token; a secret.</summary>
    public string Kubeconfig => SandboxKubeconfig.For(Name, Address, _authority.CertificatePem, Cluster.Api.AdministratorToken);

    /// <summary>Starts a cluster, and waits until it takes work.</summary>
    /// <param name="options">What it is like.</param>
    /// <param name="onError">Told of failures that are the sandbox's own.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<ServedCluster> StartAsync(ClusterOptions options, Action<Exception>? onError = null, CancellationToken cancel = default)
    {
        ClusterState? state = options.State;
        CertificateAuthority authority;
        try
        {
            authority = state is null ? CertificateAuthority.Create("istioadmin-sandbox") : CertificateAuthority.Load(state.Authority);
        }
        catch (CryptographicException e)
        {
            throw new InvalidDataException($"the authority of a cluster cannot be read: {e.Message}", e);
        }
        X509Certificate2 certificate = authority.IssueServer();
        SandboxApi? api = null;
        ClusterWebhooks? webhooks = null;
        LoopbackServer server = Start(exchange => api!.Server.HandleAsync(exchange), certificate, options, onError);
        try
        {
            var faults = new ClusterFaults();
            SandboxCluster cluster = await SandboxCluster.StartAsync(
                runtime => api = new SandboxApi(runtime, $"127.0.0.1:{server.Port}", administratorToken: state?.AdministratorToken, signingKey: state?.SigningKey,
                    services: objects => webhooks = new ClusterWebhooks(objects, authority), onError: onError),
                authority.CertificatePem, options.Nodes, () => PodPrograms.Operators(options.Times, faults.Operators, webhooks!), faults, state, cancel).ConfigureAwait(false);
            return new ServedCluster(options.Name, cluster, authority, certificate, server, webhooks!);
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            if (webhooks is not null)
                await webhooks.DisposeAsync().ConfigureAwait(false);
            certificate.Dispose();
            authority.Dispose();
            throw;
        }
    }

    // Where it was before, so that kubeconfigs of then are good, unless somebody else is there by now.
    private static LoopbackServer Start(HttpHandler handler, X509Certificate2 certificate, ClusterOptions options, Action<Exception>? onError)
    {
        try
        {
            return LoopbackServer.Start(handler, certificate, options.Port == 0 ? options.State?.Port ?? 0 : options.Port, onError: onError);
        }
        catch (SocketException) when (options.Port == 0 && options.State is not null)
        {
            return LoopbackServer.Start(handler, certificate, onError: onError);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Cluster.DisposeAsync().ConfigureAwait(false);
        await _webhooks.DisposeAsync().ConfigureAwait(false);
        await _server.DisposeAsync().ConfigureAwait(false);
        _certificate.Dispose();
        _authority.Dispose();
    }
}
