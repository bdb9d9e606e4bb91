using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.RegularExpressions;

namespace IstioAdmin.Core.Mesh.Ingress;

/// <summary>Fetches one page, as it is: redirects are not followed, certificates are looked at but not insisted on.</summary>
internal sealed partial class PageRequest
{
    // A page for people; what is larger is none.
    private const int LargestPage = 16 * 1024 * 1024;

    private static readonly string[] TellingHeaders =
        ["content-type", "content-length", "location", "server", "via", "x-request-id", "www-authenticate", "strict-transport-security", "grpc-status", "retry-after"];

    /// <summary>The address.</summary>
    public required Uri Url { get; init; }

    /// <summary>
    /// The Host header, and the name that TLS asks for; null for that of the address. Without a port: gateways of Istio's first releases know the
    /// host by itself and with the Gateway's own port only, which is not that of a node or of this machine.
    /// </summary>
    public string? HostName { get; init; }

    /// <summary>Makes the connection; null for one over the network.</summary>
    public Func<CancellationToken, Task<Stream>>? Connect { get; init; }

    /// <summary>How long connecting may take.</summary>
    public required TimeSpan ConnectTimeout { get; init; }

    /// <summary>The proxy of the environment for an address; null when it is reached directly, as every address of this machine is.</summary>
    public static Uri? ProxyFor(Uri url) => url.IsLoopback || HttpClient.DefaultProxy.IsBypassed(url) || HttpClient.DefaultProxy.GetProxy(url) is not { } proxy || proxy == url ? null : proxy;

    /// <summary>Fetches the page.</summary>
    /// <exception cref="HttpRequestException">It could not be fetched.</exception>
    /// <exception cref="MeshException">As <see cref="Connect"/>.</exception>
    public async Task<FetchedPage> SendAsync(CancellationToken cancel)
    {
        string? certificate = null;
        bool trusted = true;
        using var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = Connect is null && ProxyFor(Url) is not null,
            AutomaticDecompression = DecompressionMethods.All,
            ConnectTimeout = ConnectTimeout,
            SslOptions = new SslClientAuthenticationOptions
            {
#pragma warning disable CA5359 // What is wrong with it is said with the page; nothing secret is sent.
                RemoteCertificateValidationCallback = (_, shown, chain, errors) =>
#pragma warning restore CA5359
                {
                    trusted = errors == SslPolicyErrors.None;
                    certificate = Describe(shown, chain, errors);
                    return true;
                },
            },
        };
        if (Connect is { } connect)
            handler.ConnectCallback = async (_, stop) => await connect(stop).ConfigureAwait(false);
        using var http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = LargestPage };
        using var request = new HttpRequestMessage(HttpMethod.Get, Url);
        request.Headers.ConnectionClose = true;
        request.Headers.Host = HostName;
        request.Headers.Accept.ParseAdd("text/html, */*;q=0.8");
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("IstioAdmin", null));
        var watch = Stopwatch.StartNew();
        try
        {
            using HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseContentRead, cancel).ConfigureAwait(false);
            byte[] body = await response.Content.ReadAsByteArrayAsync(cancel).ConfigureAwait(false);
            return new FetchedPage(
                (int)response.StatusCode, response.ReasonPhrase, HeadersOf(response), TextOf(response.Content.Headers.ContentType, body), watch.Elapsed, certificate, trusted);
        }
        catch (HttpRequestException e) when (Inside<MeshException>(e) is { } known)
        {
            throw known;
        }
    }

    /// <summary>Why a request failed, in the words of what is at the bottom of it.</summary>
    public static string Reason(Exception failure) => Inside<AuthenticationException>(failure)?.Message.TrimEnd('.')
        ?? Inside<System.Net.Sockets.SocketException>(failure)?.Message.TrimEnd('.')
        ?? failure.GetBaseException().Message.TrimEnd('.');

    /// <summary>The title of a page; null when it has none.</summary>
    public static string? TitleOf(string? html) =>
        html is not null && TitleElement().Match(html) is { Success: true } found && Blanks().Replace(WebUtility.HtmlDecode(found.Groups[1].Value), " ").Trim() is { Length: > 0 } title ? title : null;

    private static T? Inside<T>(Exception? failure) where T : Exception
    {
        while (failure is not null and not T)
            failure = failure.InnerException;
        return (T?)failure;
    }

    private static SortedDictionary<string, string> HeadersOf(HttpResponseMessage response)
    {
        var headers = new SortedDictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach ((string name, HeaderStringValues values) in response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated))
        {
            if (name.StartsWith("x-envoy-", StringComparison.OrdinalIgnoreCase) || name.StartsWith("x-b3-", StringComparison.OrdinalIgnoreCase) || TellingHeaders.Contains(name.ToLowerInvariant()))
                headers[name.ToLowerInvariant()] = values.ToString();
        }
        return headers;
    }

    private static string? TextOf(MediaTypeHeaderValue? type, byte[] body)
    {
        string media = type?.MediaType ?? "text/plain";
        bool isText = media.StartsWith("text/", StringComparison.OrdinalIgnoreCase) || media.Contains("json", StringComparison.OrdinalIgnoreCase)
            || media.Contains("xml", StringComparison.OrdinalIgnoreCase) || media.Contains("javascript", StringComparison.OrdinalIgnoreCase) || media.Contains("urlencoded", StringComparison.OrdinalIgnoreCase);
        return isText ? EncodingOf(type?.CharSet).GetString(body) : null;
    }

    private static Encoding EncodingOf(string? charset)
    {
        try
        {
            return charset is null ? Encoding.UTF8 : Encoding.GetEncoding(charset.Trim('"'));
        }
        catch (ArgumentException)
        {
            return Encoding.UTF8;
        }
    }

    private static string Describe(X509Certificate? shown, X509Chain? chain, SslPolicyErrors errors)
    {
        string whose = shown is null ? "no certificate" : $"{shown.Subject}, issued by {(shown.Subject == shown.Issuer ? "itself" : shown.Issuer)}, until {shown.GetExpirationDateString()}";
        if (errors == SslPolicyErrors.None)
            return $"{whose}: trusted";
        List<string> wrong = [];
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
            wrong.Add("it is for another host");
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors))
            wrong.AddRange((chain?.ChainStatus ?? []).Select(status => status.Status.ToString()).Distinct());
        return $"{whose}: not trusted{(wrong.Count == 0 ? "" : $" ({string.Join(", ", wrong)})")}";
    }

    [GeneratedRegex("<title[^>]*>(.*?)</title>", RegexOptions.IgnoreCase | RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex TitleElement();

    [GeneratedRegex(@"\s+", RegexOptions.CultureInvariant)]
    private static partial Regex Blanks();
}
