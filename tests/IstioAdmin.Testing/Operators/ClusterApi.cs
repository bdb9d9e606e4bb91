using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace IstioAdmin.Testing.Operators;

/// <summary>
/// The API server as somebody's controller sees it: plain JSON over HTTPS, without the library under test, so that what plays the operator's
/// part shares no mistake with it.
/// </summary>
public sealed class ClusterApi : IDisposable
{
    private readonly HttpClient _http;

    private ClusterApi(HttpClient http) => _http = http;

    /// <summary>As administrator.</summary>
    public static ClusterApi Admin(ControlPlane controlPlane)
    {
        string pki = Path.Combine(controlPlane.Directory, "pki");
        var handler = Handler(pki);
        handler.SslOptions.ClientCertificates = [X509Certificate2.CreateFromPemFile(Path.Combine(pki, "admin.crt"), Path.Combine(pki, "admin.key"))];
        return new ClusterApi(new HttpClient(handler) { BaseAddress = Server(controlPlane), Timeout = Timeout.InfiniteTimeSpan });
    }

    /// <summary>As a service account, with a token of its own: it may do what its roles allow, as a pod of that account.</summary>
    public static async Task<ClusterApi> AsServiceAccountAsync(ControlPlane controlPlane, ClusterApi admin, string @namespace, string name)
    {
        JsonObject answer = await admin.PostAsync($"api/v1/namespaces/{@namespace}/serviceaccounts/{name}/token", new JsonObject
        {
            ["apiVersion"] = "authentication.k8s.io/v1",
            ["kind"] = "TokenRequest",
            ["spec"] = new JsonObject(),
        });
        var http = new HttpClient(Handler(Path.Combine(controlPlane.Directory, "pki"))) { BaseAddress = Server(controlPlane), Timeout = Timeout.InfiniteTimeSpan };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (string)answer["status"]!["token"]!);
        return new ClusterApi(http);
    }

    /// <summary>With what a kubeconfig of one cluster, and one user with a token, says; its values are looked for by name, wherever they stand.</summary>
    public static ClusterApi FromKubeconfig(string kubeconfig)
    {
        string Value(string key) => Regex.Match(kubeconfig, $@"(?:^|[\s{{,]){key}:\s*""?([^""\s,}}]+)") is { Success: true } match
            ? match.Groups[1].Value : throw new HttpRequestException($"the kubeconfig has no {key}");
        using X509Certificate2 authority = X509Certificate2.CreateFromPem(Encoding.UTF8.GetString(Convert.FromBase64String(Value("certificate-authority-data"))));
        var http = new HttpClient(Handler(X509CertificateLoader.LoadCertificate(authority.RawData))) { BaseAddress = new Uri(Value("server") + "/"), Timeout = Timeout.InfiniteTimeSpan };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Value("token"));
        return new ClusterApi(http);
    }

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

    public void Dispose() => _http.Dispose();

    private async IAsyncEnumerable<(string Type, JsonObject Object)> FollowAsync(string path, [EnumeratorCancellation] CancellationToken cancel)
    {
        StreamReader? reader = null;
        try
        {
            HttpResponseMessage response = await _http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, cancel);
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
        using HttpResponseMessage response = await _http.SendAsync(request, cancel);
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

    private static Uri Server(ControlPlane controlPlane)
    {
        const string key = "API_PORT=";
        string port = File.ReadLines(Path.Combine(controlPlane.Directory, "env")).Single(line => line.StartsWith(key, StringComparison.Ordinal))[key.Length..];
        return new Uri($"https://127.0.0.1:{port}/");
    }

    private static SocketsHttpHandler Handler(string pki) => Handler(X509CertificateLoader.LoadCertificateFromFile(Path.Combine(pki, "ca.crt")));

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

/// <summary>The API server's refusal, in its own words.</summary>
public sealed class ClusterApiException(HttpStatusCode status, string message) : Exception(message)
{
    public HttpStatusCode Status { get; } = status;
}
