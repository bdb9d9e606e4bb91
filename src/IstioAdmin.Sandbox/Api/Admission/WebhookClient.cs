using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Sandbox.Api.Storage;

namespace IstioAdmin.Sandbox.Api.Admission;

/// <summary>Calls webhooks over HTTPS.</summary>
internal sealed class WebhookClient(IServiceResolver services)
{
    private const int MostClients = 64;
    private readonly ConcurrentDictionary<string, HttpMessageInvoker> _clients = new();

    /// <summary>Asks a webhook.</summary>
    /// <param name="webhook">The webhook.</param>
    /// <param name="review">What it is asked.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <returns>Its response.</returns>
    /// <exception cref="IOException">It could not be asked, or did not answer as a webhook does; the message says why, as the API server would.</exception>
    public async Task<JsonObject> AskAsync(JsonObject webhook, JsonObject review, CancellationToken cancel)
    {
        int seconds = (int)(webhook.WholeAt("timeoutSeconds") ?? 10);
        Uri url = UrlOf(webhook, seconds, out JsonObject? service);
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(ObjectStore.Serialize(review)) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Accept.ParseAdd("application/json");
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        ending.CancelAfter(TimeSpan.FromSeconds(seconds));
        try
        {
            HttpMessageInvoker client = ClientOf(webhook, url, service, out bool isOwn);
            try
            {
                using HttpResponseMessage response = await client.SendAsync(request, ending.Token).ConfigureAwait(false);
                byte[] content = await response.Content.ReadAsByteArrayAsync(ending.Token).ConfigureAwait(false);
                if (!response.IsSuccessStatusCode)
                    throw new IOException($"the server rejected our request for an unknown reason: status code {(int)response.StatusCode}");
                return ResponseOf(review, content);
            }
            finally
            {
                if (isOwn)
                    client.Dispose();
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new IOException($"Post \"{url}\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)");
        }
        catch (HttpRequestException e)
        {
            throw new IOException($"Post \"{url}\": {Why(e, url)}", e);
        }
        catch (IOException e) when (e.Data.Contains("resolving"))
        {
            throw new IOException($"Post \"{url}\": {e.Message}", e);
        }
    }

    private static Uri UrlOf(JsonObject webhook, int seconds, out JsonObject? service)
    {
        service = webhook.At("clientConfig.service") as JsonObject;
        string text = service is null
            ? webhook.TextAt("clientConfig.url") ?? ""
            : $"https://{service.TextAt("name")}.{service.TextAt("namespace")}.svc:{service["port"].Whole() ?? 443}/{service.TextAt("path")?.TrimStart('/')}";
        text += (text.Contains('?', StringComparison.Ordinal) ? "&" : "?") + $"timeout={seconds}s";
        return Uri.TryCreate(text, UriKind.Absolute, out Uri? url) ? url : throw new IOException($"parse \"{text}\": the webhook's URL cannot be read");
    }

    private static JsonObject ResponseOf(JsonObject review, byte[] content)
    {
        JsonNode? answer;
        try
        {
            answer = JsonNode.Parse(content);
        }
        catch (JsonException e)
        {
            throw new IOException($"couldn't get version/kind; json parse error: {e.Message}", e);
        }
        if (answer?["response"] is not JsonObject response)
            throw new IOException("webhook response was absent");
        if (review.TextAt("apiVersion") == "admission.k8s.io/v1")
        {
            string uid = review.TextAt("request.uid")!;
            if (answer.TextAt("apiVersion") != "admission.k8s.io/v1" || answer.TextAt("kind") != "AdmissionReview")
                throw new IOException($"expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got {answer.TextAt("apiVersion")}, Kind={answer.TextAt("kind")}");
            if (response.TextAt("uid") != uid)
                throw new IOException($"expected response.uid=\"{uid}\", got \"{response.TextAt("uid")}\"");
            if (response.TextAt("patch") is not null && response.TextAt("patchType") is null)
                throw new IOException("webhook returned response.patch but not response.patchType");
        }
        return response;
    }

    private HttpMessageInvoker ClientOf(JsonObject webhook, Uri url, JsonObject? service, out bool isOwn)
    {
        isOwn = false;
        ServiceTarget? target = null;
        if (service is not null)
        {
            try
            {
                target = services.Resolve(service.TextAt("namespace")!, service.TextAt("name")!, (int)(service.WholeAt("port") ?? 443));
            }
            catch (IOException e)
            {
                e.Data["resolving"] = true;
                throw;
            }
        }
        if (target?.Handler is { } within)
        {
            isOwn = true;
            return new HttpMessageInvoker(within, disposeHandler: false);
        }
        string? bundle = webhook.TextAt("clientConfig.caBundle");
        string key = $"{url.Authority} {target?.Host}:{target?.Port} {bundle}";
        if (_clients.Count > MostClients)
            _clients.Clear();
        return _clients.GetOrAdd(key, _ => NewClient(url, target, bundle));
    }

    private static HttpMessageInvoker NewClient(Uri url, ServiceTarget? target, string? bundle)
    {
        var roots = new X509Certificate2Collection();
        if (bundle is not null)
            roots.ImportFromPem(System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(bundle)));
        var handler = new SocketsHttpHandler
        {
            PooledConnectionLifetime = TimeSpan.FromMinutes(1),
            SslOptions = new SslClientAuthenticationOptions { TargetHost = url.Host, RemoteCertificateValidationCallback = (_, certificate, chain, errors) => IsTrusted(certificate, chain, errors, roots) },
        };
        if (target is not null)
        {
            handler.ConnectCallback = async (_, cancel) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                try
                {
                    await socket.ConnectAsync(target.Host!, target.Port, cancel).ConfigureAwait(false);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            };
        }
        return new HttpMessageInvoker(handler);
    }

    private static bool IsTrusted(X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors, X509Certificate2Collection roots)
    {
        if (errors == SslPolicyErrors.None)
            return true;
        if (roots.Count == 0 || certificate is null || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != 0)
            return false;
        using var own = new X509Chain();
        own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        own.ChainPolicy.CustomTrustStore.AddRange(roots);
        foreach (X509ChainElement element in chain?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
            own.ChainPolicy.ExtraStore.Add(element.Certificate);
        return own.Build(certificate as X509Certificate2 ?? new X509Certificate2(certificate));
    }

    private static string Why(HttpRequestException failure, Uri url) => failure.InnerException switch
    {
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } => $"dial tcp {url.Authority}: connect: connection refused",
        SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData } => $"dial tcp: lookup {url.Host}: no such host",
        AuthenticationException => "x509: certificate signed by unknown authority",
        { } inner => inner.Message,
        null => failure.Message,
    };
}
