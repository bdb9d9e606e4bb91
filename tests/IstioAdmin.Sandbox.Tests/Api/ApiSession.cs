using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using IstioAdmin.Core;
using IstioAdmin.Core.Kube.Yaml;

namespace IstioAdmin.Sandbox.Tests.Api;

/// <summary>An API server while a test talks to it; what it answers is noted, with what differs by nature made equal.</summary>
internal sealed partial class ApiSession(HttpClient http, string name, bool isReal)
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The namespace that the test has for itself.</summary>
    public string Namespace { get; } = name;

    /// <summary>Whether it is the real one.</summary>
    public bool IsReal { get; } = isReal;

    /// <summary>What was asked and answered.</summary>
    public List<string> Transcript { get; } = [];

    /// <summary>Path of the test's namespace, in the core or in a group.</summary>
    public string In(string plural, string groupVersion = "") => groupVersion.Length == 0 ? $"/api/v1/namespaces/{Namespace}/{plural}" : $"/apis/{groupVersion}/namespaces/{Namespace}/{plural}";

    public Task<JsonObject> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    public Task<JsonObject> PostAsync(string path, string yaml) => SendAsync(HttpMethod.Post, path, Json(yaml));

    public Task<JsonObject> PutAsync(string path, JsonNode item) => SendAsync(HttpMethod.Put, path, item.ToJsonString());

    public Task<JsonObject> DeleteAsync(string path, string? options = null) => SendAsync(HttpMethod.Delete, path, options is null ? null : Json(options));

    public Task<JsonObject> MergeAsync(string path, string yaml) => SendAsync(HttpMethod.Patch, path, Json(yaml), "application/merge-patch+json");

    public Task<JsonObject> JsonPatchAsync(string path, string json) => SendAsync(HttpMethod.Patch, path, json, "application/json-patch+json");

    public Task<JsonObject> StrategicAsync(string path, string yaml) => SendAsync(HttpMethod.Patch, path, Json(yaml), "application/strategic-merge-patch+json");

    public Task<JsonObject> ApplyAsync(string path, string yaml, string manager = "one", bool force = false) =>
        SendAsync(HttpMethod.Patch, $"{path}?fieldManager={manager}{(force ? "&force=true" : "")}", yaml, "application/apply-patch+yaml");

    /// <summary>Sends a request and notes the answer; refusals are answers too.</summary>
    public async Task<JsonObject> SendAsync(HttpMethod method, string path, string? body = null, string contentType = "application/json", bool noted = true)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.UserAgent.ParseAdd("truth/1.0");
        request.Headers.Accept.ParseAdd("application/json");
        if (body is not null)
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) { Headers = { ContentType = MediaTypeHeaderValue.Parse(contentType) } };
        using HttpResponseMessage response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        string text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        JsonNode? answer;
        try
        {
            answer = JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            answer = new JsonObject { ["text"] = text };
        }
        if (noted)
            Transcript.Add($"{method} {Neutral(path)} -> {(int)response.StatusCode}\n{Show(answer)}");
        return answer as JsonObject ?? [];
    }

    /// <summary>Reads the events of a watch, as many as are named.</summary>
    public async Task<IReadOnlyList<JsonObject>> WatchAsync(string path, int count)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path + (path.Contains('?', StringComparison.Ordinal) ? "&" : "?") + "watch=true&timeoutSeconds=60");
        using HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        List<JsonObject> events = [];
        while (events.Count < count && await reader.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
            events.Add((JsonObject)JsonNode.Parse(line)!);
        Transcript.Add($"WATCH {Neutral(path)} -> {(int)response.StatusCode}\n{string.Join('\n', events.Select(Show))}");
        return events;
    }

    private static string Json(string yaml) => KubeYaml.ParseMapping(yaml, "test").ToJsonString();

    private static string Show(JsonNode? answer)
    {
        JsonNode? shown = Sorted(answer);
        // The real server looks at fields in no order.
        if (shown.At("details.causes") is JsonArray { Count: > 1 } causes)
        {
            string[] ordered = [.. causes.Select(cause => cause!.ToJsonString()).Order(StringComparer.Ordinal)];
            shown!["details"]!["causes"] = new JsonArray([.. ordered.Select(cause => JsonNode.Parse(cause))]);
            shown["message"] = shown.TextAt("message")!.Split(" is invalid: ")[0];
        }
        return Neutral(shown?.ToJsonString(Readable) ?? "");
    }

    // What each server makes up itself.
    private static string Neutral(string text)
    {
        text = Uid().Replace(text, "UID");
        text = Time().Replace(text, "TIME");
        text = Version().Replace(text, "\"resourceVersion\": \"V\"");
        text = VersionInPath().Replace(text, "resourceVersion=V");
        text = Address().Replace(text, "ADDRESS");
        text = NodePort().Replace(text, "\"nodePort\": 3xxxx");
        text = Continue().Replace(text, "continue$1TOKEN");
        return text;
    }

    private static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject map => new JsonObject(map.OrderBy(field => field.Key, StringComparer.Ordinal).Select(field => KeyValuePair.Create(field.Key, field.Key == "managedFields" ? ByManager(field.Value) : Sorted(field.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Sorted)]),
        _ => node?.DeepClone(),
    };

    // They come in the order of the seconds in which they were written.
    private static JsonArray ByManager(JsonNode? entries) => new([.. (entries as JsonArray ?? []).Select(Sorted).OrderBy(entry => $"{entry.TextAt("operation")} {entry.TextAt("manager")}", StringComparer.Ordinal)]);

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")]
    private static partial Regex Uid();

    [GeneratedRegex(@"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z")]
    private static partial Regex Time();

    [GeneratedRegex("\"resourceVersion\": \"[0-9]+\"")]
    private static partial Regex Version();

    [GeneratedRegex("resourceVersion=[0-9]+")]
    private static partial Regex VersionInPath();

    [GeneratedRegex(@"10\.96\.[0-9]+\.[0-9]+(?!/)")]
    private static partial Regex Address();

    [GeneratedRegex("\"nodePort\": 3[0-9]{4}")]
    private static partial Regex NodePort();

    [GeneratedRegex("continue(\": \"|=)[A-Za-z0-9_-]+")]
    private static partial Regex Continue();
}
