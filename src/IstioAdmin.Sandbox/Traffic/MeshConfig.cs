using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Traffic;

/// <summary>The objects by which a mesh is told what to do, in whichever version the cluster serves them.</summary>
/// <param name="api">The API server.</param>
internal sealed class MeshConfig(ClusterApi api)
{
    // Newest first.
    private static readonly string[] Versions = ["v1", "v1beta1", "v1alpha3", "v1alpha1"];

    /// <summary>All objects of a kind; none where it is not served.</summary>
    public async Task<IReadOnlyList<JsonObject>> ListAsync(string group, string plural, CancellationToken cancel) =>
        await FindAsync(group, plural, cancel).ConfigureAwait(false) is { } version
            ? await api.ListAsync($"apis/{group}/{version}/{plural}", cancel).ConfigureAwait(false)
            : [];

    /// <summary>Whether a kind is served.</summary>
    public async Task<bool> IsServedAsync(string group, string plural, CancellationToken cancel) => await FindAsync(group, plural, cancel).ConfigureAwait(false) is not null;

    private async Task<string?> FindAsync(string group, string plural, CancellationToken cancel)
    {
        JsonObject? definition = await api.FindAsync($"apis/apiextensions.k8s.io/v1/customresourcedefinitions/{plural}.{group}", cancel).ConfigureAwait(false);
        string[] served = [.. Meta.Items(definition, "spec", "versions").Where(version => Json.Flag(version, "served") == true).Select(version => Json.Text(version, "name")).OfType<string>()];
        return Array.Find(Versions, served.Contains) ?? (served is [var first, ..] ? first : null);
    }
}
