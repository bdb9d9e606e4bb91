using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Operators;

/// <summary>Writes an operator's objects: creates them, changes them when what they should be has changed, leaves them alone otherwise.</summary>
/// <param name="api">The API server, as the operator.</param>
/// <param name="owner">The owner reference that all of them carry; null for none.</param>
/// <param name="manager">The field manager.</param>
/// <param name="cancel">Cancels its requests.</param>
internal sealed class OwnedObjects(ClusterApi api, JsonObject? owner, string manager, CancellationToken cancel)
{
    /// <summary>Of Banzai's operator, which keeps what it wrote last in it, packed; here a digest of the same.</summary>
    private const string LastApplied = "banzaicloud.com/last-applied";

    /// <summary>An owner reference to an object.</summary>
    public static JsonObject Owner(JsonObject item) => Json.Parse($$$"""
        {"apiVersion":"{{{(string)item["apiVersion"]!}}}","kind":"{{{(string)item["kind"]!}}}","name":"{{{(string)item["metadata"]!["name"]!}}}",
         "uid":"{{{(string)item["metadata"]!["uid"]!}}}","controller":true,"blockOwnerDeletion":true}
        """);

    /// <summary>
    /// Deletes what an object owned that is gone. That is the garbage collector's work, but it hears of a new definition only after half a minute, and
    /// until then knows no such owner.
    /// </summary>
    /// <param name="cluster">The API server, with the collector's rights.</param>
    /// <param name="uid">The owner's.</param>
    /// <param name="collections">Where to look.</param>
    /// <param name="cancel">Cancels the requests.</param>
    public static async Task CollectAsync(ClusterApi cluster, string uid, IEnumerable<string> collections, CancellationToken cancel)
    {
        foreach (string collection in collections)
        {
            foreach (JsonObject item in await cluster.ListAsync(collection, cancel))
            {
                if (item["metadata"]!["ownerReferences"]?.AsArray().Any(owner => (string?)owner!["uid"] == uid) == true)
                    await cluster.DeleteAsync($"{collection}/{(string)item["metadata"]!["name"]!}", cancel: cancel);
            }
        }
    }

    /// <param name="collection">Path of the collection, with the namespace where there is one.</param>
    /// <param name="item">What it should be, with a name.</param>
    /// <param name="wanted">False to have it deleted.</param>
    /// <returns>Whether something was written.</returns>
    public async Task<bool> EnsureAsync(string collection, JsonObject item, bool wanted = true)
    {
        string path = $"{collection}/{(string)item["metadata"]!["name"]!}";
        JsonObject? live = await api.FindAsync(path, cancel);
        if (!wanted)
        {
            if (live is not null)
                await api.DeleteAsync(path, cancel: cancel);
            return live is not null;
        }
        string digest = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(item.ToJsonString())));
        if (Json.Text(live, "metadata", "annotations", LastApplied) == digest)
            return false;
        var desired = (JsonObject)item.DeepClone();
        Json.Ensure(desired, "metadata", "annotations")[LastApplied] = digest;
        if (owner is not null)
            desired["metadata"]!["ownerReferences"] = new JsonArray(owner.DeepClone());
        if (live is null)
            await api.PostAsync(collection, desired, manager, cancel);
        else
            await api.PatchAsync(path, desired, manager, cancel);
        return true;
    }
}
