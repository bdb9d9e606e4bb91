using System.Net;
using System.Net.Sockets;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Connecting;
using IstioAdmin.Core.Tests.Kube.World;
using IstioAdmin.Testing;
using Microsoft.AspNetCore.Http;

namespace IstioAdmin.Core.Tests.Kube.Connecting;

/// <summary>What connecting makes of servers, good and bad.</summary>
public sealed class ConnectingTests : IDisposable
{
    private readonly KubeWorld _world = new();

    [Fact]
    public async Task A_bare_cluster_costs_five_requests()
    {
        await using FakeApiServer server = await KubeWorld.StartBareAsync();

        MeshCluster cluster = await _world.ConnectAsync(_world.Kubeconfig(server.Uri));

        using KubeClient client = cluster.Client;
        Assert.Equal(("test", "test", "test-user", "shop", "v1.31.2", ClusterProvider.Unknown), (cluster.Name, cluster.Context, cluster.User, cluster.Namespace, cluster.Version, cluster.Provider));
        Assert.Empty(cluster.Istio);
        Assert.Equal(5, server.Requests.Count);
        Assert.Empty(_world.Reporter.Warnings);
    }

    [Fact]
    public async Task A_path_before_the_API_is_kept()
    {
        await using FakeApiServer server = await FakeApiServer.StartAsync(context =>
        {
            Assert.StartsWith("/k8s/clusters/c-1/", context.Request.Path, StringComparison.Ordinal);
            context.Request.Path = context.Request.Path.Value!["/k8s/clusters/c-1".Length..];
            return KubeWorld.AnswerBare(context);
        });

        MeshCluster cluster = await _world.ConnectAsync(_world.Kubeconfig(new Uri(server.Uri, "k8s/clusters/c-1")));

        using KubeClient client = cluster.Client;
        Assert.Equal("v1.31.2", cluster.Version);
    }

    [Fact]
    public async Task A_token_is_sent_and_the_request_forgets_it()
    {
        string? seen = null;
        await using FakeApiServer server = await FakeApiServer.StartAsync(context =>
        {
            seen = context.Request.Headers.Authorization;
            return KubeWorld.AnswerBare(context);
        });
        using KubeClient client = await _world.OpenAsync(_world.Kubeconfig(server.Uri, user: $"token: {KubeWorld.Token}"));

        using HttpResponseMessage response = await client.SendAsync(new HttpRequestMessage(HttpMethod.Get, "version"), new KubeSubject("get", "/version"), KubeWorld.Cancel);

        Assert.Equal($"Bearer {KubeWorld.Token}", seen);
        Assert.Null(response.RequestMessage!.Headers.Authorization);
    }

    [Fact]
    public async Task User_name_and_password_are_sent()
    {
        string? seen = null;
        await using FakeApiServer server = await FakeApiServer.StartAsync(context =>
        {
            seen = context.Request.Headers.Authorization;
            return KubeWorld.AnswerBare(context);
        });

        using KubeClient client = (await _world.ConnectAsync(_world.Kubeconfig(server.Uri, user: "username: jane, password: 'p:w'"))).Client;

        Assert.Equal("Basic amFuZTpwOnc=", seen);
    }

    [Fact]
    public async Task Impersonation_is_sent()
    {
        Dictionary<string, Microsoft.Extensions.Primitives.StringValues>? seen = null;
        await using FakeApiServer server = await FakeApiServer.StartAsync(context =>
        {
            seen ??= new(context.Request.Headers, StringComparer.OrdinalIgnoreCase);
            return KubeWorld.AnswerBare(context);
        });

        using KubeClient client = (await _world.ConnectAsync(_world.Kubeconfig(server.Uri, user: "as: ops, as-uid: '7', as-groups: [a, b], as-user-extra: {scope: [x]}"))).Client;

        Assert.Equal("ops", seen!["Impersonate-User"].ToString());
        Assert.Equal("7", seen["Impersonate-Uid"].ToString());
        Assert.Equal(["a", "b"], seen["Impersonate-Group"].SelectMany(v => v!.Split(", ")));
        Assert.Equal("x", seen["Impersonate-Extra-scope"].ToString());
    }

    [Fact]
    public async Task A_server_that_hangs_is_given_up_after_the_timeout()
    {
        await using FakeApiServer server = await FakeApiServer.StartAsync(context => Task.Delay(Timeout.Infinite, context.RequestAborted));

        MeshException failure = await _world.FailToConnectAsync(_world.Kubeconfig(server.Uri), TimeSpan.FromSeconds(5));

        Assert.Equal(("RequestTimedOut", FailureKind.Timeout), (failure.ErrorId, failure.Kind));
        Assert.Contains("within 5 seconds", failure.Message, StringComparison.Ordinal);
        Assert.Contains(server.Uri.ToString().TrimEnd('/'), failure.Message, StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_server_that_hangs_in_the_middle_of_its_answer_is_given_up_too()
    {
        await using FakeApiServer server = await FakeApiServer.StartAsync(async context =>
        {
            await context.Response.WriteAsync("{\"gitVersion\":");
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        using KubeClient client = await _world.OpenAsync(_world.Kubeconfig(server.Uri));

        MeshException failure = await Assert.ThrowsAsync<MeshException>(() =>
            client.GetJsonAsync("version", new KubeSubject("get", "/version"), TimeSpan.FromMilliseconds(300), KubeWorld.Cancel));

        Assert.Equal("RequestTimedOut", failure.ErrorId);
    }

    [Fact]
    public async Task Cancelling_ends_the_wait_for_a_server_that_hangs()
    {
        using var cancel = new CancellationTokenSource();
        await using FakeApiServer server = await FakeApiServer.StartAsync(async context =>
        {
            await cancel.CancelAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            ClusterConnector.ConnectAsync(new ConnectOptions { Kubeconfig = [_world.Kubeconfig(server.Uri)] }, _world.Reporter, cancel.Token));
    }

    [Fact]
    public async Task Cancelling_ends_a_pause_between_tries()
    {
        using var cancel = new CancellationTokenSource();
        await using FakeApiServer server = await FakeApiServer.StartAsync(context =>
        {
            context.Response.StatusCode = 503;
            context.Response.Headers.RetryAfter = "25";
            cancel.CancelAfter(50);
            return Task.CompletedTask;
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            ClusterConnector.ConnectAsync(new ConnectOptions { Kubeconfig = [_world.Kubeconfig(server.Uri)] }, _world.Reporter, cancel.Token));
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData("text/html")]
    [InlineData("text/plain")]
    [InlineData("application/json")]
    public async Task A_login_page_is_not_an_API_server(string contentType)
    {
        await using FakeApiServer server = await FakeApiServer.StartAsync(context =>
        {
            context.Response.ContentType = contentType;
            return context.Response.WriteAsync("<!DOCTYPE html><html><head><title>Please &amp; log in</title></head><body><script>evil()</script></body></html>");
        });

        MeshException failure = await _world.FailToConnectAsync(_world.Kubeconfig(server.Uri));

        Assert.Equal(("ResponseIsHtml", FailureKind.InvalidResponse), (failure.ErrorId, failure.Kind));
        Assert.Contains("\"Please & log in\"", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"gitVersion":"v1.3""", "ResponseTruncated")]
    [InlineData("""{"gitVersion":""", "ResponseTruncated")]
    [InlineData("", "ResponseTruncated")]
    [InlineData("""{"gitVersion": nope}""", "ResponseInvalid")]
    [InlineData("hello", "ResponseInvalid")]
    [InlineData("""{"hello":"world"}""", "NotAKubernetesServer")]
    [InlineData("[]", "NotAKubernetesServer")]
    public async Task An_answer_that_is_not_the_promised_JSON_is_told(string body, string errorId)
    {
        await using FakeApiServer server = await FakeApiServer.StartAsync(context => KubeWorld.Json(context, body));

        MeshException failure = await _world.FailToConnectAsync(_world.Kubeconfig(server.Uri));

        Assert.Equal((errorId, FailureKind.InvalidResponse), (failure.ErrorId, failure.Kind));
    }

    [Fact]
    public async Task An_answer_that_breaks_off_is_asked_for_again()
    {
        int calls = 0;
        await using FakeApiServer server = await FakeApiServer.StartAsync(async context =>
        {
            if (context.Request.Path == "/version" && ++calls <= 2)
            {
                await BreakOff(context);
                return;
            }
            await KubeWorld.AnswerBare(context);
        });

        using KubeClient client = (await _world.ConnectAsync(_world.Kubeconfig(server.Uri))).Client;

        Assert.Equal(3, calls);
    }

    [Fact]
    public async Task An_answer_that_always_breaks_off_is_given_up()
    {
        await using FakeApiServer server = await FakeApiServer.StartAsync(BreakOff);

        MeshException failure = await _world.FailToConnectAsync(_world.Kubeconfig(server.Uri));

        Assert.Equal(("ConnectionLost", FailureKind.Connection), (failure.ErrorId, failure.Kind));
        Assert.Equal(4, server.Requests.Count);
    }

    [Fact]
    public async Task A_wrong_port_fails_at_once()
    {
        int port = FreePort();

        MeshException failure = await _world.FailToConnectAsync(_world.Kubeconfig($"https://127.0.0.1:{port}"));

        Assert.Equal(("ConnectionRefused", FailureKind.Connection), (failure.ErrorId, failure.Kind));
        Assert.StartsWith($"https://127.0.0.1:{port}: could not get /version", failure.Message, StringComparison.Ordinal);
        Assert.Empty(_world.Time.Pauses);
    }

    [Fact]
    public async Task A_name_without_address_is_told()
    {
        MeshException failure = await _world.FailToConnectAsync(_world.Kubeconfig("https://no-such-host.invalid:6443"));

        Assert.Equal(("ServerNameNotResolved", FailureKind.Connection), (failure.ErrorId, failure.Kind));
        Assert.Contains("'no-such-host.invalid'", failure.Message, StringComparison.Ordinal);
        Assert.Empty(_world.Time.Pauses);
    }

    [Fact]
    public async Task A_refused_token_is_unauthenticated()
    {
        await using FakeApiServer server = await FakeApiServer.StartAsync(context => KubeWorld.Status(context, 401, "Unauthorized", "Unauthorized"));

        MeshException failure = await _world.FailToConnectAsync(_world.Kubeconfig(server.Uri, user: $"token: {KubeWorld.Token}"));

        Assert.Equal(("Unauthenticated", FailureKind.Unauthenticated), (failure.ErrorId, failure.Kind));
        Assert.Contains("HTTP 401", failure.Message, StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using FakeApiServer server = await FakeApiServer.StartAsync(context =>
        {
            context.Response.Redirect("https://login.example/start?state=abc");
            return Task.CompletedTask;
        });

        MeshException failure = await _world.FailToConnectAsync(_world.Kubeconfig(server.Uri));

        Assert.Equal("ServerRedirects", failure.ErrorId);
        Assert.Contains("https://login.example/start", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("state=abc", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_speaks_no_HTTP_is_told()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task answering = Task.Run(async () =>
        {
            using TcpClient client = await listener.AcceptTcpClientAsync(KubeWorld.Cancel);
            await client.GetStream().WriteAsync("SSH-2.0-OpenSSH_9.2\r\n"u8.ToArray(), KubeWorld.Cancel);
            await client.GetStream().CopyToAsync(Stream.Null, KubeWorld.Cancel);
        }, KubeWorld.Cancel);

        MeshException failure = await _world.FailToConnectAsync(_world.Kubeconfig($"http://{listener.LocalEndpoint}"));

        Assert.Equal("NotHttp", failure.ErrorId);
        await answering;
    }

    [Fact]
    public async Task Credentials_over_plain_http_to_another_machine_are_warned_of()
    {
        await Assert.ThrowsAnyAsync<MeshException>(() => _world.ConnectAsync(_world.Kubeconfig("http://no-such-host.invalid", user: "token: abc")));

        Assert.Contains("in the clear", Assert.Single(_world.Reporter.Warnings), StringComparison.Ordinal);
    }

    public void Dispose() => _world.Dispose();

    // Promises more than it sends; the server closes the connection for that.
    private static Task BreakOff(HttpContext context)
    {
        context.Response.ContentLength = 1000;
        return context.Response.WriteAsync("{\"gitVersion\":");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
