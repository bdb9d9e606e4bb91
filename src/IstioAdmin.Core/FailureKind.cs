namespace IstioAdmin.Core;

/// <summary>The sorts of failure that callers may want to tell apart.</summary>
public enum FailureKind
{
    /// <summary>None of the others.</summary>
    Other,

    /// <summary>A parameter or a file holds something that cannot be used.</summary>
    InvalidInput,

    /// <summary>A file, context, namespace or object does not exist.</summary>
    NotFound,

    /// <summary>The server could not be reached, or the connection broke.</summary>
    Connection,

    /// <summary>The server does not know who we are (HTTP 401, expired certificate, failing exec plugin).</summary>
    Unauthenticated,

    /// <summary>The server knows who we are and refuses (HTTP 403).</summary>
    Forbidden,

    /// <summary>The object is in another state than the operation needs, or another manager owns a field (HTTP 409).</summary>
    Conflict,

    /// <summary>The server rejected the content of a request (HTTP 400, 422, admission).</summary>
    Rejected,

    /// <summary>Time ran out.</summary>
    Timeout,

    /// <summary>The server is overloaded or failed (HTTP 429, 5xx) and stayed so through the retries.</summary>
    Unavailable,

    /// <summary>What came back is not what the protocol promises (HTML, truncated JSON).</summary>
    InvalidResponse,

    /// <summary>The cluster or its version does not offer what was asked.</summary>
    NotSupported,
}
