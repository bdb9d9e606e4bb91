using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Sandbox.Api.Access;
using IstioAdmin.Sandbox.Http;
using IstioAdmin.Sandbox.Nodes;

namespace IstioAdmin.Sandbox.Api.Connect;

/// <summary>Answers <c>pods/log</c>.</summary>
/// <param name="runtime">What runs in the containers.</param>
/// <param name="time">Tells the time.</param>
internal sealed class PodLog(IContainerRuntime runtime, TimeProvider time)
{
    /// <summary>Answers with a container's log.</summary>
    public async Task WriteAsync(HttpExchange exchange, JsonObject pod)
    {
        LogOptions options = LogOptions.Read(exchange.Query, pod.TextAt("metadata.name") ?? "", time.GetUtcNow());
        string container = PodContainers.Choose(pod, exchange.Query["container"]);
        if (pod.TextAt("spec.nodeName") is null)
        {
            // Nothing can have been printed yet.
            await (await exchange.RespondAsync(204, null).ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
            return;
        }
        RequireStarted(pod, container, options.Previous);

        long skip = options.TailLines is { } tail ? Math.Max(0, await CountAsync(pod, container, options, exchange.Aborted).ConfigureAwait(false) - tail) : 0;
        Stream answer = await exchange.RespondAsync(200, "text/plain").ConfigureAwait(false);
        await using (answer.ConfigureAwait(false))
        {
            long left = options.LimitBytes ?? long.MaxValue;
            await foreach ((DateTimeOffset when, string line) in runtime.LogAsync(pod, container, options.Previous, options.Follow, exchange.Aborted).ConfigureAwait(false))
            {
                if (when < options.Since || skip-- > 0)
                    continue;
                byte[] bytes = Encoding.UTF8.GetBytes(options.Timestamps ? $"{Stamp(when)} {line}\n" : line + "\n");
                await answer.WriteAsync(bytes.AsMemory(0, (int)Math.Min(left, bytes.Length)), exchange.Aborted).ConfigureAwait(false);
                left -= bytes.Length;
                if (left <= 0)
                    return;
                if (options.Follow)
                    await answer.FlushAsync(exchange.Aborted).ConfigureAwait(false);
            }
        }
    }

    // How many lines there are by now; a log only grows.
    private async Task<long> CountAsync(JsonObject pod, string container, LogOptions options, CancellationToken cancel)
    {
        long count = 0;
        await foreach ((DateTimeOffset when, string _) in runtime.LogAsync(pod, container, options.Previous, follow: false, cancel).ConfigureAwait(false))
            count += options.Since is { } since && when < since ? 0 : 1;
        return count;
    }

    // In the kubelet's words (kubernetes/pkg/kubelet/kubelet_pods.go, validateContainerLogStatus).
    private static void RequireStarted(JsonObject pod, string container, bool previous)
    {
        string name = pod.TextAt("metadata.name") ?? "";
        JsonObject status = PodContainers.Status(pod, container)
            ?? throw PodContainers.BadRequest($"container {Go.Quote(container)} in pod {Go.Quote(name)} is not available");
        JsonNode? waiting = status.At("state.waiting");
        bool hasEnded = status.At("lastState.terminated") is not null;
        if (previous)
        {
            if (!hasEnded)
                throw PodContainers.BadRequest($"previous terminated container {Go.Quote(container)} in pod {Go.Quote(name)} not found");
        }
        else if (waiting is not null && !hasEnded)
        {
            string reason = waiting.TextAt("reason") ?? "";
            throw PodContainers.BadRequest(reason is "ErrImagePull" or "ImagePullBackOff"
                ? $"container {Go.Quote(container)} in pod {Go.Quote(name)} is waiting to start: {(reason == "ErrImagePull" ? "image can't be pulled" : "trying and failing to pull image")}"
                : $"container {Go.Quote(container)} in pod {Go.Quote(name)} is waiting to start: {(reason.Length > 0 ? reason : "no logs yet")}");
        }
    }

    // As Go writes RFC 3339 with nanoseconds: without zeros at the end.
    private static string Stamp(DateTimeOffset when)
    {
        string text = when.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff", CultureInfo.InvariantCulture);
        return text.TrimEnd('0').TrimEnd('.') + "Z";
    }
}
