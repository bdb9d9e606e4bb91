using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Api;
using IstioAdmin.Sandbox.Http;
using IstioAdmin.Testing;

namespace IstioAdmin.Sandbox.Tests.Api;

/// <summary>A sandbox's API on loopback, with a kubeconfig of its administrator, and no controllers.</summary>
internal sealed class ApiWorld : IAsyncDisposable
{
    private readonly CertificateAuthority _authority;
    private readonly LoopbackServer _server;
    private readonly string _directory = Directory.CreateTempSubdirectory("sandbox-").FullName;

    private ApiWorld(SandboxApi api, ScriptedRuntime runtime, CertificateAuthority authority, LoopbackServer server)
    {
        Api = api;
        Runtime = runtime;
        _authority = authority;
        _server = server;
        Client = api.CreateClient();
        File.WriteAllText(Kubeconfig, KubeconfigOf(api.AdministratorToken));
    }

    public SandboxApi Api { get; }

    public ScriptedRuntime Runtime { get; }

    /// <summary>The administrator within the process.</summary>
    public HttpClient Client { get; }

    public Uri Address => _server.Address;

    public string Kubeconfig => Path.Combine(_directory, "kubeconfig");

    public static async Task<ApiWorld> StartAsync()
    {
        var runtime = new ScriptedRuntime();
        var api = new SandboxApi(runtime);
        await api.SeedAsync(TestContext.Current.CancellationToken);
        var authority = CertificateAuthority.Create("sandbox");
        var world = new ApiWorld(api, runtime, authority, LoopbackServer.Start(api.Server.HandleAsync, authority.IssueServer()));
        // What a controller would make, and without which no pod is admitted.
        await world.CreateAsync("/api/v1/namespaces/default/serviceaccounts", """{"metadata":{"name":"default"},"automountServiceAccountToken":false}""");
        return world;
    }

    public string KubeconfigOf(string token) => $$"""
        apiVersion: v1
        kind: Config
        current-context: sandbox
        clusters:
        - name: sandbox
          cluster: {server: "{{_server.Address.ToString().TrimEnd('/')}}", certificate-authority-data: {{Convert.ToBase64String(Encoding.UTF8.GetBytes(_authority.CertificatePem))}} }
        users:
        - name: admin
          user: {token: "{{token}}"}
        contexts:
        - name: sandbox
          context: {cluster: sandbox, user: admin}
        """;

    /// <summary>Sends a request within the process and returns the status code and the answer.</summary>
    public async Task<(int Status, JsonNode Body)> SendAsync(HttpMethod method, string path, JsonNode? body = null, string? user = null, string accept = "application/json")
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.TryAddWithoutValidation("Accept", accept);
        if (user is not null)
            request.Headers.Add("Impersonate-User", user);
        using HttpResponseMessage answer = await Client.SendAsync(request, TestContext.Current.CancellationToken);
        string text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return ((int)answer.StatusCode, text.StartsWith('{') ? JsonNode.Parse(text)! : JsonValue.Create(text));
    }

    /// <summary>Creates an object; fails with what the server said.</summary>
    public async Task<JsonNode> CreateAsync(string path, string json, string? user = null)
    {
        (int status, JsonNode body) = await SendAsync(HttpMethod.Post, path, JsonNode.Parse(json), user);
        return status is 200 or 201 ? body : throw new InvalidOperationException($"{status}: {body}");
    }

    /// <summary>Puts a pod there that runs on a node.</summary>
    public async Task RunPodAsync(string name, params string[] containers)
    {
        string specs = string.Join(',', containers.Select(container => $$"""{"name":"{{container}}","image":"image"}"""));
        await CreateAsync("/api/v1/namespaces/default/pods", $$$"""{"metadata":{"name":"{{{name}}}"},"spec":{"nodeName":"node-1","containers":[{{{specs}}}]}}""");
        (int _, JsonNode pod) = await SendAsync(HttpMethod.Get, $"/api/v1/namespaces/default/pods/{name}");
        pod["status"] = JsonNode.Parse($$"""{"phase":"Running","containerStatuses":[{{string.Join(',', containers.Select(container =>
            $$$"""{"name":"{{{container}}}","ready":true,"restartCount":0,"image":"image","imageID":"","state":{"running":{"startedAt":"2026-01-01T00:00:00Z"} } }"""))}}]}""");
        (int status, JsonNode answer) = await SendAsync(HttpMethod.Put, $"/api/v1/namespaces/default/pods/{name}/status", pod);
        Assert.True(status == 200, answer.ToJsonString());
    }

    /// <summary>Runs kubectl as administrator.</summary>
    public Task<ProgramResult> KubectlAsync(IEnumerable<string> arguments, string? input = null)
        => TestbedScripts.TryRunAsync("kubectl", ["--kubeconfig", Kubeconfig, .. arguments], input);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _server.DisposeAsync();
        _authority.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
