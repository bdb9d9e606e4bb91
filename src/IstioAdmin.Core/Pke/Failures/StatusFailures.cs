using System.Globalization;
using System.Net;
using System.Text;
using IstioAdmin.Core.Kube.Failures;

namespace IstioAdmin.Core.Pke.Failures;

/// <summary>Turns an answer that is not 2xx into a failure. One row for each status, in <see cref="Classify"/>.</summary>
internal static class StatusFailures
{
    // Clocks that differ by less are nobody's trouble.
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(2);

    private readonly record struct Row(string ErrorId, FailureKind Kind, string Remedy);

    public static PipelineException From(PipelineClient client, HttpResponseMessage response, byte[] body, string about)
    {
        HttpStatusCode status = response.StatusCode;
        PipelineError? error = PipelineError.Parse(body, text => Excerpt.Of(client.WithoutToken(text)));
        string detail = error?.ToString() ?? Excerpt.Of(client.WithoutToken(Encoding.UTF8.GetString(body)));
        var message = new StringBuilder($"{client.Endpoint.Name()}: could not {about}: HTTP {(int)status}");
        if (response.Headers.Location is { } location)
            message.Append(CultureInfo.InvariantCulture, $" to {new Uri(client.Endpoint, location).Name()}");
        if (detail.Length > 0)
            message.Append(CultureInfo.InvariantCulture, $": {detail}");
        if (status == HttpStatusCode.Unauthorized && ClockDifference(response) is { } difference)
            message.Append(CultureInfo.InvariantCulture, $" (the server's clock is {difference} this machine's)");
        Row row = Classify((int)status, error);
        return new PipelineException(row.ErrorId, row.Kind, message.ToString(), row.Remedy, about, statusCode: status, error: error);
    }

    /// <summary>Whether a refusal says that a cluster is too young to be asked, or that Pipeline is still busy with it.</summary>
    /// <remarks>Source: banzaicloud/pipeline <c>src/api/cluster_get.go</c> and <c>internal/cluster/service.go</c> (NotReadyError).</remarks>
    private static bool IsNotReady(PipelineError? error) =>
        error is not null
        && (error.Message?.Contains("Secret has not been created yet", StringComparison.OrdinalIgnoreCase) == true
            || error.ToString().Contains("cluster is not ready", StringComparison.OrdinalIgnoreCase));

    private static Row Classify(int status, PipelineError? error) => status switch
    {
        400 or 422 => new("PipelineRequestRejected", FailureKind.Rejected, "Correct what Pipeline objects to."),
        401 => new("PipelineUnauthenticated", FailureKind.Unauthenticated,
            "Run Connect-Pipeline again with a token that is valid; tokens expire, and can be revoked."),
        403 => new("PipelineForbidden", FailureKind.Forbidden, "Ask an administrator of the organization for a role that may do this, or choose another organization."),
        404 => new("PipelineNotFound", FailureKind.NotFound, "Check name, number and organization."),
        409 when IsNotReady(error) => new("PkeClusterNotReady", FailureKind.Conflict, "Wait until Pipeline is done with the cluster: Wait-PkeCluster."),
        409 or 412 => new("PipelineConflict", FailureKind.Conflict, "Look at the state of what is there, then run the command again."),
        405 or 501 => new("PipelineNotSupported", FailureKind.NotSupported, "This version of Pipeline does not offer what was asked."),
        408 or 504 => new("PipelineUnavailable", FailureKind.Unavailable, "Something behind Pipeline did not answer in time; look at its health, then run the command again."),
        429 => new("PipelineBusy", FailureKind.Unavailable, "Pipeline throttles requests; run the command again later."),
        502 or 503 => new("PipelineUnavailable", FailureKind.Unavailable, "Pipeline, or a proxy before it, is not ready; run the command again, then look at its health."),
        >= 500 => new("PipelineFailed", FailureKind.Unavailable, "Look at Pipeline's log; what it says of the cloud provider is often there only."),
        >= 300 and < 400 => new("PipelineRedirects", FailureKind.InvalidResponse, "Give the final address as -Endpoint; a redirection to a login page means that the address is not the API's."),
        _ => new("PipelineRequestFailed", FailureKind.Other, "Correct what Pipeline objects to."),
    };

    /// <summary>How far the two clocks are apart, in words; null when that is not worth a word. Tokens live by the server's clock.</summary>
    private static string? ClockDifference(HttpResponseMessage response)
    {
        if (response.Headers.Date is not { } theirs)
            return null;
        TimeSpan ahead = theirs - DateTimeOffset.UtcNow;
        return ahead.Duration() < Skew
            ? null
            : FormattableString.Invariant($"{ahead.Duration().TotalMinutes:0} minutes {(ahead > TimeSpan.Zero ? "ahead of" : "behind")}");
    }
}
