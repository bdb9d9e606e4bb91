using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Listing;

namespace IstioAdmin.Core.Redirection.Sources.Node;

/// <summary>Finds an image for inspector pods.</summary>
internal static class InspectorImage
{
    /// <summary>The image that was asked for; else that of a sidecar on the node, which is there already and has iptables and nsenter, unless it is distroless.</summary>
    /// <exception cref="MeshException">There is none (<c>InspectorImageNeeded</c>), or the pods of the node could not be listed.</exception>
    public static async Task<string> FindAsync(MeshCluster cluster, RulesReadOptions options, string node, CancellationToken cancel)
    {
        if (options.InspectorImage is { } asked)
            return asked;
        var query = new ListQuery(FieldSelector: $"spec.nodeName={node}", PageSize: 100);
        await foreach (JsonObject pod in cluster.Client.ListObjectsAsync(KubeResource.Pods, query, cancel).ConfigureAwait(false))
        {
            if (Images(pod, "containers").Concat(Images(pod, "initContainers")).FirstOrDefault() is { } image)
                return image;
        }
        throw new MeshException("InspectorImageNeeded", FailureKind.InvalidInput,
            $"{cluster.Server}: no sidecar on node {node} has an image with a shell, so there is no image for an inspector pod there.",
            "Name an image with sh, nsenter, grep, iptables-save and nft with -InspectorImage.", node);
    }

    private static IEnumerable<string> Images(JsonObject pod, string list) =>
        (pod["spec"]?[list] as JsonArray)?.OfType<JsonObject>()
            .Where(container => (string?)container["name"] == IstioNames.ProxyContainer)
            .Select(container => (string?)container["image"]).OfType<string>()
            .Where(image => !image.Contains("distroless", StringComparison.Ordinal))
        ?? [];
}
