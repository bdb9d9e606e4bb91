using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Listing;

namespace IstioAdmin.Core.Mesh.Injection;

/// <summary>To which labels of namespaces the injectors of a cluster answer.</summary>
public static class InjectorRevisions
{
    /// <summary>The one that <c>istio-injection=enabled</c> asks for.</summary>
    public const string Default = "default";

    /// <summary>The revisions: those named in selectors of namespaces, and <see cref="Default"/> where one selects <c>istio-injection=enabled</c>.</summary>
    /// <remarks>Selectors say which revision is served, tags included, whoever has installed it; annotations and names differ between operators.</remarks>
    /// <exception cref="MeshException">Webhooks could not be listed.</exception>
    public static async Task<IReadOnlyList<string>> FindAsync(MeshCluster cluster, CancellationToken cancel)
    {
        KubeResource webhooks = await cluster.Client.ServedAsync(KubeResource.MutatingWebhooks, cancel).ConfigureAwait(false);
        var revisions = new SortedSet<string>(StringComparer.Ordinal);
        await foreach (JsonObject configuration in cluster.Client.ListObjectsAsync(webhooks, new ListQuery(), cancel).ConfigureAwait(false))
        {
            foreach (JsonObject webhook in (configuration["webhooks"] as JsonArray ?? []).OfType<JsonObject>())
                revisions.UnionWith(Of(webhook["namespaceSelector"]));
        }
        return [.. revisions];
    }

    private static IEnumerable<string> Of(JsonNode? selector)
    {
        if (selector.At("matchLabels") is JsonObject labels)
        {
            if ((string?)labels[NamespaceLabels.Injection] == "enabled")
                yield return Default;
            if ((string?)labels[NamespaceLabels.Revision] is { } revision)
                yield return revision;
        }
        foreach (JsonObject term in (selector.At("matchExpressions") as JsonArray ?? []).OfType<JsonObject>().Where(term => term.TextAt("operator") == "In"))
        {
            if (term.TextAt("key") == NamespaceLabels.Injection && term.TextsAt("values").Contains("enabled"))
                yield return Default;
            if (term.TextAt("key") != NamespaceLabels.Revision)
                continue;
            foreach (string revision in term.TextsAt("values"))
                yield return revision;
        }
    }
}
