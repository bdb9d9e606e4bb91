using System.Text.Json;

namespace IstioAdmin.Core.Kube.Detection;

/// <summary>A DaemonSet that installs Istio's CNI plugin, and what its configuration leaves out.</summary>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Revision">Its revision; null for the default one.</param>
/// <param name="ExcludedNamespaces">The namespaces that the plugin leaves alone; null when its configuration could not be read.</param>
internal sealed record CniPlugin(string Namespace, string? Revision, IReadOnlyList<string>? ExcludedNamespaces)
{
    /// <returns>Null when DaemonSets could not be listed.</returns>
    public static async Task<IReadOnlyList<CniPlugin>?> ReadAsync(Probe probe, Task<ApiGroups?> groups, CancellationToken cancel)
    {
        IReadOnlyList<CniPlugin>?[] found = await Task.WhenAll(CniRow.Rows.Select(row => ReadAsync(probe, row, groups, cancel))).ConfigureAwait(false);
        return found.Any(f => f is null) ? null : [.. found.SelectMany(f => f!)];
    }

    private static async Task<IReadOnlyList<CniPlugin>?> ReadAsync(Probe probe, CniRow row, Task<ApiGroups?> groups, CancellationToken cancel)
    {
        if (row.OnlyWith is { } resource && (await groups.ConfigureAwait(false))?.Serves(resource) != true)
            return [];
        string query = $"labelSelector={Uri.EscapeDataString(row.Selector)}";
        IReadOnlyList<JsonElement>? sets = await probe.ListAsync(IstioResources.DaemonSets, query, cancel).ConfigureAwait(false);
        return sets is null ? null : await Task.WhenAll(sets.Select(set => OfAsync(probe, set, cancel))).ConfigureAwait(false);
    }

    private static async Task<CniPlugin> OfAsync(Probe probe, JsonElement set, CancellationToken cancel)
    {
        string ns = set.At("metadata", "namespace")?.AsText() ?? "";
        string map = CniConfigMap.NameIn(set);
        KubeSubject about = KubeResource.ConfigMaps.Subject("get", ns, map);
        JsonElement? config = await probe.GetAsync(KubeResource.ConfigMaps.Path(ns, map), about, cancel).ConfigureAwait(false);
        return new CniPlugin(ns, ControlPlane.RevisionOf(set), config is { } read ? CniConfigMap.ExcludedNamespaces(read) : null);
    }
}
