using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Http;

namespace IstioAdmin.Sandbox.Api;

/// <summary>Answers with JSON, indented for those who look with a browser or curl, as the API server does.</summary>
internal static class JsonAnswer
{
    private static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonSerializerOptions Indented = new(Compact) { WriteIndented = true };

    /// <summary>Whether the client is a person's.</summary>
    public static bool IsForPerson(HttpExchange exchange) => exchange.Query["pretty"] is not null
        ? exchange.Query.Flag("pretty")
        : exchange.Headers.GetValueOrDefault("User-Agent") is { } agent
            && (agent.StartsWith("curl", StringComparison.Ordinal) || agent.StartsWith("Wget", StringComparison.Ordinal) || agent.StartsWith("Mozilla/5.0", StringComparison.Ordinal));

    /// <summary>Answers with an object.</summary>
    public static async Task WriteAsync(HttpExchange exchange, int status, JsonNode content, IReadOnlyDictionary<string, string>? headers = null)
    {
        byte[] bytes = JsonSerializer.SerializeToUtf8Bytes(content, IsForPerson(exchange) ? Indented : Compact);
        await WriteAsync(exchange, status, "application/json", (byte[])[.. bytes, (byte)'\n'], headers).ConfigureAwait(false);
    }

    /// <summary>Answers with bytes.</summary>
    public static async Task WriteAsync(HttpExchange exchange, int status, string contentType, ReadOnlyMemory<byte> content, IReadOnlyDictionary<string, string>? headers = null)
    {
        var all = new Dictionary<string, string>(headers ?? new Dictionary<string, string>()) { ["Cache-Control"] = "no-cache, private" };
        Stream answer = await exchange.RespondAsync(status, contentType, content.Length, all).ConfigureAwait(false);
        await using (answer.ConfigureAwait(false))
            await answer.WriteAsync(content).ConfigureAwait(false);
    }

    /// <summary>Answers with a refusal.</summary>
    public static Task WriteAsync(HttpExchange exchange, ApiException refusal)
    {
        var status = new JsonObject
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject(),
            ["status"] = "Failure",
            ["message"] = refusal.Message,
            ["reason"] = refusal.Reason,
        };
        if (refusal.Details is { } details)
            status["details"] = details.DeepClone();
        status["code"] = refusal.Status;
        return WriteAsync(exchange, refusal.Status, status, refusal.Details?["retryAfterSeconds"] is { } seconds
            ? new Dictionary<string, string> { ["Retry-After"] = seconds.ToJsonString() }
            : null);
    }
}
