using System.Net;

namespace IstioAdmin.Core.Kube.Failures;

/// <summary>The server answered, and the answer was a refusal or a fault of its own (any status but 2xx).</summary>
public sealed class KubeStatusException : MeshException
{
    internal KubeStatusException(
        string errorId, FailureKind kind, string message, string? remedy, KubeSubject about, HttpStatusCode statusCode, KubeStatus? status)
        : base(errorId, kind, message, remedy, about)
    {
        StatusCode = statusCode;
        Status = status;
    }

    /// <summary>HTTP status code.</summary>
    public HttpStatusCode StatusCode { get; }

    /// <summary>The <c>Status</c> object of the body; null when the body was something else.</summary>
    public KubeStatus? Status { get; }
}
