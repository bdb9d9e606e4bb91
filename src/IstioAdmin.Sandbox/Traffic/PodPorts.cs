using System.Diagnostics;
using System.Globalization;
using System.Text;
using IstioAdmin.Sandbox.Http;
using IstioAdmin.Sandbox.Nodes;
using IstioAdmin.Sandbox.Traffic.Applications;

namespace IstioAdmin.Sandbox.Traffic;

/// <summary>Ports of pods, as a connection from within the pod finds them.</summary>
/// <param name="traffic">What listens.</param>
internal sealed class PodPorts(MeshTraffic traffic)
{
    /// <summary>Serves a connection until one side ends it.</summary>
    /// <returns>Why there was none, as a kubelet says it; null when there was one.</returns>
    public async Task<string?> ServeAsync(PodRuntime run, int port, Stream connection, CancellationToken cancel)
    {
        if (await traffic.ListenerAsync(run, port, cancel).ConfigureAwait(false) is null)
        {
            return string.Create(CultureInfo.InvariantCulture,
                $"error forwarding port {port} to pod {run.Uid}, uid : failed to connect to localhost:{port} inside namespace: dial tcp4 127.0.0.1:{port}: connect: connection refused");
        }
        using var http = new LoopbackConnection(connection, exchange => AnswerAsync(exchange, run, port), new HttpLimits(), _ => { });
        using CancellationTokenRegistration end = cancel.Register(http.Abort);
        await http.RunAsync().ConfigureAwait(false);
        return null;
    }

    private async Task AnswerAsync(HttpExchange exchange, PodRuntime run, int port)
    {
        var clock = Stopwatch.StartNew();
        // Asked for again with each request: the mesh may have changed meanwhile.
        IApplication? application = await traffic.ListenerAsync(run, port, exchange.Aborted).ConfigureAwait(false);
        string host = exchange.Headers.GetValueOrDefault("Host")?.Split(':')[0] ?? "";
        MeshAnswer answer = application is null
            ? MeshAnswer.Text(503, "The port has been closed.")
            : await application.AnswerAsync(new ApplicationCalls(traffic, run), new MeshRequest(exchange.Method, host, exchange.Path), exchange.Aborted).ConfigureAwait(false);
        var headers = new Dictionary<string, string>(StringComparer.Ordinal);
        if (application is GatewayProxy)
        {
            headers["server"] = "istio-envoy";
            if (!answer.IsOfProxy)
                headers["x-envoy-upstream-service-time"] = clock.ElapsedMilliseconds.ToString(CultureInfo.InvariantCulture);
        }
        byte[] content = Encoding.UTF8.GetBytes(answer.Content);
        Stream body = await exchange.RespondAsync(answer.Status, answer.ContentType, content.Length, headers).ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
        {
            if (exchange.Method != "HEAD")
                await body.WriteAsync(content, exchange.Aborted).ConfigureAwait(false);
        }
    }
}
