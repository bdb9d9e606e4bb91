using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube.Listing;

namespace IstioAdmin.Core.Kube.Applying;

/// <summary>Changes some fields of an object with server-side apply, and keeps whatever else was applied before.</summary>
public static class KubeAmend
{
    /// <summary>Applies fields on top of those that this library has applied to the object earlier.</summary>
    /// <param name="client">The client.</param>
    /// <param name="resource">The object's kind.</param>
    /// <param name="live">The object as it is, with its managed fields.</param>
    /// <param name="fields">What is to change, from the object's root; lists are replaced, maps merged.</param>
    /// <param name="options">How to apply.</param>
    /// <param name="controllers">
    /// Managers whose ownership is no obstacle: a controller that wrote its defaults into the object, and keeps what others set. Those that
    /// keep the object's status are among them anyway.
    /// </param>
    /// <param name="cancel">Cancels the request.</param>
    /// <exception cref="ApplyConflictException">Managers that are no controllers of the object own some of the fields.</exception>
    /// <exception cref="MeshException">As <see cref="KubeClient.SendAsync"/>.</exception>
    public static async Task<AppliedObject> AmendAsync(
        this KubeClient client, KubeResource resource, JsonObject live, JsonObject fields, ApplyOptions options, IReadOnlyCollection<string> controllers, CancellationToken cancel)
    {
        JsonObject manifest = OwnedFields.Of(live, KubeApply.FieldManager);
        Overlay(manifest, fields);
        var metadata = manifest["metadata"] as JsonObject ?? [];
        manifest["metadata"] = metadata.Parent is null ? metadata : metadata.DeepClone();
        manifest["metadata"]!["name"] = live.Metadata("name");
        if (resource.Namespaced)
            manifest["metadata"]!["namespace"] = live.Metadata("namespace");
        manifest.Remove("status");
        try
        {
            return await client.ApplyAsync(resource, manifest, options, cancel).ConfigureAwait(false);
        }
        catch (ApplyConflictException e) when (!options.Force && AreOf(e.Conflicts, controllers, live))
        {
            return await client.ApplyAsync(resource, manifest, options with { Force = true }, cancel).ConfigureAwait(false);
        }
    }

    private static bool AreOf(IReadOnlyList<FieldConflict> conflicts, IReadOnlyCollection<string> controllers, JsonObject live)
    {
        string[] managers = [.. controllers, .. OwnedFields.StatusManagers(live)];
        return conflicts.All(conflict => managers.Contains(conflict.Manager));
    }

    private static void Overlay(JsonObject below, JsonObject above)
    {
        foreach ((string name, JsonNode? value) in above)
        {
            if (value is JsonObject inner && below[name] is JsonObject existing)
                Overlay(existing, inner);
            else
                below[name] = value?.DeepClone();
        }
    }
}
