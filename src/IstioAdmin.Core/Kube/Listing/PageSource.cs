using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Kube.Listing;

/// <summary>Asks for the pages of one list.</summary>
internal sealed class PageSource<T>
{
    private readonly KubeClient _client;
    private readonly KubeResource _resource;
    private readonly ListQuery _query;
    private readonly IPageReader<T> _reader;
    private readonly KubeSubject _about;

    public PageSource(KubeClient client, KubeResource resource, ListQuery query, IPageReader<T> reader)
    {
        _client = client;
        _resource = resource;
        _query = query;
        _reader = reader;
        _about = resource.Subject("list", query.Namespace);
    }

    /// <summary>Fetches a page's bytes, once.</summary>
    /// <param name="token">The <c>continue</c> token; null for the first page.</param>
    /// <param name="cancel">Cancels the request.</param>
    /// <exception cref="MeshException">The server could not be reached or refused.</exception>
    /// <exception cref="IOException">The connection broke within the body.</exception>
    public async Task<PageAnswer> FetchAsync(string? token, CancellationToken cancel)
    {
        string path = new RequestPath(_resource.Path(_query.Namespace))
            .With("limit", _query.PageSize)
            .With("labelSelector", _query.LabelSelector)
            .With("fieldSelector", _query.FieldSelector)
            .With("continue", token)
            .ToString();
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Accept", _reader.Accept);
        using HttpResponseMessage response = await _client.ExchangeAsync(request, _about, cancel).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
            return await RefusalAsync(response, token, cancel).ConfigureAwait(false);
        string mediaType = response.RequireMediaType(_client, _about, static type => !type.StartsWith("text/", StringComparison.OrdinalIgnoreCase));
        Stream body = await response.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
            return new PageAnswer.Bytes(await PageBody.ReadAsync(body, cancel).ConfigureAwait(false), mediaType);
    }

    /// <summary>Fetches a page and reads its metadata; a page that breaks off on the way is fetched again.</summary>
    /// <param name="token">The <c>continue</c> token; null for the first page.</param>
    /// <param name="ahead">The page's bytes, if somebody has asked for them already: stands for the first attempt.</param>
    /// <param name="cancel">Cancels the request.</param>
    /// <exception cref="MeshException">The page could not be had.</exception>
    public async Task<OpenPage<T>> OpenAsync(string? token, Task<PageAnswer>? ahead, CancellationToken cancel)
    {
        try
        {
            return await Transient.BodyReads.ExecuteAsync<OpenPage<T>>(
                async attempt =>
                {
                    Task<PageAnswer> fetch = Interlocked.Exchange(ref ahead, null) ?? FetchAsync(token, attempt);
                    return await fetch.ConfigureAwait(false) switch
                    {
                        PageAnswer.Bytes bytes => Read(bytes),
                        PageAnswer.Expired expired => new OpenPage<T>.Expired(expired.Continue, expired.Failure),
                        { } other => throw new InvalidOperationException(other.ToString()),
                    };
                },
                cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not MeshException && !cancel.IsCancellationRequested)
        {
            throw KubeFailure.From(e, _client, _about);
        }
    }

    /// <summary>Adds to a reader's complaint whom it is about.</summary>
    public MeshException Describe(MeshException failure) =>
        failure.Kind == FailureKind.InvalidResponse ? KubeResponse.Invalid(_client, _about, failure.Message.TrimEnd('.'), failure) : failure;

    private OpenPage<T>.Ready Read(PageAnswer.Bytes answer)
    {
        try
        {
            return new OpenPage<T>.Ready(_reader.Read(answer.Body.Bytes, answer.MediaType), answer.Body);
        }
        catch (Exception e)
        {
            answer.Body.Dispose();
            if (e is MeshException failure)
                throw Describe(failure);
            throw;
        }
    }

    private async Task<PageAnswer> RefusalAsync(HttpResponseMessage response, string? token, CancellationToken cancel)
    {
        string? resume = null;
        if (response.StatusCode == HttpStatusCode.Gone)
        {
            // Read here and once more by KubeFailure.
            await response.Content.LoadIntoBufferAsync().ConfigureAwait(false);
            resume = ContinueOf(await response.Content.ReadAsStringAsync(cancel).ConfigureAwait(false));
        }
        MeshException failure = await KubeFailure.FromResponseAsync(response, _client, _about, cancel).ConfigureAwait(false);
        // Without a token there is nothing that could have expired.
        return response.StatusCode == HttpStatusCode.Gone && token is not null ? new PageAnswer.Expired(resume, failure) : throw failure;
    }

    private static string? ContinueOf(string status)
    {
        try
        {
            return JsonNode.Parse(status) is JsonObject body && body["metadata"] is JsonObject metadata
                && metadata["continue"] is JsonValue token && token.TryGetValue(out string? text) && text.Length > 0 ? text : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
