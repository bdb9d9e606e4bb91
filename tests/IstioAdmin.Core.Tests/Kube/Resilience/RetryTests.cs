using System.Net;
using System.Text;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Failures;
using IstioAdmin.Core.Tests.Kube.World;
using IstioAdmin.Testing;
using Microsoft.AspNetCore.Http;

namespace IstioAdmin.Core.Tests.Kube.Resilience;

/// <summary>What is tried again, and what is not.</summary>
public sealed class RetryTests : IDisposable
{
    private static readonly KubeSubject Pods = KubeResource.Pods.Subject("list");

    private readonly KubeWorld _world = new();

    [Theory]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    public async Task A_read_survives_three_failures_with_growing_pauses(int code)
    {
        await using FakeApiServer server = await StartAsync((context, call) => call <= 3 ? KubeWorld.Status(context, code, "InternalError", "etcd is away") : KubeWorld.AnswerBare(context));
        using KubeClient client = await OpenAsync(server);

        using HttpResponseMessage response = await client.SendAsync(Get("api/v1/pods"), Pods, KubeWorld.Cancel);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(3, _world.Time.Pauses.Count);
        Assert.All(_world.Time.Pauses, pause => Assert.InRange(pause, TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(8)));
    }

    [Fact]
    public async Task A_read_gives_up_after_four_tries_and_tells_the_last_answer()
    {
        await using FakeApiServer server = await StartAsync((context, call) => KubeWorld.Status(context, 500, "InternalError", $"failure {call}"));
        using KubeClient client = await OpenAsync(server);

        MeshException failure = await Assert.ThrowsAnyAsync<MeshException>(() => client.SendAsync(Get("api/v1/pods"), Pods, KubeWorld.Cancel));

        Assert.Equal(("ServerError", FailureKind.Unavailable), (failure.ErrorId, failure.Kind));
        Assert.Contains("failure 4", failure.Message, StringComparison.Ordinal);
        Assert.Equal(4, server.Requests.Count);
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    [InlineData("DELETE")]
    public async Task A_write_whose_outcome_is_unknown_is_not_repeated(string method)
    {
        await using FakeApiServer server = await StartAsync((context, _) => KubeWorld.Status(context, 503, "ServiceUnavailable", "try later"));
        using KubeClient client = await OpenAsync(server);

        await Assert.ThrowsAnyAsync<MeshException>(() => client.SendAsync(Write(method), Pods, KubeWorld.Cancel));

        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_write_on_a_connection_that_breaks_is_not_repeated()
    {
        await using FakeApiServer server = await StartAsync((context, call) =>
        {
            if (call > 1)
                context.Abort();
            return KubeWorld.AnswerBare(context);
        });
        using KubeClient client = await OpenAsync(server);
        using (await client.SendAsync(Get("version"), Pods, KubeWorld.Cancel))
        {
        }

        MeshException failure = await Assert.ThrowsAnyAsync<MeshException>(() => client.SendAsync(Write("POST"), Pods, KubeWorld.Cancel));

        Assert.Equal("ConnectionLost", failure.ErrorId);
        Assert.Equal(2, server.Requests.Count);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    [InlineData("PATCH")]
    public async Task Throttling_is_waited_out_as_long_as_the_server_asks_for_any_verb(string method)
    {
        var bodies = new List<string>();
        await using FakeApiServer server = await StartAsync(async (context, call) =>
        {
            using var reader = new StreamReader(context.Request.Body);
            bodies.Add(await reader.ReadToEndAsync());
            if (call <= 2)
            {
                context.Response.Headers.RetryAfter = "7";
                await KubeWorld.Status(context, 429, "TooManyRequests", "slow down");
                return;
            }
            await KubeWorld.AnswerBare(context);
        });
        using KubeClient client = await OpenAsync(server);

        using HttpResponseMessage response = await client.SendAsync(method == "GET" ? Get("api/v1/pods") : Write(method), Pods, KubeWorld.Cancel);

        Assert.Equal([TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(7)], _world.Time.Pauses);
        Assert.Single(bodies.Distinct());
    }

    [Fact]
    public async Task A_server_that_asks_for_a_long_wait_is_an_error_at_once()
    {
        await using FakeApiServer server = await StartAsync((context, _) =>
        {
            context.Response.Headers.RetryAfter = "3600";
            return KubeWorld.Status(context, 429, "TooManyRequests", "come back later");
        });
        using KubeClient client = await OpenAsync(server);

        MeshException failure = await Assert.ThrowsAnyAsync<MeshException>(() => client.SendAsync(Get("api/v1/pods"), Pods, KubeWorld.Cancel));

        Assert.Equal(("ServerBusy", FailureKind.Unavailable), (failure.ErrorId, failure.Kind));
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_server_that_always_throttles_is_given_up()
    {
        await using FakeApiServer server = await StartAsync((context, _) =>
        {
            context.Response.Headers.RetryAfter = "1";
            return KubeWorld.Status(context, 429, "TooManyRequests", "slow down");
        });
        using KubeClient client = await OpenAsync(server);

        await Assert.ThrowsAnyAsync<MeshException>(() => client.SendAsync(Write("POST"), Pods, KubeWorld.Cancel));

        Assert.Equal(4, server.Requests.Count);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(409)]
    [InlineData(410)]
    [InlineData(422)]
    public async Task An_answer_that_will_not_change_is_not_asked_for_again(int code)
    {
        await using FakeApiServer server = await StartAsync((context, _) => KubeWorld.Status(context, code, "Whatever", "no"));
        using KubeClient client = await OpenAsync(server);

        var failure = (KubeStatusException)await Assert.ThrowsAnyAsync<MeshException>(() => client.SendAsync(Get("api/v1/pods"), Pods, KubeWorld.Cancel));

        Assert.Equal(code, (int)failure.StatusCode);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_read_on_a_connection_that_breaks_is_repeated()
    {
        await using FakeApiServer server = await StartAsync((context, call) =>
        {
            if (call is 2 or 3)
                context.Abort();
            return KubeWorld.AnswerBare(context);
        });
        using KubeClient client = await OpenAsync(server);

        using (await client.SendAsync(Get("version"), Pods, KubeWorld.Cancel))
        {
        }
        using HttpResponseMessage response = await client.SendAsync(Get("api/v1/pods"), Pods, KubeWorld.Cancel);

        Assert.Equal(4, server.Requests.Count);
    }

    [Fact]
    public async Task A_server_that_restarts_in_the_middle_of_a_session_is_survived()
    {
        FakeApiServer server = await KubeWorld.StartBareAsync();
        using KubeClient client = await OpenAsync(server);
        using (await client.SendAsync(Get("version"), Pods, KubeWorld.Cancel))
        {
        }
        await server.DisposeAsync();

        MeshException failure = await Assert.ThrowsAnyAsync<MeshException>(() => client.SendAsync(Get("api/v1/pods"), Pods, KubeWorld.Cancel));

        Assert.Equal("ConnectionRefused", failure.ErrorId);
        Assert.Equal(5, _world.Time.Pauses.Count);
        // Long enough together for an API server to come back, each bounded.
        Assert.True(_world.Time.Pauses.Aggregate((a, b) => a + b) > TimeSpan.FromSeconds(4));
        Assert.All(_world.Time.Pauses, pause => Assert.True(pause <= TimeSpan.FromSeconds(8)));
    }

    [Fact]
    public async Task Typed_calls_follow_the_same_rules_and_give_the_same_errors()
    {
        await using FakeApiServer server = await StartAsync((context, call) =>
            call <= 3 ? KubeWorld.Status(context, 500, "InternalError", "etcd is away") : KubeWorld.Status(context, 403, "Forbidden", "pods is forbidden: User \"jane\" cannot list resource \"pods\""));
        using KubeClient client = await _world.OpenAsync(_world.Kubeconfig(server.Uri, user: $"token: {KubeWorld.Token}"));

        Exception thrown = await Assert.ThrowsAnyAsync<Exception>(() => client.Api.CoreV1.ListPodForAllNamespacesWithHttpMessagesAsync(cancellationToken: KubeWorld.Cancel));
        MeshException failure = KubeFailure.From(thrown, client, Pods);

        Assert.Equal(("Forbidden", FailureKind.Forbidden), (failure.ErrorId, failure.Kind));
        Assert.Null(failure.InnerException);
        Assert.Equal(4, server.Requests.Count);
    }

    public void Dispose() => _world.Dispose();

    private static HttpRequestMessage Get(string path) => new(HttpMethod.Get, path);

    private static HttpRequestMessage Write(string method) => new(new HttpMethod(method), "api/v1/namespaces/shop/pods")
    {
        Content = new StreamContent(new MemoryStream(Encoding.UTF8.GetBytes("""{"kind":"Pod"}"""))),
    };

    private Task<KubeClient> OpenAsync(FakeApiServer server) => _world.OpenAsync(_world.Kubeconfig(server.Uri));

    private static Task<FakeApiServer> StartAsync(Func<HttpContext, int, Task> answer)
    {
        int calls = 0;
        return FakeApiServer.StartAsync(context => answer(context, Interlocked.Increment(ref calls)));
    }
}
