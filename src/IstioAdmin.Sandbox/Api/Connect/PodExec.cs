using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Sandbox.Api.Access;
using IstioAdmin.Sandbox.Http;
using IstioAdmin.Sandbox.Nodes;

namespace IstioAdmin.Sandbox.Api.Connect;

/// <summary>Answers <c>pods/exec</c> and <c>pods/attach</c> over WebSockets.</summary>
/// <param name="runtime">What runs in the containers.</param>
/// <param name="time">Tells the time.</param>
internal sealed class PodExec(IContainerRuntime runtime, TimeProvider time)
{
    /// <summary>Runs a command in a container, with its streams on a WebSocket.</summary>
    public Task ExecAsync(HttpExchange exchange, JsonObject pod) => ConnectAsync(exchange, pod, async (container, connection) =>
    {
        bool hasTerminal = exchange.Query.Flag("tty");
        Stream output = exchange.Query.Flag("stdout") ? connection.StandardOutput : Stream.Null;
        Stream error = hasTerminal ? output : exchange.Query.Flag("stderr") ? connection.StandardError : Stream.Null;
        Stream? input = exchange.Query.Flag("stdin") ? connection.StandardInput : null;
        int exitCode = await runtime.ExecAsync(pod, container, exchange.Query.All("command"), input, output, error, connection.Gone).ConfigureAwait(false);
        return exitCode == 0 ? Success() : NonZero(exitCode);
    });

    /// <summary>Shows what a container prints from now on.</summary>
    public Task AttachAsync(HttpExchange exchange, JsonObject pod)
    {
        if (exchange.Query.Flag("stdin"))
            throw PodContainers.BadRequest("The sandbox's containers take no input once they run: attach without stdin, or use exec.");
        DateTimeOffset start = time.GetUtcNow();
        return ConnectAsync(exchange, pod, async (container, connection) =>
        {
            await foreach ((DateTimeOffset when, string line) in runtime.LogAsync(pod, container, previous: false, follow: true, connection.Gone).ConfigureAwait(false))
            {
                if (when >= start)
                    await connection.StandardOutput.WriteAsync(Encoding.UTF8.GetBytes(line + "\n"), connection.Gone).ConfigureAwait(false);
            }
            return Success();
        });
    }

    private static async Task ConnectAsync(HttpExchange exchange, JsonObject pod, Func<string, ChannelConnection, Task<JsonObject>> run)
    {
        string container = PodContainers.Choose(pod, exchange.Query["container"]);
        if (pod.TextAt("spec.nodeName") is null)
            throw PodContainers.BadRequest($"pod {pod.TextAt("metadata.name")} does not have a host assigned");
        bool isExec = exchange.Path.EndsWith("/exec", StringComparison.Ordinal);
        if (isExec && exchange.Query.All("command") is { Count: 0 } or [""])
            throw PodContainers.BadRequest("you must specify at least 1 command for the container");
        if (!exchange.Query.Flag("stdin") && !exchange.Query.Flag("stdout") && !exchange.Query.Flag("stderr"))
            throw PodContainers.BadRequest("you must specify at least 1 of stdin, stdout, stderr");
        if (PodContainers.Status(pod, container).At("state.running") is null)
            throw new ApiException(500, "InternalError", $"Internal error occurred: container not found ({Go.Quote(container)})");
        Upgrades.RequireWebSocket(
            exchange, "use a client that speaks WebSockets, such as kubectl 1.31 or newer (1.29 and 1.30 with KUBECTL_REMOTE_COMMAND_WEBSOCKETS=true).");

        ChannelProtocol protocol = ChannelProtocol.Choose(exchange);
        WebSocket socket = await exchange.AcceptWebSocketAsync(protocol.Name).ConfigureAwait(false);
        using var connection = new ChannelConnection(socket, protocol, exchange.Aborted);
        JsonObject status;
        try
        {
            status = await run(container, connection).ConfigureAwait(false);
        }
        catch (ApiException e)
        {
            status = Failure(e.Status, e.Reason, e.Message);
        }
        catch (Exception e) when (!connection.Gone.IsCancellationRequested && e is not OutOfMemoryException)
        {
            status = Failure(500, "InternalError", $"Internal error occurred: error executing command in container: {e.Message}");
        }
        catch (OperationCanceledException)
        {
            return;
        }
        catch (IOException)
        {
            return;
        }
        await connection.EndAsync(status).ConfigureAwait(false);
    }

    private static JsonObject Success() => new() { ["metadata"] = new JsonObject(), ["status"] = "Success" };

    private static JsonObject NonZero(int exitCode)
    {
        JsonObject status = Failure(0, "NonZeroExitCode", $"command terminated with non-zero exit code: exit code {exitCode}");
        status["details"] = new JsonObject
        {
            ["causes"] = new JsonArray(new JsonObject { ["reason"] = "ExitCode", ["message"] = exitCode.ToString(CultureInfo.InvariantCulture) }),
        };
        return status;
    }

    private static JsonObject Failure(int code, string reason, string message)
    {
        var status = new JsonObject { ["metadata"] = new JsonObject(), ["status"] = "Failure", ["message"] = message, ["reason"] = reason };
        if (code > 0)
            status["code"] = code;
        return status;
    }
}
