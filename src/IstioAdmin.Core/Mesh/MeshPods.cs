using System.Runtime.CompilerServices;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Listing;
using IstioAdmin.Core.Mesh.Reading;

namespace IstioAdmin.Core.Mesh;

/// <summary>Lists pods.</summary>
public static class MeshPods
{
    /// <summary>Lists pods in the server's order, each as soon as it has been read.</summary>
    /// <param name="cluster">The cluster to ask.</param>
    /// <param name="selection">Which pods.</param>
    /// <param name="reporter">Hears what could not be checked.</param>
    /// <param name="cancel">Ends the listing. To stop enumerating has the same effect.</param>
    /// <exception cref="MeshException">
    /// The server could not be asked or refused; or no pod was found and the namespace (<c>NamespaceNotFound</c>) or
    /// the node (<c>NodeNotFound</c>) that was named does not exist.
    /// </exception>
    public static async IAsyncEnumerable<MeshPod> ListAsync(
        MeshCluster cluster, PodSelection selection, IReporter reporter, [EnumeratorCancellation] CancellationToken cancel)
    {
        var query = new ListQuery(selection.Namespace, selection.LabelSelector, FieldSelector(selection));
        bool found = false;
        await foreach (MeshPod pod in cluster.Client.ListAsync(KubeResource.Pods, query, new PodPageReader(cluster, selection), cancel).ConfigureAwait(false))
        {
            found = true;
            yield return pod;
        }
        if (found)
            yield break;
        // The API answers with an empty list for a namespace or a node that does not exist; a slip of the pen should not look like an empty one.
        await ExpectAsync(cluster, KubeResource.Namespaces, selection.Namespace, reporter, cancel).ConfigureAwait(false);
        await ExpectAsync(cluster, KubeResource.Nodes, selection.Node, reporter, cancel).ConfigureAwait(false);
    }

    private static string? FieldSelector(PodSelection selection)
    {
        string[] parts =
        [
            .. selection.Node is null ? Array.Empty<string>() : [$"spec.nodeName={Escape(selection.Node)}"],
            .. selection.Name is null ? Array.Empty<string>() : [$"metadata.name={Escape(selection.Name)}"],
        ];
        return parts.Length == 0 ? null : string.Join(',', parts);
    }

    /// <summary>As EscapeValue in apimachinery's pkg/fields/selector.go: what somebody types as a name must not become a further term.</summary>
    private static string Escape(string value) => value
        .Replace(@"\", @"\\", StringComparison.Ordinal)
        .Replace(",", @"\,", StringComparison.Ordinal)
        .Replace("=", @"\=", StringComparison.Ordinal);

    private static async Task ExpectAsync(MeshCluster cluster, KubeResource resource, string? name, IReporter reporter, CancellationToken cancel)
    {
        if (name is null)
            return;
        try
        {
            if (await cluster.Client.GetAsync(resource, null, name, cancel).ConfigureAwait(false) is not null)
                return;
        }
        catch (MeshException e) when (e.Kind == FailureKind.Forbidden)
        {
            reporter.Detail($"Whether {resource.Kind} {name} exists could not be checked: {e.Message}");
            return;
        }
        throw new MeshException(
            $"{resource.Kind}NotFound",
            FailureKind.NotFound,
            $"{cluster.Server}: cluster '{cluster.Name}' has no {resource.Kind.ToLowerInvariant()} '{name}'.",
            $"List what is there with 'kubectl get {resource.Plural}', or use a wildcard.",
            name);
    }
}
