using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Connecting;
using IstioAdmin.Core.Kube.Connecting.Credentials;
using IstioAdmin.Core.Kube.Failures;
using IstioAdmin.Core.Kube.Resilience;
using IstioAdmin.Core.Kube.Streams;
using IstioAdmin.Core.Pke.Failures;

namespace IstioAdmin.Core.Pke;

/// <summary>
/// Talks to one Pipeline with one token. Reads are repeated by <see cref="RetryRules"/> and, when a body breaks off, by
/// <see cref="Transient"/>; writes are sent once.
/// </summary>
internal sealed class PipelineClient : IDisposable
{
    // A list of thousands of clusters has a few megabytes.
    private const int MaxBody = 64 * 1024 * 1024;

    // An answer is written in one go; what pauses longer is not coming any more.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly KubeTransport _transport;
    private readonly string _token;
    private readonly TimeSpan _connectTimeout;
    private readonly TimeProvider? _retryTime;

    /// <param name="endpoint">Base address, ending in a slash.</param>
    /// <param name="token">The token to show; empty for none.</param>
    /// <param name="trust">Whether the server's certificate is trusted.</param>
    /// <param name="connectTimeout">Longest wait for a connection.</param>
    /// <param name="retryTime">The clock by which retries wait; null for the system's.</param>
    public PipelineClient(Uri endpoint, string token, ServerTrust trust, TimeSpan connectTimeout, TimeProvider? retryTime)
    {
        Endpoint = endpoint;
        _token = token;
        Trust = trust;
        _connectTimeout = connectTimeout;
        _retryTime = retryTime;
        var settings = new ConnectionSettings
        {
            Endpoint = new KubeEndpoint("pipeline", endpoint, "", ""),
            Trust = trust,
            Credentials = token.Length > 0 ? FixedCredentials.Bearer(token) : FixedCredentials.None,
            ConnectTimeout = connectTimeout,
        };
        _transport = new KubeTransport(settings, retryTime);
    }

    public Uri Endpoint { get; }

    public ServerTrust Trust { get; }

    /// <summary>A client without a token for a service that trusts the machine's authorities.</summary>
    public static PipelineClient Anonymous(Uri endpoint, TimeSpan connectTimeout) =>
        new(endpoint, token: "", ServerTrust.Create(endpoint, serverName: null, authorities: null, insecure: false, () => null!), connectTimeout, retryTime: null);

    /// <summary>A client for another service behind the same host, which gets no token.</summary>
    public PipelineClient WithoutLogin(Uri endpoint) => new(endpoint, token: "", Trust.Share(), _connectTimeout, _retryTime);

    /// <summary>Reads something.</summary>
    /// <param name="path">Path and query relative to the endpoint.</param>
    /// <param name="about">What is asked, as it continues "could not": <c>list the clusters of 'acme'</c>.</param>
    /// <param name="timeout">Longest wait for the answer; null for the transport's own limits.</param>
    /// <param name="cancel">Cancels reading.</param>
    /// <param name="headers">Parameters that the API wants as headers.</param>
    /// <param name="confidential">Whether no part of the answer may be in an error.</param>
    /// <exception cref="PipelineException">Pipeline could not be reached, refused, or answered something else than JSON.</exception>
    public async Task<JsonNode?> GetAsync(string path, string about, TimeSpan? timeout, CancellationToken cancel, IReadOnlyList<(string Name, string Value)>? headers = null, bool confidential = false)
    {
        try
        {
            // A body that is cut off is found out when it is parsed.
            return await Transient.BodyReads.ExecuteAsync(
                async token => Parse((await ExchangeAsync(HttpMethod.Get, path, null, about, timeout, headers, token).ConfigureAwait(false)).Body, about, confidential), cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not PipelineException && !cancel.IsCancellationRequested)
        {
            throw ConnectionFailures.From(this, e, about, read: true);
        }
    }

    /// <summary>Reads a list.</summary>
    /// <inheritdoc cref="GetAsync" path="/param"/>
    /// <exception cref="PipelineException">As <see cref="GetAsync"/>, or it is no list.</exception>
    public async Task<JsonArray> ListAsync(string path, string about, CancellationToken cancel, IReadOnlyList<(string Name, string Value)>? headers = null) =>
        await GetAsync(path, about, timeout: null, cancel, headers).ConfigureAwait(false) switch
        {
            // Go writes an empty list as null.
            null => [],
            JsonArray list => list,
            _ => throw AnswerFailures.Unexpected(this, about, "is no list"),
        };

    /// <summary>Sends a change, once.</summary>
    /// <returns>The status, any of 2xx, and the answer's body; null when it is empty.</returns>
    /// <exception cref="PipelineException">As <see cref="GetAsync"/>; after a lost connection nobody knows whether the change was made.</exception>
    public async Task<(HttpStatusCode Status, JsonNode? Body)> SendAsync(HttpMethod method, string path, JsonNode? body, string about, CancellationToken cancel)
    {
        try
        {
            (HttpStatusCode status, byte[] answer) = await ExchangeAsync(method, path, body, about, null, null, cancel).ConfigureAwait(false);
            return (status, Parse(answer, about, confidential: false));
        }
        catch (Exception e) when (e is not PipelineException && !cancel.IsCancellationRequested)
        {
            throw ConnectionFailures.From(this, e, about, read: false);
        }
    }

    /// <summary>Text without this client's token, however a server or a library got it in there.</summary>
    public string WithoutToken(string text) =>
        Excerpt.WithoutSecrets(_token.Length > 0 ? text.Replace(_token, "***", StringComparison.Ordinal) : text);

    public override string ToString() => Endpoint.Name();

    public void Dispose() => _transport.Dispose();

    private async Task<(HttpStatusCode Status, byte[] Body)> ExchangeAsync(
        HttpMethod method, string path, JsonNode? body, string about, TimeSpan? timeout, IReadOnlyList<(string Name, string Value)>? headers, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(method, new Uri(Endpoint, path));
        request.Headers.TryAddWithoutValidation("Accept", "application/json, application/problem+json");
        foreach ((string name, string value) in headers ?? [])
            request.Headers.TryAddWithoutValidation(name, value);
        if (timeout is { } limit)
            request.Options.Set(RetryRules.AttemptTimeout, limit);
        if (body is not null)
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await _transport.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
        {
            byte[] refusal = await KubeFailure.ReadBodyAsync(response.Content, cancel).ConfigureAwait(false);
            throw StatusFailures.From(this, response, refusal, about);
        }
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        if (timeout is { } bodyLimit)
            deadline.CancelAfter(bodyLimit);
        try
        {
            return (response.StatusCode, await ReadAsync(response.Content, about, deadline.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException e) when (deadline.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            throw new TimeoutException($"the answer was not complete within {timeout!.Value.TotalSeconds:0.#} s", e);
        }
    }

    private async Task<byte[]> ReadAsync(HttpContent content, string about, CancellationToken cancel)
    {
        using Stream stream = await content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
        using var stall = new StallGuard(cancel, Patience);
        var whole = new MemoryStream();
        byte[] buffer = new byte[16 * 1024];
        while (await stall.ReadAsync(stream, buffer).ConfigureAwait(false) is var count and > 0)
        {
            whole.Write(buffer, 0, count);
            if (whole.Length > MaxBody)
                throw AnswerFailures.TooLong(this, about, MaxBody);
        }
        return whole.ToArray();
    }

    private JsonNode? Parse(byte[] body, string about, bool confidential)
    {
        if (body.AsSpan().Trim(" \t\r\n"u8).IsEmpty)
            return null;
        try
        {
            return JsonNode.Parse(body);
        }
        catch (JsonException e)
        {
            throw AnswerFailures.NotJson(this, about, body, e, confidential);
        }
    }
}
