using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Kube;

/// <summary>Asks an API server what kinds of objects it keeps.</summary>
public static class KubeDiscovery
{
    /// <summary>
    /// What each client has learned. Only what is served is remembered, for what is not may be installed any moment; and only of Kubernetes' own groups,
    /// for definitions may go any moment.
    /// </summary>
    private static readonly ConditionalWeakTable<KubeClient, ConcurrentDictionary<string, IReadOnlyList<KubeResource>>> Learned = [];

    /// <summary>Finds where a kind of object is kept.</summary>
    /// <param name="client">The client.</param>
    /// <param name="apiVersion">The kind's <c>apiVersion</c>, for example <c>apps/v1</c>.</param>
    /// <param name="kind">The kind, for example <c>Deployment</c>.</param>
    /// <param name="cancel">Cancels the request.</param>
    /// <returns>Null if the server does not serve it.</returns>
    /// <exception cref="MeshException">As <see cref="KubeClient.SendAsync"/>.</exception>
    public static async Task<KubeResource?> FindResourceAsync(this KubeClient client, string apiVersion, string kind, CancellationToken cancel)
    {
        ConcurrentDictionary<string, IReadOnlyList<KubeResource>> learned = Learned.GetOrCreateValue(client);
        if (IsOwn(apiVersion) && learned.TryGetValue(apiVersion, out IReadOnlyList<KubeResource>? known) && Find(known) is { } hit)
            return hit;
        // Asked again when the group is known but not the kind: a definition may have been added to it since.
        return await client.DiscoverAsync(apiVersion, cancel).ConfigureAwait(false) is { } served ? Find(served) : null;

        KubeResource? Find(IReadOnlyList<KubeResource> resources) => resources.FirstOrDefault(resource => resource.Kind == kind);
    }

    /// <summary>Chooses the version in which a server serves a kind: the given one, and an older one where it has only that.</summary>
    /// <param name="client">The client.</param>
    /// <param name="newest">The kind, in its newest version.</param>
    /// <param name="cancel">Cancels the request.</param>
    /// <param name="older">The version before that.</param>
    /// <exception cref="MeshException">As <see cref="KubeClient.SendAsync"/>.</exception>
    public static async Task<KubeResource> ServedAsync(this KubeClient client, KubeResource newest, CancellationToken cancel, string older = "v1beta1")
    {
        KubeResource old = newest with { Version = older };
        return await client.FindResourceAsync(newest.ApiVersion, newest.Kind, cancel).ConfigureAwait(false) is null
            && await client.FindResourceAsync(old.ApiVersion, old.Kind, cancel).ConfigureAwait(false) is not null ? old : newest;
    }

    /// <summary>Lists the kinds of one version of one group, without subresources.</summary>
    /// <param name="client">The client.</param>
    /// <param name="apiVersion">The version, for example <c>v1</c> or <c>networking.istio.io/v1beta1</c>.</param>
    /// <param name="cancel">Cancels the request.</param>
    /// <returns>Null if the server does not serve that version.</returns>
    /// <exception cref="MeshException">As <see cref="KubeClient.SendAsync"/>.</exception>
    public static async Task<IReadOnlyList<KubeResource>?> DiscoverAsync(this KubeClient client, string apiVersion, CancellationToken cancel)
    {
        string path = string.Join('/', apiVersion.Split('/').Select(Uri.EscapeDataString));
        path = apiVersion.Contains('/', StringComparison.Ordinal) ? $"apis/{path}" : $"api/{path}";
        if (await client.GetPathAsync(path, new KubeSubject("discover", apiVersion), cancel).ConfigureAwait(false) is not { } list)
            return null;
        IReadOnlyList<KubeResource> resources = [.. Objects(list["resources"]).Select(entry => Read(entry, apiVersion)).Where(resource => !resource.Plural.Contains('/', StringComparison.Ordinal))];
        Learned.GetOrCreateValue(client)[apiVersion] = resources;
        return resources;
    }

    /// <summary>Lists the versions that the server serves, the preferred one of each group first.</summary>
    /// <exception cref="MeshException">As <see cref="KubeClient.SendAsync"/>.</exception>
    public static async Task<IReadOnlyList<string>> DiscoverVersionsAsync(this KubeClient client, CancellationToken cancel)
    {
        JsonObject? core = await client.GetPathAsync("api", new KubeSubject("discover", "API versions"), cancel).ConfigureAwait(false);
        JsonObject? groups = await client.GetPathAsync("apis", new KubeSubject("discover", "API groups"), cancel).ConfigureAwait(false);
        var versions = new List<string>();
        if (core?["versions"] is JsonArray coreVersions)
            versions.AddRange(coreVersions.OfType<JsonValue>().Select(version => version.ToString()));
        foreach (JsonObject group in Objects(groups?["groups"]))
        {
            string? preferred = Text(group["preferredVersion"]?["groupVersion"]);
            versions.AddRange(Objects(group["versions"]).Select(version => Text(version["groupVersion"])).OfType<string>().OrderBy(version => version != preferred));
        }
        return versions;
    }

    /// <summary>Whether a version is of Kubernetes itself: v1, apps/v1, rbac.authorization.k8s.io/v1.</summary>
    private static bool IsOwn(string apiVersion)
    {
        string group = apiVersion[..Math.Max(0, apiVersion.IndexOf('/', StringComparison.Ordinal))];
        return !group.Contains('.', StringComparison.Ordinal) || group.EndsWith(".k8s.io", StringComparison.Ordinal);
    }

    private static KubeResource Read(JsonObject entry, string apiVersion)
    {
        int slash = apiVersion.IndexOf('/', StringComparison.Ordinal);
        (string group, string version) = slash < 0 ? ("", apiVersion) : (apiVersion[..slash], apiVersion[(slash + 1)..]);
        bool namespaced = entry["namespaced"] is JsonValue value && value.TryGetValue(out bool flag) && flag;
        return new KubeResource(group, version, Text(entry["name"]) ?? "", Text(entry["kind"]) ?? "", namespaced);
    }

    private static IEnumerable<JsonObject> Objects(JsonNode? array) => (array as JsonArray)?.OfType<JsonObject>() ?? [];

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
