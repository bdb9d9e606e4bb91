using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Connecting;
using IstioAdmin.Core.Tests.Kube.World;
using IstioAdmin.Testing;

namespace IstioAdmin.Core.Tests.Kube.Connecting;

/// <summary>Tokens that somebody else renews in a file, and the service account of a pod.</summary>
public sealed class TokenFileTests : IDisposable
{
    private static readonly KubeSubject Version = new("get", "/version");

    private readonly KubeWorld _world = new();
    private readonly List<string> _tokens = [];

    [Fact]
    public async Task A_rotated_token_is_used_from_the_next_request_on()
    {
        await using FakeApiServer server = await StartAsync();
        string file = _world.Files.Write("token", "one\n");
        using KubeClient client = await _world.OpenAsync(_world.Kubeconfig(server.Uri, user: "tokenFile: token, token: unused"));

        await GetAsync(client);
        await File.WriteAllTextAsync(file, "two\n", KubeWorld.Cancel);
        await GetAsync(client);

        Assert.Equal(["Bearer one", "Bearer two"], _tokens);
    }

    [Fact]
    public async Task A_token_swapped_through_symbolic_links_is_seen()
    {
        await using FakeApiServer server = await StartAsync();
        _world.Files.Write("v1/token", "one");
        _world.Files.Write("v2/token", "two");
        string data = Path.Combine(_world.Files.FullPath, "data");
        Directory.CreateSymbolicLink(data, "v1");
        File.CreateSymbolicLink(Path.Combine(_world.Files.FullPath, "token"), "data/token");
        using KubeClient client = await _world.OpenAsync(_world.Kubeconfig(server.Uri, user: "tokenFile: token"));

        await GetAsync(client);
        Directory.Delete(data);
        await GetAsync(client);
        Directory.CreateSymbolicLink(data, "v2");
        await GetAsync(client);

        Assert.Equal(["Bearer one", "Bearer one", "Bearer two"], _tokens);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(" \n")]
    public async Task A_file_without_a_token_is_an_error_that_names_it(string? content)
    {
        await using FakeApiServer server = await StartAsync();
        string path = Path.Combine(_world.Files.FullPath, "token");
        if (content is not null)
            await File.WriteAllTextAsync(path, content, KubeWorld.Cancel);

        MeshException failure = await _world.FailToConnectAsync(_world.Kubeconfig(server.Uri, user: "tokenFile: token"));

        Assert.Equal(("TokenFileInvalid", FailureKind.Unauthenticated), (failure.ErrorId, failure.Kind));
        Assert.Contains(path, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_a_pod_without_kubeconfig_the_service_account_serves()
    {
        using var authority = new TestAuthority();
        await using FakeApiServer server = await FakeApiServer.StartAsync(Answer, authority.IssueServer());
        _world.Files.Write("account/token", "pod-token");
        _world.Files.Write("account/ca.crt", authority.Pem);
        _world.Files.Write("account/namespace", "payments\n");

        MeshCluster cluster = await ConnectInPodAsync(server, new ConnectOptions());

        using KubeClient client = cluster.Client;
        Assert.Equal(("in-cluster", "payments"), (cluster.Context, cluster.Namespace));
        Assert.Equal(["Bearer pod-token"], _tokens.Distinct());
    }

    [Fact]
    public async Task In_a_pod_a_named_context_still_needs_a_kubeconfig()
    {
        await using FakeApiServer server = await StartAsync();
        _world.Files.Write("account/token", "pod-token");

        MeshException failure = await Assert.ThrowsAsync<MeshException>(() => ConnectInPodAsync(server, new ConnectOptions { Context = "prod" }));

        Assert.Equal("KubeconfigNotFound", failure.ErrorId);
    }

    public void Dispose() => _world.Dispose();

    private Task<MeshCluster> ConnectInPodAsync(FakeApiServer server, ConnectOptions options)
    {
        var environment = new KubeEnvironment(
            name => name switch
            {
                "KUBERNETES_SERVICE_HOST" => server.Uri.Host,
                "KUBERNETES_SERVICE_PORT" => server.Uri.Port.ToString(System.Globalization.CultureInfo.InvariantCulture),
                _ => null,
            },
            _world.Files.FullPath,
            Path.Combine(_world.Files.FullPath, "account"));
        return ClusterConnector.ConnectAsync(options, environment, _world.Reporter, _world.Time, KubeWorld.Cancel);
    }

    private static async Task GetAsync(KubeClient client)
    {
        using HttpResponseMessage response = await client.SendAsync(new HttpRequestMessage(HttpMethod.Get, "version"), Version, KubeWorld.Cancel);
    }

    private Task<FakeApiServer> StartAsync() => FakeApiServer.StartAsync(Answer);

    private Task Answer(Microsoft.AspNetCore.Http.HttpContext context)
    {
        lock (_tokens)
        {
            _tokens.Add(context.Request.Headers.Authorization.ToString());
        }
        return KubeWorld.AnswerBare(context);
    }
}
