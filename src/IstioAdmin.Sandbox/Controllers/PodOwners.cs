using System.Net;
using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Controllers;

/// <summary>A controller's pods: finds them, takes over those that nobody controls, gives up those that no longer fit, makes and deletes them.</summary>
/// <param name="context">The cluster.</param>
/// <param name="component">The controller's name.</param>
/// <param name="apiVersion">The version of the owning objects.</param>
/// <param name="kind">The kind of the owning objects.</param>
internal sealed class PodOwners(ControllerContext context, string component, string apiVersion, string kind)
{
    private const int AtOnce = 4;
    private readonly Informer _pods = Pods.Of(context.Informers);

    /// <summary>The pods of an object, with those that it takes over, without those that it gives up (<c>PodControllerRefManager</c>).</summary>
    public async Task<List<JsonObject>> ClaimAsync(JsonObject owner, LabelSelector selector, CancellationToken cancel)
    {
        var mine = new List<JsonObject>();
        foreach (JsonObject pod in _pods.By(Informers.ByController, Meta.Uid(owner)))
        {
            if (selector.Matches(Meta.Labels(pod)))
                mine.Add(pod);
            else if (!Meta.IsDeleting(owner))
                await ReleaseAsync(pod, owner, cancel).ConfigureAwait(false);
        }
        if (Meta.IsDeleting(owner))
            return mine;
        foreach (JsonObject pod in _pods.By(Pods.Orphans, Meta.Namespace(owner)!))
        {
            if (!Meta.IsDeleting(pod) && selector.Matches(Meta.Labels(pod)) && await AdoptAsync(pod, owner, cancel).ConfigureAwait(false) is { } adopted)
                mine.Add(adopted);
        }
        return mine;
    }

    /// <summary>Makes pods; the first alone, so that what is refused is refused once.</summary>
    /// <param name="owner">The owner.</param>
    /// <param name="count">How many.</param>
    /// <param name="make">Makes one, by its number.</param>
    /// <param name="cancel">Ends it.</param>
    /// <returns>What was made, and why the rest was not; null when all were.</returns>
    public async Task<(IReadOnlyList<JsonObject> Made, ClusterApiException? Failure)> CreateAsync(JsonObject owner, int count, Func<int, JsonObject> make, CancellationToken cancel)
    {
        var made = new List<JsonObject>();
        ClusterApiException? failure = null;
        if (count > 0)
            await OneAsync(0).ConfigureAwait(false);
        if (count > 1 && failure is null)
        {
            await Parallel.ForEachAsync(Enumerable.Range(1, count - 1), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancel }, async (number, _) =>
            {
                if (Volatile.Read(ref failure) is null)
                    await OneAsync(number).ConfigureAwait(false);
            }).ConfigureAwait(false);
        }
        return (made, failure);

        async Task OneAsync(int number)
        {
            try
            {
                JsonObject pod = await CreateAsync(owner, make(number), cancel).ConfigureAwait(false);
                lock (made)
                    made.Add(pod);
            }
            catch (ClusterApiException e)
            {
                Volatile.Write(ref failure, e);
            }
        }
    }

    /// <summary>Makes a pod, and says so, or why not (<c>RealPodControl</c>).</summary>
    /// <exception cref="ClusterApiException">It was refused.</exception>
    public async Task<JsonObject> CreateAsync(JsonObject owner, JsonObject pod, CancellationToken cancel)
    {
        try
        {
            JsonObject made = _pods.Observe(await context.Api.PostAsync(Meta.Collection(Pods.Path, Meta.Namespace(owner)), pod, component, cancel).ConfigureAwait(false));
            context.Events.Normal(owner, component, "SuccessfulCreate", $"Created pod: {Meta.Name(made)}");
            return made;
        }
        catch (ClusterApiException e) when (e.Status != HttpStatusCode.NotFound && !e.Message.Contains("because it is being terminated", StringComparison.Ordinal))
        {
            context.Events.Warning(owner, component, "FailedCreate", $"Error creating: {e.Message}");
            throw;
        }
    }

    /// <summary>Deletes a pod, and says so.</summary>
    public async Task DeleteAsync(JsonObject owner, JsonObject pod, CancellationToken cancel)
    {
        JsonObject? left = await context.Api.DeleteAsync(Meta.PathOf(Pods.Path, pod), null, Meta.Uid(pod), "Background", cancel).ConfigureAwait(false);
        if (left is not null && Meta.Uid(left).Length > 0)
            _pods.Observe(left);
        context.Events.Normal(owner, component, "SuccessfulDelete", $"Deleted pod: {Meta.Name(pod)}");
    }

    private async Task<JsonObject?> AdoptAsync(JsonObject pod, JsonObject owner, CancellationToken cancel)
    {
        var owners = new JsonArray([.. Meta.Owners(pod).Select(other => other.DeepClone()), Meta.OwnerReference(apiVersion, kind, owner)]);
        return await ChangeAsync(pod, owners, cancel).ConfigureAwait(false);
    }

    private async Task ReleaseAsync(JsonObject pod, JsonObject owner, CancellationToken cancel)
    {
        string uid = Meta.Uid(owner);
        await ChangeAsync(pod, new JsonArray([.. Meta.Owners(pod).Where(other => Json.Text(other, "uid") != uid).Select(other => other.DeepClone())]), cancel).ConfigureAwait(false);
    }

    private async Task<JsonObject?> ChangeAsync(JsonObject pod, JsonArray owners, CancellationToken cancel)
    {
        try
        {
            return _pods.Observe(await context.Api.PatchAsync(Meta.PathOf(Pods.Path, pod), new JsonObject
            {
                ["metadata"] = new JsonObject { ["uid"] = Meta.Uid(pod), ["ownerReferences"] = owners.Count == 0 ? null : owners },
            }, component, cancel).ConfigureAwait(false));
        }
        catch (ClusterApiException e) when (e.Status is HttpStatusCode.NotFound or HttpStatusCode.Conflict or HttpStatusCode.UnprocessableEntity)
        {
            // Gone, or another pod has its name by now.
            return null;
        }
    }
}
