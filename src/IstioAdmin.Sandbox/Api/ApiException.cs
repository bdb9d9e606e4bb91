using System.Text.Json.Nodes;

namespace IstioAdmin.Sandbox.Api;

/// <summary>A request that fails, as the API server's <c>Status</c> says it (<c>apimachinery/pkg/api/errors</c>).</summary>
/// <param name="status">The HTTP status code.</param>
/// <param name="reason">The reason, one word, such as <c>NotFound</c>.</param>
/// <param name="message">The message, in the API server's words.</param>
/// <param name="details">The details: name, group, kind, causes; null for none.</param>
internal sealed class ApiException(int status, string reason, string message, JsonObject? details = null) : Exception(message)
{
    /// <summary>The HTTP status code.</summary>
    public int Status { get; } = status;

    /// <summary>The reason, one word.</summary>
    public string Reason { get; } = reason;

    /// <summary>The details; null for none.</summary>
    public JsonObject? Details { get; } = details;
}
