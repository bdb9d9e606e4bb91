using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Api.Access;
using IstioAdmin.Sandbox.Http;
using IstioAdmin.Sandbox.Nodes;

namespace IstioAdmin.Sandbox.Api.Connect;

/// <summary>Answers what a pod's node would answer: logs, commands, ports.</summary>
/// <param name="objects">The pods.</param>
/// <param name="runtime">What runs in their containers.</param>
/// <param name="time">Tells the time.</param>
internal sealed class ConnectHandler(IObjectReader objects, IContainerRuntime runtime, TimeProvider time)
{
    private readonly PodLog _log = new(runtime, time);
    private readonly PodExec _exec = new(runtime, time);
    private readonly PodPortForward _portForward = new(runtime);

    /// <summary>Answers a request if it is one of these.</summary>
    /// <returns>Whether it was.</returns>
    /// <exception cref="ApiException">It cannot be answered.</exception>
    public async Task<bool> TryHandleAsync(HttpExchange exchange, RequestAttributes about)
    {
        if (about is not { Group: "", Version: "v1", Resource: "pods", Subresource: "log" or "exec" or "attach" or "portforward" })
            return false;
        if (about.Verb != "get" && (about.Verb != "create" || about.Subresource == "log"))
            throw new ApiException(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", new JsonObject());
        string name = about.Name ?? "";
        JsonObject pod = objects.Find("", "pods", about.Namespace, name)
            ?? throw new ApiException(404, "NotFound", $"pods {Go.Quote(name)} not found", new JsonObject { ["name"] = name, ["kind"] = "pods" });
        switch (about.Subresource)
        {
            case "log":
                await _log.WriteAsync(exchange, pod).ConfigureAwait(false);
                break;
            case "exec":
                await _exec.ExecAsync(exchange, pod).ConfigureAwait(false);
                break;
            case "attach":
                await _exec.AttachAsync(exchange, pod).ConfigureAwait(false);
                break;
            default:
                await _portForward.ConnectAsync(exchange, pod).ConfigureAwait(false);
                break;
        }
        return true;
    }
}
