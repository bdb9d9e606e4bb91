using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using k8s;
using k8s.Autorest;
using k8s.Exceptions;
using k8s.Models;

namespace IstioAdmin.Core.Kube.Failures;

/// <summary>
/// Translates what the typed client throws. Its exceptions carry the request with its Authorization header, so they never become an inner exception.
/// </summary>
internal static class TypedClientFailure
{
    public static MeshException? From(Exception exception, KubeEndpoint endpoint, KubeSubject about) =>
        // Looking at the name first keeps the typed client's assembly unloaded where nobody used it.
        exception.GetType().FullName!.StartsWith("k8s.", StringComparison.Ordinal) ? Translate(exception, endpoint, about) : null;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static MeshException? Translate(Exception exception, KubeEndpoint endpoint, KubeSubject about) => exception switch
    {
        HttpOperationException { Response: { } response } =>
            StatusFailure.From(response.StatusCode, Encoding.UTF8.GetBytes(response.Content ?? ""), location: null, endpoint, about),
        KubernetesException { Status: { } status } => StatusFailure.From(Convert(status), endpoint, about),
        KubeConfigException => new MeshException(
            "KubeconfigInvalid",
            FailureKind.InvalidInput,
            $"{endpoint.Name()}: context '{endpoint.Context}' cannot be used: {Excerpt.Of(exception.Message)}",
            "Correct the context in the kubeconfig file.",
            about),
        _ => null,
    };

    private static KubeStatus Convert(V1Status status) => new()
    {
        Code = status.Code ?? (int)HttpStatusCode.InternalServerError,
        Reason = status.Reason,
        Message = status.Message,
        Name = status.Details?.Name,
        Group = status.Details?.Group,
        Kind = status.Details?.Kind,
        RetryAfterSeconds = status.Details?.RetryAfterSeconds,
        Causes = [.. (status.Details?.Causes ?? []).Select(c => new KubeStatusCause(c.Reason, c.Message, c.Field))],
    };
}
