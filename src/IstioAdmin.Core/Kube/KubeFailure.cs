namespace IstioAdmin.Core.Kube;

/// <summary>The one place where transport, HTTP and Kubernetes <c>Status</c> errors become a <see cref="MeshException"/>.</summary>
public static class KubeFailure
{
    /// <summary>Translates whatever a request threw.</summary>
    public static MeshException From(Exception exception, KubeClient client, KubeSubject about) =>
        exception as MeshException
        ?? new MeshException("RequestFailed", FailureKind.Other, $"{client.Endpoint.Server}: could not {about}: {exception.Message}", inner: exception);

    /// <summary>Translates a response whose status is not 2xx.</summary>
    public static Task<MeshException> FromResponseAsync(HttpResponseMessage response, KubeClient client, KubeSubject about, CancellationToken cancel) =>
        Task.FromResult(new MeshException("RequestFailed", FailureKind.Other, $"{client.Endpoint.Server}: could not {about}: HTTP {(int)response.StatusCode}"));
}
