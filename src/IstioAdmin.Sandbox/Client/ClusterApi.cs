using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace IstioAdmin.Sandbox.Client;

/// <summary>
/// The API server as somebody's controller sees it: plain JSON over HTTP, without the client of the module, so that what plays an operator's part in
/// tests shares no mistake with it.
/// </summary>
/// <param name="http">Reaches the server, at its base address, as somebody.</param>
internal sealed class ClusterApi(HttpClient http) : IDisposable
{
    /// <summary>An object or a list; null when there is none.</summary>
    public async Task<JsonObject?> FindAsync(string path, CancellationToken cancel = default)
    {
        try
        {
            return await GetAsync(path, cancel);
        }
        catch (ClusterApiException e) when (e.Status == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    public Task<JsonObject> GetAsync(string path, CancellationToken cancel = default) => SendAsync(HttpMethod.Get, path, null, cancel: cancel);

    /// <summary>The objects of a collection, each with its kind and apiVersion; none when the server does not serve it.</summary>
    public async Task<IReadOnlyList<JsonObject>> ListAsync(string path, CancellationToken cancel = default)
    {
        if (await FindAsync(path, cancel) is not { } list)
            return [];
        return Items(list);
    }

    /// <summary>The objects of a collection and the version of the list, where a watch may begin; null when the server does not serve it.</summary>
    public async Task<(IReadOnlyList<JsonObject> Items, string Version)?> ListVersionedAsync(string path, CancellationToken cancel = default) =>
        await FindAsync(path, cancel) is { } list ? (Items(list), (string)list["metadata"]!["resourceVersion"]!) : null;

    public Task<JsonObject> PostAsync(string path, JsonObject item, string? manager = null, CancellationToken cancel = default) =>
        SendAsync(HttpMethod.Post, As(path, manager), item, cancel: cancel);

    public Task<JsonObject> PutAsync(string path, JsonObject item, string? manager = null, CancellationToken cancel = default) =>
        SendAsync(HttpMethod.Put, As(path, manager), item, cancel: cancel);

    /// <summary>Merge patch (RFC 7386).</summary>
    public Task<JsonObject> PatchAsync(string path, JsonObject patch, string? manager = null, CancellationToken cancel = default) =>
        SendAsync(HttpMethod.Patch, As(path, manager), patch, "application/merge-patch+json", cancel);

    /// <summary>Deletes an object, if it exists.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="grace">Seconds of grace; the object's own when null.</param>
    /// <param name="cancel">Cancels the request.</param>
    public Task DeleteAsync(string path, int? grace = null, CancellationToken cancel = default) => DeleteAsync(path, grace, null, "Background", cancel);

    /// <summary>Deletes an object, if it exists and is the one that is meant.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="grace">Seconds of grace; the object's own when null.</param>
    /// <param name="uid">Its uid; null for any.</param>
    /// <param name="propagation">What becomes of its dependents: Background, Foreground or Orphan.</param>
    /// <param name="cancel">Cancels the request.</param>
    /// <returns>What the server answered: the object as it is or was, or a Status; null when it was gone already.</returns>
    public async Task<JsonObject?> DeleteAsync(string path, int? grace, string? uid, string propagation, CancellationToken cancel)
    {
        try
        {
            var options = new JsonObject { ["kind"] = "DeleteOptions", ["apiVersion"] = "v1", ["propagationPolicy"] = propagation };
            if (grace is not null)
                options["gracePeriodSeconds"] = grace;
            if (uid is not null)
                options["preconditions"] = new JsonObject { ["uid"] = uid };
            return await SendAsync(HttpMethod.Delete, path, options, cancel: cancel);
        }
        catch (ClusterApiException e) when (e.Status == HttpStatusCode.NotFound || (uid is not null && e.Status == HttpStatusCode.Conflict))
        {
            // Gone already, or another one has its name by now.
            return null;
        }
    }

    /// <summary>Every object that exists and then every change, for as long as it is enumerated; lists anew when a watch ends.</summary>
    /// <remarks>An object that went away is told with <c>type</c> DELETED. A collection that is not served is asked for again until it is.</remarks>
    public async IAsyncEnumerable<(string Type, JsonObject Object)> WatchAsync(string path, [EnumeratorCancellation] CancellationToken cancel)
    {
        while (true)
        {
            JsonObject? list = null;
            try
            {
                list = await FindAsync(path, cancel);
            }
            catch (Exception e) when (e is HttpRequestException or IOException or ClusterApiException)
            {
                // The server is away, or does not let us in yet.
            }
            if (list is null)
            {
                await Task.Delay(100, cancel);
                continue;
            }
            foreach (JsonObject item in Items(list))
                yield return ("ADDED", item);
            string version = (string)list["metadata"]!["resourceVersion"]!;
            await foreach ((string Type, JsonObject Object) change in FollowAsync(path, version, cancel))
                yield return change;
        }
    }

    public void Dispose() => http.Dispose();

    /// <summary>Every change since a version, until the watch ends, for whatever reason.</summary>
    public async IAsyncEnumerable<(string Type, JsonObject Object)> FollowAsync(string path, string version, [EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (WatchEvent change in FollowEventsAsync(path, version, cancel).ConfigureAwait(false))
            yield return (change.Type, change.Object());
    }

    /// <summary>Every change since a version, until the watch ends, for whatever reason; the objects are not read. An event holds only until the next one.</summary>
    public async IAsyncEnumerable<WatchEvent> FollowEventsAsync(string path, string version, [EnumeratorCancellation] CancellationToken cancel)
    {
        LineReader? reader = null;
        try
        {
            HttpResponseMessage response = await http.GetAsync(
                $"{path}{(path.Contains('?') ? '&' : '?')}watch=1&resourceVersion={version}", HttpCompletionOption.ResponseHeadersRead, cancel).ConfigureAwait(false);
            if (response.IsSuccessStatusCode)
                reader = new LineReader(await response.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false));
            else
                response.Dispose();
        }
        catch (HttpRequestException)
        {
            // As a watch that ended.
        }
        if (reader is null)
        {
            await Task.Delay(100, cancel).ConfigureAwait(false);
            yield break;
        }
        using (reader)
        {
            while (true)
            {
                ReadOnlyMemory<byte>? line;
                try
                {
                    line = await reader.ReadAsync(cancel).ConfigureAwait(false);
                }
                catch (Exception e) when (e is IOException or HttpRequestException)
                {
                    yield break;
                }
                if (line is not { } bytes || WatchEvent.Read(bytes) is not { } change || change.Type == "ERROR")
                    yield break;
                yield return change;
            }
        }
    }

    private async Task<JsonObject> SendAsync(HttpMethod method, string path, JsonObject? body, string media = "application/json", CancellationToken cancel = default)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body));
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(media, "utf-8");
        }
        using HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel).ConfigureAwait(false);
        byte[] answer = await ReadAsync(response.Content, cancel).ConfigureAwait(false);
        if (response.IsSuccessStatusCode)
            return JsonNode.Parse(answer)!.AsObject();
        JsonNode? status = null;
        try
        {
            status = JsonNode.Parse(answer);
        }
        catch (JsonException)
        {
            // Not a Status.
        }
        throw new ClusterApiException(response.StatusCode, Json.Text(status, "message") ?? Encoding.UTF8.GetString(answer), Json.Text(status, "reason"));
    }

    // Once, where it is known how long it is; HttpClient would copy it twice.
    private static async Task<byte[]> ReadAsync(HttpContent content, CancellationToken cancel)
    {
        if (content.Headers.ContentLength is not { } length)
            return await content.ReadAsByteArrayAsync(cancel).ConfigureAwait(false);
        byte[] answer = new byte[length];
        Stream stream = await content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
        await stream.ReadExactlyAsync(answer, cancel).ConfigureAwait(false);
        // To its end, so that the connection is free again.
        _ = await stream.ReadAsync(new byte[1], cancel).ConfigureAwait(false);
        return answer;
    }

    private static List<JsonObject> Items(JsonObject list)
    {
        string kind = ((string)list["kind"]!)[..^"List".Length];
        List<JsonObject> items = [];
        if (list["items"] is not JsonArray listed)
            return items;
        foreach (JsonNode? item in listed)
        {
            var one = item!.AsObject();
            one["kind"] ??= kind;
            one["apiVersion"] ??= (string)list["apiVersion"]!;
            items.Add(one);
        }
        // They belong to the caller from now on.
        listed.Clear();
        return items;
    }

    private static string As(string path, string? manager) => manager is null ? path : $"{path}{(path.Contains('?') ? '&' : '?')}fieldManager={manager}";
}
