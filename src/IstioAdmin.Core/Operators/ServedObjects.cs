using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Listing;

namespace IstioAdmin.Core.Operators;

/// <summary>Lists objects of kinds that a server may not have.</summary>
internal static class ServedObjects
{
    /// <summary>All objects of a kind in all namespaces; none where the server does not serve the kind.</summary>
    /// <exception cref="MeshException">The server could not be asked.</exception>
    public static async Task<IReadOnlyList<JsonObject>> ListAsync(KubeClient client, KubeResource resource, CancellationToken cancel)
    {
        List<JsonObject> found = [];
        // Who has no right to a group is refused even where the server does not know it, so what is served is asked first.
        if (await client.FindResourceAsync(resource.ApiVersion, resource.Kind, cancel).ConfigureAwait(false) is null)
            return found;
        try
        {
            await foreach (JsonObject item in client.ListObjectsAsync(resource, new ListQuery(), cancel).ConfigureAwait(false))
                found.Add(item);
        }
        catch (MeshException e) when (e.ErrorId == "ResourceNotServed")
        {
            // Its definition has gone; the server still tells of the kind for a while.
        }
        return found;
    }
}
