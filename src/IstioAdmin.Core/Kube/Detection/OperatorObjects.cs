using System.Text.Json;

namespace IstioAdmin.Core.Kube.Detection;

/// <summary>What a cluster has of one operator's resources.</summary>
internal sealed class OperatorObjects
{
    private readonly IReadOnlyDictionary<KubeResource, IReadOnlyList<JsonElement>?> _items;

    private OperatorObjects(OperatorRow row, IReadOnlyDictionary<KubeResource, IReadOnlyList<JsonElement>?> items)
    {
        Row = row;
        _items = items;
    }

    public OperatorRow Row { get; }

    /// <summary>The objects of a kind; null when they could not be listed.</summary>
    public IReadOnlyList<JsonElement>? this[KubeResource resource] => _items.GetValueOrDefault(resource);

    /// <summary>Lists the resources of all operators whose API the server serves.</summary>
    public static async Task<IReadOnlyList<OperatorObjects>> ReadAsync(Probe probe, Task<ApiGroups?> groups, CancellationToken cancel)
    {
        if (await groups.ConfigureAwait(false) is not { } served)
            return [];
        IEnumerable<OperatorRow> rows = OperatorRow.Rows.Where(row => row.Resources.Any(served.Serves));
        return await Task.WhenAll(rows.Select(row => ReadAsync(probe, row, cancel))).ConfigureAwait(false);
    }

    private static async Task<OperatorObjects> ReadAsync(Probe probe, OperatorRow row, CancellationToken cancel)
    {
        var lists = row.Resources.Select(async resource =>
            KeyValuePair.Create(resource, await probe.ListAsync(resource, "limit=100", cancel).ConfigureAwait(false)));
        return new OperatorObjects(row, new Dictionary<KubeResource, IReadOnlyList<JsonElement>?>(await Task.WhenAll(lists).ConfigureAwait(false)));
    }
}
