using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
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
    public async Task DeleteAsync(string path, int? grace = null, CancellationToken cancel = default)
    {
        try
        {
            var options = new JsonObject { ["kind"] = "DeleteOptions", ["apiVersion"] = "v1", ["propagationPolicy"] = "Background" };
            if (grace is not null)
                options["gracePeriodSeconds"] = grace;
            await SendAsync(HttpMethod.Delete, path, options, cancel: cancel);
        }
        catch (ClusterApiException e) when (e.Status == HttpStatusCode.NotFound)
        {
            // Gone already.
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
            await foreach ((string Type, JsonObject Object) change in FollowAsync($"{path}{(path.Contains('?') ? '&' : '?')}watch=1&resourceVersion={version}", cancel))
                yield return change;
        }
    }

    public void Dispose() => http.Dispose();

    private async IAsyncEnumerable<(string Type, JsonObject Object)> FollowAsync(string path, [EnumeratorCancellation] CancellationToken cancel)
    {
        StreamReader? reader = null;
        try
        {
            HttpResponseMessage response = await http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, cancel);
            if (response.IsSuccessStatusCode)
                reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancel));
            else
                response.Dispose();
        }
        catch (HttpRequestException)
        {
            // As a watch that ended.
        }
        if (reader is null)
        {
            await Task.Delay(100, cancel);
            yield break;
        }
        using (reader)
        {
            while (true)
            {
                string? line;
                try
                {
                    line = await reader.ReadLineAsync(cancel);
                }
                catch (Exception e) when (e is IOException or HttpRequestException)
                {
                    yield break;
                }
                if (line is null || JsonNode.Parse(line) is not JsonObject change || (string?)change["type"] is not { } type || type == "ERROR")
                    yield break;
                yield return (type, change["object"]!.AsObject());
            }
        }
    }

    private async Task<JsonObject> SendAsync(HttpMethod method, string path, JsonObject? body, string media = "application/json", CancellationToken cancel = default)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, new MediaTypeHeaderValue(media));
        using HttpResponseMessage response = await http.SendAsync(request, cancel);
        string text = await response.Content.ReadAsStringAsync(cancel);
        if (response.IsSuccessStatusCode)
            return JsonNode.Parse(text)!.AsObject();
        string? message = null;
        try
        {
            message = (string?)JsonNode.Parse(text)?["message"];
        }
        catch (System.Text.Json.JsonException)
        {
            // Not a Status.
        }
        throw new ClusterApiException(response.StatusCode, message ?? text);
    }

    private static List<JsonObject> Items(JsonObject list)
    {
        string kind = ((string)list["kind"]!)[..^"List".Length];
        List<JsonObject> items = [];
        foreach (JsonNode? item in list["items"]?.AsArray() ?? [])
        {
            var copy = item!.DeepClone().AsObject();
            copy["kind"] ??= kind;
            copy["apiVersion"] ??= (string)list["apiVersion"]!;
            items.Add(copy);
        }
        return items;
    }

    private static string As(string path, string? manager) => manager is null ? path : $"{path}{(path.Contains('?') ? '&' : '?')}fieldManager={manager}";
}
