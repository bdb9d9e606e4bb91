using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using IstioAdmin.Sandbox.Http;

namespace IstioAdmin.Sandbox.Tests.Http;

/// <summary>A handler and an HttpClient that reaches it: over loopback, over TLS, or within the process.</summary>
internal sealed class HttpWorld : IAsyncDisposable
{
    private readonly LoopbackServer? _server;
    private readonly HttpMessageHandler _messages;

    private HttpWorld(LoopbackServer? server, HttpMessageHandler messages, Uri address)
    {
        _server = server;
        _messages = messages;
        Client = new HttpClient(messages) { BaseAddress = address };
    }

    public HttpClient Client { get; }

    public HttpMessageInvoker Invoker => Client;

    public Uri Address => Client.BaseAddress!;

    public static IEnumerable<TheoryDataRow<string>> Carriers => [new("loopback"), new("tls"), new("process")];

    public static HttpWorld Start(string carrier, HttpHandler handler)
    {
        switch (carrier)
        {
            case "process":
                return new HttpWorld(null, new InProcessHandler(handler), new Uri("http://sandbox"));
            case "tls":
                using (var authority = CertificateAuthority.Create("test authority"))
                {
                    var server = LoopbackServer.Start(handler, authority.IssueServer());
                    return new HttpWorld(server, new SocketsHttpHandler { SslOptions = Trust(authority.CertificatePem) }, server.Address);
                }
            default:
                var plain = LoopbackServer.Start(handler);
                return new HttpWorld(plain, new SocketsHttpHandler(), plain.Address);
        }
    }

    /// <summary>Trusts an authority and nothing else, name included.</summary>
    public static SslClientAuthenticationOptions Trust(string authorityPem)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(X509Certificate2.CreateFromPem(authorityPem));
        return new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
    }

    public static async Task AnswerAsync(HttpExchange exchange, string text, int status = 200)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        await using Stream answer = await exchange.RespondAsync(status, "text/plain", bytes.Length);
        await answer.WriteAsync(bytes);
    }

    public static async Task<string> ReadAsync(Stream body)
    {
        using var reader = new StreamReader(body);
        return await reader.ReadToEndAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        _messages.Dispose();
        if (_server is not null)
            await _server.DisposeAsync();
    }
}
