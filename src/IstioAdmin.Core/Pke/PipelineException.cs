using System.Net;

namespace IstioAdmin.Core.Pke;

/// <summary>A failure of Pipeline or on the way to it.</summary>
/// <remarks>
/// The identifiers are stable. Answers: <c>PipelineRequestRejected</c> (400, 422), <c>PipelineUnauthenticated</c> (401), <c>PipelineForbidden</c> (403),
/// <c>PipelineNotFound</c> (404), <c>PipelineConflict</c> (409, 412), <c>PkeClusterNotReady</c> (409 of a cluster that is too young),
/// <c>PipelineNotSupported</c> (405, 501), <c>PipelineBusy</c> (429), <c>PipelineUnavailable</c> (502 to 504), <c>PipelineFailed</c> (other 5xx),
/// <c>PipelineRedirects</c> (3xx). Bodies: <c>PipelineAnswerIsHtml</c>, <c>PipelineAnswerTruncated</c>, <c>PipelineAnswerInvalid</c>. Connections:
/// <c>PipelineUnreachable</c>, <c>PipelineConnectionLost</c>, <c>PipelineTimedOut</c>, <c>PipelineTlsFailed</c>, <c>PipelineUntrusted</c>.
/// </remarks>
public sealed class PipelineException : MeshException
{
    internal PipelineException(
        string errorId, FailureKind kind, string message, string? remedy, object? target = null, Exception? inner = null,
        HttpStatusCode? statusCode = null, PipelineError? error = null)
        : base(errorId, kind, message, remedy, target, inner)
    {
        StatusCode = statusCode;
        Error = error;
    }

    /// <summary>The answer's status; null when there was no answer.</summary>
    public HttpStatusCode? StatusCode { get; }

    /// <summary>The answer's error body; null when it had none.</summary>
    public PipelineError? Error { get; }
}
