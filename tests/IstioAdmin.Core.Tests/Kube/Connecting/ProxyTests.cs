using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Tests.Kube.World;
using IstioAdmin.Testing;

namespace IstioAdmin.Core.Tests.Kube.Connecting;

/// <summary>A kubeconfig's proxy-url.</summary>
public sealed class ProxyTests : IDisposable
{
    private readonly KubeWorld _world = new();
    private readonly TestAuthority _authority = new();

    [Fact]
    public async Task Requests_go_through_the_proxy_which_alone_needs_to_know_the_name()
    {
        await using FakeApiServer server = await FakeApiServer.StartAsync(KubeWorld.AnswerBare, _authority.IssueServer("api.behind.invalid"));
        await using var proxy = new ConnectProxy(server.Uri);

        using KubeClient client = (await _world.ConnectAsync(Config($"http://jane:s%40crit@{proxy.Authority}"))).Client;

        string head = proxy.Heads.First();
        Assert.StartsWith("CONNECT api.behind.invalid:6443 ", head, StringComparison.Ordinal);
        Assert.DoesNotContain(server.Requests, r => r.Contains("CONNECT", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_proxy_that_refuses_is_told_without_its_password()
    {
        await using FakeApiServer server = await KubeWorld.StartBareAsync();
        await using var proxy = new ConnectProxy(server.Uri, "403 Forbidden");

        MeshException failure = await _world.FailToConnectAsync(Config($"http://jane:{KubeWorld.Token}@{proxy.Authority}"));

        Assert.Equal(("ProxyFailed", FailureKind.Connection), (failure.ErrorId, failure.Kind));
        Assert.Contains("403", failure.Message, StringComparison.Ordinal);
        Assert.Contains("proxy-url", failure.Remedy, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _world.Dispose();
        _authority.Dispose();
    }

    private string Config(string proxy) =>
        _world.Kubeconfig("https://api.behind.invalid:6443", $"certificate-authority-data: {_authority.PemBase64}, proxy-url: '{proxy}'");
}
