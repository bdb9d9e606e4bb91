using System.Net;

namespace IstioAdmin.Sandbox.Client;

/// <summary>The API server's refusal, in its own words.</summary>
internal sealed class ClusterApiException(HttpStatusCode status, string message) : Exception(message)
{
    public HttpStatusCode Status { get; } = status;
}
