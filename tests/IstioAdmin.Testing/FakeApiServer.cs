using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace IstioAdmin.Testing;

/// <summary>
/// An HTTP server on loopback that answers as a test says, for what a real API server cannot be made to do:
/// hang, lie, break off, throttle. Whatever a real server does is tested against a real one.
/// </summary>
public sealed class FakeApiServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<string> _requests = new();

    private FakeApiServer(WebApplication app) => _app = app;

    /// <summary>Base address, with the port that the system chose.</summary>
    public Uri Uri => new(_app.Urls.Single());

    /// <summary>Method, path and query of every request so far.</summary>
    public IReadOnlyCollection<string> Requests => _requests;

    /// <summary>Starts a server; with <paramref name="certificate"/> it speaks TLS. With <paramref name="port"/> 0 the system chooses one.</summary>
    public static async Task<FakeApiServer> StartAsync(RequestDelegate answer, X509Certificate2? certificate = null, bool requireClientCertificate = false, int port = 0)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen =>
        {
            listen.Protocols = certificate is null ? HttpProtocols.Http1 : HttpProtocols.Http1AndHttp2;
            if (certificate is not null)
            {
                listen.UseHttps(certificate, https =>
                {
                    if (requireClientCertificate)
                    {
                        https.ClientCertificateMode = Microsoft.AspNetCore.Server.Kestrel.Https.ClientCertificateMode.RequireCertificate;
                        https.ClientCertificateValidation = (_, _, _) => true;
                    }
                });
            }
        }));
        WebApplication app = builder.Build();
        var server = new FakeApiServer(app);
        app.UseWebSockets();
        app.Run(context =>
        {
            server._requests.Enqueue($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}");
            return answer(context);
        });
        await app.StartAsync();
        return server;
    }

    /// <summary>Writes a kubeconfig for this server, without credentials, and returns its path.</summary>
    public string WriteKubeconfig(string path, string context = "fake")
    {
        File.WriteAllText(path, $"""
            apiVersion: v1
            kind: Config
            current-context: {context}
            clusters:
            - name: {context}
              cluster: {"{"}server: "{Uri.ToString().TrimEnd('/')}"{"}"}
            users:
            - name: {context}-user
              user: {"{}"}
            contexts:
            - name: {context}
              context: {"{"}cluster: {context}, user: {context}-user, namespace: default{"}"}
            """);
        return path;
    }

    public async ValueTask DisposeAsync()
    {
        // A handler that hangs on purpose must not hold the test up.
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await _app.StopAsync(soon.Token);
        await _app.DisposeAsync();
    }
}
