namespace IstioAdmin.Core.Kube;

/// <summary>Something answered that does not speak the Kubernetes API: a proxy's login page, another web server. Asking again changes nothing.</summary>
internal sealed class NotKubernetesException : MeshException
{
    public NotKubernetesException(KubeClient client, KubeSubject about, string mediaType)
        : base(
            "ResponseInvalid",
            FailureKind.InvalidResponse,
            $"{client.Endpoint.Server}: could not {about}: the answer is {(mediaType.Length == 0 ? "of no media type" : mediaType)}, not a Kubernetes object.",
            $"Check that the server of kubeconfig context '{client.Endpoint.Context}' is a Kubernetes API server, and that no proxy answers in its place.")
    {
    }
}
