using System.Net;

namespace IstioAdmin.Sandbox.Client;

/// <summary>The API server's refusal, in its own words.</summary>
internal sealed class ClusterApiException(HttpStatusCode status, string message, string? reason = null) : Exception(message)
{
    public HttpStatusCode Status { get; } = status;

    /// <summary>The <c>Status</c>' reason, one word such as <c>AlreadyExists</c>; null when the answer had none.</summary>
    public string? Reason { get; } = reason;
}
