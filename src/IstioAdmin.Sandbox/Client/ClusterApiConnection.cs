using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.RegularExpressions;

namespace IstioAdmin.Sandbox.Client;

/// <summary>Ways to an API server over the network.</summary>
internal static class ClusterApiConnection
{
    /// <summary>With what a kubeconfig of one cluster, and one user with a token, says; its values are looked for by name, wherever they stand.</summary>
    /// <exception cref="HttpRequestException">The kubeconfig lacks one of them.</exception>
    public static ClusterApi FromKubeconfig(string kubeconfig)
    {
        string Value(string key) => Regex.Match(kubeconfig, $@"(?:^|[\s{{,]){key}:\s*""?([^""\s,}}]+)") is { Success: true } match
            ? match.Groups[1].Value : throw new HttpRequestException($"the kubeconfig has no {key}");
        string authority = Encoding.UTF8.GetString(Convert.FromBase64String(Value("certificate-authority-data")));
        return WithToken(new Uri(Value("server") + "/"), X509Certificate2.CreateFromPem(authority), Value("token"));
    }

    /// <summary>With a bearer token.</summary>
    public static ClusterApi WithToken(Uri server, X509Certificate2 authority, string token)
    {
        HttpClient http = Client(server, Handler(authority));
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return new ClusterApi(http);
    }

    /// <summary>With a client certificate.</summary>
    public static ClusterApi WithCertificate(Uri server, X509Certificate2 authority, X509Certificate2 certificate)
    {
        SocketsHttpHandler handler = Handler(authority);
        handler.SslOptions.ClientCertificates = [certificate];
        return new ClusterApi(Client(server, handler));
    }

    private static HttpClient Client(Uri server, SocketsHttpHandler handler) => new(handler) { BaseAddress = server, Timeout = Timeout.InfiniteTimeSpan };

    private static SocketsHttpHandler Handler(X509Certificate2 authority) => new()
    {
        UseProxy = false,
        SslOptions = new SslClientAuthenticationOptions
        {
            CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                CustomTrustStore = { authority },
                RevocationMode = X509RevocationMode.NoCheck,
            },
        },
    };
}
