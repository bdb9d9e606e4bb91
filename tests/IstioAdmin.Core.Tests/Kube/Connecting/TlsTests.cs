using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Failures;
using IstioAdmin.Core.Tests.Kube.World;
using IstioAdmin.Testing;
using Microsoft.AspNetCore.Http;

namespace IstioAdmin.Core.Tests.Kube.Connecting;

/// <summary>Who is trusted, and how the server learns who we are.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly KubeWorld _world = new();
    private readonly TestAuthority _authority = new();

    [Fact]
    public async Task A_server_of_the_kubeconfigs_CA_is_trusted_and_spoken_to_in_HTTP_2()
    {
        string? protocol = null;
        await using FakeApiServer server = await StartAsync(_authority.IssueServer(), context =>
        {
            protocol = context.Request.Protocol;
            return KubeWorld.AnswerBare(context);
        });

        using KubeClient client = (await _world.ConnectAsync(Config(server))).Client;

        Assert.Equal("HTTP/2", protocol);
    }

    [Fact]
    public async Task A_server_of_another_CA_is_not_trusted()
    {
        using var other = new TestAuthority("other-ca");
        await using FakeApiServer server = await StartAsync(other.IssueServer());

        MeshException failure = await _world.FailToConnectAsync(Config(server));

        Assert.Equal(("ServerCertificateUntrusted", FailureKind.Connection), (failure.ErrorId, failure.Kind));
        Assert.Contains("issued by 'CN=other-ca'", failure.Message, StringComparison.Ordinal);
        Assert.Contains("certificate-authority", failure.Remedy, StringComparison.Ordinal);
        Assert.Empty(_world.Time.Pauses);
    }

    [Fact]
    public async Task A_CA_of_the_same_name_but_another_key_is_not_trusted()
    {
        using var impostor = new TestAuthority();
        await using FakeApiServer server = await StartAsync(impostor.IssueServer());

        Assert.Equal("ServerCertificateUntrusted", (await _world.FailToConnectAsync(Config(server))).ErrorId);
    }

    [Fact]
    public async Task Without_a_CA_in_the_kubeconfig_the_machines_own_decide()
    {
        await using FakeApiServer server = await StartAsync(_authority.IssueServer());

        MeshException failure = await _world.FailToConnectAsync(_world.Kubeconfig(server.Uri));

        Assert.Equal("ServerCertificateUntrusted", failure.ErrorId);
        Assert.Contains("certificate-authority-data", failure.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_intermediate_in_the_kubeconfig_is_anchor_enough()
    {
        using TestAuthority intermediate = _authority.Intermediate("middle");
        await using FakeApiServer server = await StartAsync(intermediate.IssueServer());

        using KubeClient client = (await _world.ConnectAsync(_world.Kubeconfig(server.Uri, $"certificate-authority-data: {intermediate.PemBase64}"))).Client;
    }

    [Fact]
    public async Task A_certificate_for_another_name_is_told_with_the_names_that_it_has()
    {
        await using FakeApiServer server = await StartAsync(_authority.IssueServer("api.shop.example"));

        MeshException failure = await _world.FailToConnectAsync(Config(server));

        Assert.Equal("ServerNameMismatch", failure.ErrorId);
        Assert.Contains("not for '127.0.0.1' but for api.shop.example", failure.Message, StringComparison.Ordinal);
        Assert.Contains("tls-server-name", failure.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_TLS_server_name_is_what_the_certificate_must_bear()
    {
        await using FakeApiServer server = await StartAsync(_authority.IssueServer("api.shop.example"));

        using KubeClient client = (await _world.ConnectAsync(Config(server, "tls-server-name: api.shop.example"))).Client;
        MeshException failure = await _world.FailToConnectAsync(Config(server, "tls-server-name: other.example"));

        Assert.Equal("ServerNameMismatch", failure.ErrorId);
        Assert.Contains("not for 'other.example'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WebSockets_use_the_TLS_server_name_the_CA_and_the_token_too()
    {
        string? authorization = null;
        await using FakeApiServer server = await StartAsync(_authority.IssueServer("api.shop.example"), async context =>
        {
            authorization = context.Request.Headers.Authorization;
            using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync("v4.channel.k8s.io");
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, default);
        });
        using KubeClient client = await _world.OpenAsync(Config(server, "tls-server-name: api.shop.example", $"token: {KubeWorld.Token}"));

        using ClientWebSocket raw = await client.ConnectWebSocketAsync(
            "api/v1/namespaces/shop/pods/web/exec?command=id", ["v4.channel.k8s.io"], new KubeSubject("create", "pods/exec", "shop", "web"), KubeWorld.Cancel);
        using WebSocket typed = await client.Api.WebSocketNamespacedPodExecAsync("web", "shop", ["id"], "app", webSocketSubProtocol: "v4.channel.k8s.io", cancellationToken: KubeWorld.Cancel);

        Assert.Equal("v4.channel.k8s.io", raw.SubProtocol);
        Assert.Equal("v4.channel.k8s.io", typed.SubProtocol);
        Assert.Equal($"Bearer {KubeWorld.Token}", authorization);
    }

    [Fact]
    public async Task A_refused_WebSocket_tells_what_the_server_said()
    {
        await using FakeApiServer server = await StartAsync(_authority.IssueServer(), context =>
            KubeWorld.Status(context, 403, "Forbidden", "pods \"web\" is forbidden: User \"jane\" cannot create resource \"pods/exec\" in API group \"\" in the namespace \"shop\""));
        using KubeClient client = await _world.OpenAsync(Config(server));
        var about = new KubeSubject("create", "pods/exec", "shop", "web");

        MeshException raw = await Assert.ThrowsAnyAsync<MeshException>(() => client.ConnectWebSocketAsync("api/v1/namespaces/shop/pods/web/exec", [], about, KubeWorld.Cancel));
        Exception typed = await Assert.ThrowsAnyAsync<Exception>(() =>
            client.Api.WebSocketNamespacedPodExecAsync("web", "shop", ["id"], "app", cancellationToken: KubeWorld.Cancel));

        foreach (MeshException failure in new[] { raw, KubeFailure.From(typed, client, about) })
        {
            Assert.Equal("Forbidden", failure.ErrorId);
            Assert.Contains("User \"jane\" cannot create", failure.Message, StringComparison.Ordinal);
            Assert.Contains("""{apiGroups: [""], resources: ["pods/exec"], verbs: ["create"]}""", failure.Remedy, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Verification_is_off_only_when_the_kubeconfig_says_so_and_a_warning_with_it()
    {
        await using FakeApiServer server = await StartAsync(_authority.IssueServer("another.example", DateTimeOffset.UtcNow.AddDays(-1)));

        using KubeClient client = (await _world.ConnectAsync(_world.Kubeconfig(server.Uri, "insecure-skip-tls-verify: true"))).Client;

        Assert.Contains("insecure-skip-tls-verify", Assert.Single(_world.Reporter.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_expired_server_certificate_is_told_with_its_date()
    {
        await using FakeApiServer server = await StartAsync(_authority.IssueServer(expires: new DateTimeOffset(2024, 5, 6, 7, 8, 0, TimeSpan.Zero)));

        MeshException failure = await _world.FailToConnectAsync(Config(server));

        Assert.Equal("ServerCertificateExpired", failure.ErrorId);
        Assert.Contains("2024-05-06 07:08 UTC", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_certificate_is_presented()
    {
        string? subject = null;
        ClientPem client = _authority.IssueClient("jane");
        await using FakeApiServer server = await FakeApiServer.StartAsync(
            async context =>
            {
                subject = (await context.Connection.GetClientCertificateAsync())?.Subject;
                await KubeWorld.AnswerBare(context);
            },
            _authority.IssueServer(),
            requireClientCertificate: true);

        using KubeClient connected = (await _world.ConnectAsync(Config(server, user: $"client-certificate-data: {client.CertificateBase64}, client-key-data: {client.KeyBase64}"))).Client;

        Assert.Equal("CN=jane", subject);
    }

    [Fact]
    public async Task A_server_that_insists_on_a_client_certificate_fails_the_handshake()
    {
        await using FakeApiServer server = await FakeApiServer.StartAsync(KubeWorld.AnswerBare, _authority.IssueServer(), requireClientCertificate: true);

        MeshException failure = await _world.FailToConnectAsync(Config(server));

        Assert.True(failure.Kind == FailureKind.Connection, failure.ToString());
        Assert.Contains(failure.ErrorId, (string[])["TlsFailed", "ConnectionLost"]);
    }

    [Fact]
    public async Task TLS_to_a_plain_HTTP_port_is_told()
    {
        await using FakeApiServer server = await KubeWorld.StartBareAsync();

        MeshException failure = await _world.FailToConnectAsync(_world.Kubeconfig($"https://127.0.0.1:{server.Uri.Port}"));

        Assert.Equal(("ServerSpeaksPlainHttp", FailureKind.Connection), (failure.ErrorId, failure.Kind));
        Assert.Contains("http://", failure.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Plain_HTTP_to_a_TLS_port_hints_at_https()
    {
        await using FakeApiServer server = await StartAsync(_authority.IssueServer());

        MeshException failure = await _world.FailToConnectAsync(_world.Kubeconfig($"http://127.0.0.1:{server.Uri.Port}"));

        Assert.Equal("ConnectionLost", failure.ErrorId);
        Assert.Contains("TLS", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Gos_answer_to_plain_HTTP_on_a_TLS_port_is_understood()
    {
        var endpoint = new KubeEndpoint("x", new Uri("http://10.0.0.1:6443/"), "u", "default");

        MeshException failure = StatusFailure.From(HttpStatusCode.BadRequest, "Client sent an HTTP request to an HTTPS server.\n"u8.ToArray(), null, endpoint, new KubeSubject("get", "/version"));

        Assert.Equal("ServerExpectsTls", failure.ErrorId);
    }

    public void Dispose()
    {
        _world.Dispose();
        _authority.Dispose();
    }

    private static Task<FakeApiServer> StartAsync(X509Certificate2 certificate, RequestDelegate? answer = null) => FakeApiServer.StartAsync(answer ?? KubeWorld.AnswerBare, certificate);

    private string Config(FakeApiServer server, string cluster = "", string user = "") =>
        _world.Kubeconfig(server.Uri, $"certificate-authority-data: {_authority.PemBase64}{(cluster.Length > 0 ? ", " + cluster : "")}", user);
}
