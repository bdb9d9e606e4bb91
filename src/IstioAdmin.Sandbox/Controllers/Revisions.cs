using System.Net;
using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Controllers;

/// <summary>The ControllerRevisions of DaemonSets and StatefulSets: the templates that they have had (<c>pkg/controller/history</c>).</summary>
/// <param name="context">The cluster.</param>
/// <param name="component">The controller.</param>
/// <param name="kind">The kind of the owners.</param>
internal sealed class Revisions(ControllerContext context, string component, string kind)
{
    /// <summary>The collection.</summary>
    public const string Path = "apis/apps/v1/controllerrevisions";

    /// <summary>The label with the hash, of revisions by which a pod is told.</summary>
    public const string HashLabel = "controller-revision-hash";

    private readonly Informer _revisions = context.Informers.Of(Path);

    /// <summary>The revisions of an owner, the oldest first.</summary>
    public IReadOnlyList<JsonObject> Of(JsonObject owner) =>
        [.. _revisions.By(Informers.ByController, Meta.Uid(owner)).OrderBy(revision => Meta.Long(revision, "revision") ?? 0)];

    /// <summary>The hash by which a revision's pods are told.</summary>
    public static string HashOf(JsonObject revision) => Meta.Label(revision, HashLabel) ?? "";

    /// <summary>The revision of the owner's template as it is now; made when there is none, made the newest when it was an older one.</summary>
    public async Task<JsonObject> CurrentAsync(JsonObject owner, CancellationToken cancel)
    {
        JsonObject template = Json.At(owner, "spec", "template")!.DeepClone().AsObject();
        template["$patch"] = "replace";
        var data = new JsonObject { ["spec"] = new JsonObject { ["template"] = template } };
        IReadOnlyList<JsonObject> known = Of(owner);
        long newest = known.Count == 0 ? 0 : Meta.Long(known[^1], "revision") ?? 0;
        if (known.LastOrDefault(revision => JsonNode.DeepEquals(revision["data"], data)) is { } found)
        {
            return (Meta.Long(found, "revision") ?? 0) == newest
                ? found
                : _revisions.Observe(await context.Api.PatchAsync(Meta.PathOf(Path, found), new JsonObject { ["revision"] = newest + 1 }, component, cancel).ConfigureAwait(false));
        }
        int collisions = Meta.Int(owner, "status", "collisionCount") ?? 0;
        string hash = TemplateHash.Of(Json.At(owner, "spec", "template")!, collisions);
        var labels = (JsonObject?)Json.At(owner, "spec", "template", "metadata", "labels")?.DeepClone() ?? [];
        labels[HashLabel] = hash;
        string name = $"{Meta.Name(owner)}-{hash}";
        try
        {
            return _revisions.Observe(await context.Api.PostAsync(Meta.Collection(Path, Meta.Namespace(owner)), new JsonObject
            {
                ["apiVersion"] = "apps/v1",
                ["kind"] = "ControllerRevision",
                ["metadata"] = new JsonObject
                {
                    ["name"] = name,
                    ["labels"] = labels,
                    ["ownerReferences"] = new JsonArray(Meta.OwnerReference("apps/v1", kind, owner)),
                },
                ["data"] = data,
                ["revision"] = newest + 1,
            }, component, cancel).ConfigureAwait(false));
        }
        catch (ClusterApiException e) when (e.Status == HttpStatusCode.Conflict && e.Reason == "AlreadyExists")
        {
            return _revisions.Observe(await context.Api.GetAsync(Meta.PathOf(Path, Meta.Namespace(owner), name), cancel).ConfigureAwait(false));
        }
    }

    /// <summary>Deletes the oldest revisions beyond the limit that no pod is of.</summary>
    public async Task TrimAsync(JsonObject owner, IReadOnlySet<string> hashesInUse, CancellationToken cancel)
    {
        int limit = Meta.Int(owner, "spec", "revisionHistoryLimit") ?? 10;
        JsonObject[] unused = [.. Of(owner).Where(revision => !hashesInUse.Contains(HashOf(revision)))];
        foreach (JsonObject revision in unused.Take(Math.Max(0, unused.Length - limit)))
            await context.Api.DeleteAsync(Meta.PathOf(Path, revision), null, Meta.Uid(revision), "Background", cancel).ConfigureAwait(false);
    }
}
