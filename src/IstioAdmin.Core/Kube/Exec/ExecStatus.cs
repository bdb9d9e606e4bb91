using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Kube.Exec;

/// <summary>
/// The last word of the remote command protocol, on its error channel: a Status that says how the command ended
/// (<c>k8s.io/kubelet/pkg/cri/streaming/remotecommand</c>, v4 and later).
/// </summary>
internal abstract record ExecStatus
{
    private ExecStatus()
    {
    }

    /// <summary>The command ran and ended.</summary>
    public sealed record Exited(int Code) : ExecStatus;

    /// <summary>The command did not run, or it is not known how it ended.</summary>
    public sealed record Failed(string Message) : ExecStatus;

    public static ExecStatus Parse(ReadOnlySpan<byte> status)
    {
        try
        {
            return JsonNode.Parse(status) is JsonObject parsed ? Parse(parsed) : new Failed(Encoding.UTF8.GetString(status));
        }
        catch (JsonException)
        {
            // Runtimes have put plain text here.
            return new Failed(Encoding.UTF8.GetString(status).Trim());
        }
    }

    private static ExecStatus Parse(JsonObject status)
    {
        if (Text(status["status"]) == "Success")
            return new Exited(0);
        if (Text(status["reason"]) == "NonZeroExitCode" && status["details"] is JsonObject details && details["causes"] is JsonArray causes)
        {
            string? code = causes.OfType<JsonObject>().Where(cause => Text(cause["reason"]) == "ExitCode").Select(cause => Text(cause["message"])).FirstOrDefault();
            if (int.TryParse(code, NumberStyles.Integer, CultureInfo.InvariantCulture, out int number))
                return new Exited(number);
        }
        return new Failed(Text(status["message"]) ?? status.ToJsonString());
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
