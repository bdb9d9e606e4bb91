using System.Net;
using System.Text;

namespace IstioAdmin.Core.Kube.Failures;

/// <summary>Turns an HTTP status and the <c>Status</c> object behind it into a failure. One row for each status, in <see cref="Classify"/>.</summary>
internal static class StatusFailure
{
    private const int MaxCauses = 10;

    private readonly record struct Row(string ErrorId, FailureKind Kind, string? Remedy);

    public static MeshException From(HttpStatusCode code, byte[] body, Uri? location, KubeEndpoint endpoint, KubeSubject about)
    {
        KubeStatus? status = KubeStatus.Parse(body);
        string text = status is null ? Encoding.UTF8.GetString(body) : "";
        return Build(code, status, text, location, endpoint, about);
    }

    public static MeshException From(KubeStatus status, KubeEndpoint endpoint, KubeSubject about) =>
        Build((HttpStatusCode)status.Code, status, "", location: null, endpoint, about);

    private static KubeStatusException Build(HttpStatusCode code, KubeStatus? status, string text, Uri? location, KubeEndpoint endpoint, KubeSubject about)
    {
        Row row = Classify(code, status, text, about);
        var message = new StringBuilder($"{endpoint.Name()}: could not {about}: HTTP {(int)code}");
        if (location is not null)
            message.Append($" to {new Uri(endpoint.Server, location).Name()}");
        string detail = status?.Message is { } words ? Excerpt.Of(words) : Excerpt.Of(text);
        if (detail.Length > 0)
            message.Append($": {detail}");
        AppendCauses(message, status, detail);
        return new KubeStatusException(row.ErrorId, row.Kind, message.ToString(), row.Remedy, about, code, status);
    }

    private static Row Classify(HttpStatusCode code, KubeStatus? status, string text, KubeSubject about) => ((int)code, status?.Reason) switch
    {
        (400, _) when text.Contains("HTTP request to an HTTPS server", StringComparison.Ordinal) => new(
            "ServerExpectsTls", FailureKind.Connection, "Use https:// in 'server' of the kubeconfig."),
        (400, "Expired") or (410, _) => new(
            "ResourceExpired", FailureKind.Conflict, "The list or watch is too old for the server; start it again from the beginning."),
        (400, _) => new(
            "RequestRejected", FailureKind.Rejected, "Correct what the server objects to; an admission webhook may have said it."),
        (401, _) => new(
            "Unauthenticated", FailureKind.Unauthenticated, "Log in again or renew the credentials of the kubeconfig user; tokens expire."),
        (403, _) => Refused(status, about),
        (404, _) when status?.Name is null && about.Name is null => new(
            "ResourceNotServed", FailureKind.NotSupported, "The server does not know this kind of resource; check its version and its CRDs."),
        (404, _) => new(
            "ObjectNotFound", FailureKind.NotFound, "Check name and namespace."),
        (405, _) or (406, _) or (415, _) or (501, _) => new(
            "RequestNotSupported", FailureKind.NotSupported, "This server's version does not offer what was asked."),
        (409, "AlreadyExists") => new(
            "ObjectAlreadyExists", FailureKind.Conflict, "Use another name, or change the object that is there."),
        (409, _) => new(
            "Conflict", FailureKind.Conflict, "Somebody else changed the object or owns the field; look at it and try again."),
        (413, _) => new(
            "RequestTooLarge", FailureKind.Rejected, "The object is larger than the server or a proxy before it accepts."),
        (422, _) => new(
            "ObjectInvalid", FailureKind.Rejected, "Correct the fields that the server names."),
        (429, _) => new(
            "ServerBusy", FailureKind.Unavailable, "The server throttles requests; try again later, or with fewer at once."),
        (504, _) => new(
            "ServerTimedOut", FailureKind.Timeout, "The server gave up waiting for something behind it; look at etcd, webhooks and aggregated APIs."),
        (502 or 503, _) => new(
            "ServerUnavailable", FailureKind.Unavailable, "The server, or a load balancer before it, is not ready; try again, then look at its health."),
        (500, _) when status?.Message is { } message && (message.Contains("failed calling webhook", StringComparison.Ordinal) || message.Contains("conversion webhook", StringComparison.Ordinal)) => new(
            "WebhookFailed", FailureKind.Unavailable,
            "What serves this webhook does not answer: see whether its pods run (for an operator's, Get-IstioOperator), then run the command again. A webhook that something removed has left behind has to be removed too."),
        ( >= 500, _) => new(
            "ServerError", FailureKind.Unavailable, "The server failed; look at its log. A webhook that does not answer shows up like this too."),
        ( >= 300 and < 400, _) => new(
            "ServerRedirects", FailureKind.InvalidResponse,
            "An API server does not redirect; use the final address in 'server' of the kubeconfig, or log in to the proxy before it."),
        _ => new(
            "RequestFailed", FailureKind.Other, null),
    };

    /// <summary>403 is RBAC's, or that of an admission controller (quota, Pod Security), whose remedy is another one.</summary>
    private static Row Refused(KubeStatus? status, KubeSubject about) =>
        MayNotCreate(status, about) ? new Row("Forbidden", FailureKind.Forbidden, RoleRule.Remedy(about with { Verb = "create" }))
        : status?.Message?.Contains("attempting to grant", StringComparison.Ordinal) == true ? new Row("Forbidden", FailureKind.Forbidden, RoleRule.GrantRemedy(about))
        : status?.Message is { } message && !message.Contains("cannot ", StringComparison.Ordinal)
            ? new Row(
                "AdmissionRefused",
                FailureKind.Forbidden,
                "An admission controller refused the object (quota, Pod Security, a policy); change the object or the policy.")
            : new Row("Forbidden", FailureKind.Forbidden, RoleRule.Remedy(about with { Verb = RoleRule.VerbIn(status?.Message) ?? about.Verb }));

    /// <summary>
    /// Whether an apply would have created the object, for somebody who may change such objects but not create them: the server refuses that without
    /// giving a reason (k8s.io/apiserver <c>pkg/endpoints/handlers/create.go</c>, withAuthorization).
    /// </summary>
    private static bool MayNotCreate(KubeStatus? status, KubeSubject about) =>
        about.Verb == "patch" && status?.Message?.TrimEnd().EndsWith("is forbidden:", StringComparison.Ordinal) == true;

    private static void AppendCauses(StringBuilder message, KubeStatus? status, string detail)
    {
        if (status is null)
            return;
        // Servers often repeat the causes in the message already.
        string[] causes = [.. status.Causes.Select(c => Excerpt.Of(c.ToString()))
            .Where(c => c.Length > 0 && !detail.Contains(c, StringComparison.Ordinal))];
        if (causes.Length == 0)
            return;
        message.Append($" [{string.Join("; ", causes.Take(MaxCauses))}{(causes.Length > MaxCauses ? $"; {causes.Length - MaxCauses} more" : "")}]");
    }
}
