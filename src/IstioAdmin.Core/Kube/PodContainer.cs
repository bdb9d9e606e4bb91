namespace IstioAdmin.Core.Kube;

/// <summary>A container of a pod.</summary>
/// <param name="Namespace">The pod's namespace.</param>
/// <param name="Pod">The pod's name.</param>
/// <param name="Container">The container's name. Null is enough where there is only one; with several the server wants a name.</param>
public sealed record PodContainer(string Namespace, string Pod, string? Container = null)
{
    /// <summary><c>namespace/pod</c>, and the container behind it.</summary>
    public override string ToString() => Container is null ? $"{Namespace}/{Pod}" : $"{Namespace}/{Pod}, container {Container}";

    internal KubeSubject Subject(string verb, string subresource) => KubeResource.Pods.Subject(verb, Namespace, Pod, subresource);

    /// <summary>
    /// Makes of a refusal that names the container a failure of its own. The server has no reason code for it, only these words
    /// (<c>pkg/registry/core/pod/strategy.go</c>, LogLocation and streamLocation).
    /// </summary>
    internal MeshException Refine(MeshException failure) => failure switch
    {
        _ when Container is not null && failure.Message.Contains($"container {Container} is not valid for pod", StringComparison.Ordinal) => new MeshException(
            "ContainerNotFound", FailureKind.NotFound, failure.Message, $"List the containers of pod {Namespace}/{Pod} and name one of them.", this, failure),
        _ when Container is null && failure.Message.Contains("a container name must be specified", StringComparison.Ordinal) => new MeshException(
            "ContainerRequired", FailureKind.InvalidInput, failure.Message, "Name one of the containers.", this, failure),
        _ => failure,
    };
}
