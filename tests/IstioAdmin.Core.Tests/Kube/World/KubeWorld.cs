using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Connecting;
using IstioAdmin.Testing;
using Microsoft.AspNetCore.Http;

namespace IstioAdmin.Core.Tests.Kube.World;

/// <summary>A kubeconfig in a directory of its own, a clock that does not wait, and a way to connect with both.</summary>
internal sealed class KubeWorld : IDisposable
{
    public const string Token = "s3cr3t-t0ken-value";

    public TemporaryDirectory Files { get; } = new();

    public RecordingReporter Reporter { get; } = new();

    public InstantTime Time { get; } = new();

    /// <summary>The test's own cancellation.</summary>
    public static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Writes a kubeconfig of one context, <c>test</c>, with the given fields in YAML's flow style.</summary>
    public string Kubeconfig(Uri server, string cluster = "", string user = "", string name = "config") => Kubeconfig(server.ToString(), cluster, user, name);

    public string Kubeconfig(string server, string cluster = "", string user = "", string name = "config") => Files.Write(name, $$"""
        apiVersion: v1
        kind: Config
        current-context: test
        clusters:
        - name: test-cluster
          cluster: {server: "{{server}}"{{(cluster.Length > 0 ? ", " + cluster : "")}}}
        users:
        - name: test-user
          user: { {{user}} }
        contexts:
        - name: test
          context: {cluster: test-cluster, user: test-user, namespace: shop}
        """);

    public Task<MeshCluster> ConnectAsync(string kubeconfig, TimeSpan? timeout = null) =>
        ClusterConnector.ConnectAsync(
            new ConnectOptions { Kubeconfig = [kubeconfig], Timeout = timeout ?? TimeSpan.FromSeconds(60) }, KubeEnvironment.Current, Reporter, Time, Cancel);

    public async Task<MeshException> FailToConnectAsync(string kubeconfig, TimeSpan? timeout = null)
    {
        MeshException failure = await Assert.ThrowsAnyAsync<MeshException>(() => ConnectAsync(kubeconfig, timeout));
        Assert.DoesNotContain(Token, failure.ToString(), StringComparison.Ordinal);
        return failure;
    }

    /// <summary>A client that does not wait between tries, without having asked the server anything.</summary>
    public async Task<KubeClient> OpenAsync(string kubeconfig)
    {
        ConnectionSettings settings = await ClusterConnector.ResolveAsync(new ConnectOptions { Kubeconfig = [kubeconfig] }, KubeEnvironment.Current, Reporter, Cancel);
        return new KubeClient(new KubeTransport(settings, Time), settings.Endpoint);
    }

    /// <summary>Answers like an API server of the given version with nothing in it.</summary>
    public static async Task AnswerBare(HttpContext context)
    {
        string body = context.Request.Path.Value switch
        {
            "/version" => """{"major":"1","minor":"31","gitVersion":"v1.31.2"}""",
            "/apis" => """{"kind":"APIGroupList","groups":[]}""",
            _ => """{"kind":"List","metadata":{},"items":[]}""",
        };
        await Json(context, body);
    }

    public static async Task Json(HttpContext context, string body, int status = 200)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(body);
    }

    public static Task Status(HttpContext context, int code, string reason, string message) =>
        Json(context, $$"""{"kind":"Status","apiVersion":"v1","status":"Failure","message":"{{message.Replace("\"", "\\\"", StringComparison.Ordinal)}}","reason":"{{reason}}","code":{{code}}}""", code);

    public static Task<FakeApiServer> StartBareAsync() => FakeApiServer.StartAsync(AnswerBare);

    public void Dispose() => Files.Dispose();
}
