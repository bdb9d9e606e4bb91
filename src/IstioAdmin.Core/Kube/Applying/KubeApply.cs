using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube.Listing;
using Polly;
using Polly.Retry;

namespace IstioAdmin.Core.Kube.Applying;

/// <summary>Applies manifests: with server-side apply, and with patches of our own where the server is too old for it.</summary>
public static class KubeApply
{
    /// <summary>The name under which this library manages fields.</summary>
    public const string FieldManager = "istioadmin";

    /// <summary>How often an object may change between the look at it and the applying before the look is done without.</summary>
    private const int MostLooks = 5;

    private static readonly ResiliencePipeline Looking = new ResiliencePipelineBuilder()
        .AddRetry(new RetryStrategyOptions
        {
            MaxRetryAttempts = MostLooks,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = TimeSpan.FromMilliseconds(20),
            ShouldHandle = new PredicateBuilder().Handle<StaleObjectException>(),
        })
        .Build();

    /// <summary>
    /// Makes an object as a manifest says, and leaves alone what the manifest does not mention. To apply the same manifest twice changes
    /// nothing the second time.
    /// </summary>
    /// <param name="client">The client.</param>
    /// <param name="resource">The object's kind.</param>
    /// <param name="manifest">What the object should be; where it names no namespace, the context's default one is meant. Not modified.</param>
    /// <param name="options">How to apply.</param>
    /// <param name="cancel">Cancels the request.</param>
    /// <exception cref="ApplyConflictException">Other managers own some of the fields.</exception>
    /// <exception cref="MeshException">The manifest has no name, or as <see cref="KubeClient.SendAsync"/>.</exception>
    public static async Task<AppliedObject> ApplyAsync(
        this KubeClient client, KubeResource resource, JsonObject manifest, ApplyOptions options, CancellationToken cancel)
    {
        string name = manifest.Metadata("name") is { Length: > 0 } given ? given : throw new MeshException(
            "ManifestWithoutName", FailureKind.InvalidInput, $"The {resource.Kind} to apply has no metadata.name.", "Give it a name; apply does not generate one.", manifest);
        string? ns = resource.Namespaced ? manifest.Metadata("namespace") ?? client.Endpoint.Namespace : null;
        var patch = new ApplyPatch(client, resource, ns, name, manifest, options);
        var merge = new Lazy<MergeApply>(() => new MergeApply(client, resource, ns, name, manifest, options));
        int looks = 0;
        return await Looking.ExecuteAsync(
            async attempt =>
            {
                // PATCH tells created from existing, but not changed from unchanged: that takes a look before. A controller that writes
                // in between would pass for us, so the patch is bound to what has been seen; unless the object will not hold still.
                JsonObject? before = await client.GetAsync(resource, ns, name, attempt).ConfigureAwait(false);
                (JsonObject after, bool created) = await SendAsync(before, ++looks <= MostLooks, attempt).ConfigureAwait(false);
                ApplyOutcome outcome = created ? ApplyOutcome.Created
                    : before is not null && ObjectComparison.Same(before, after) ? ApplyOutcome.Unchanged
                    : ApplyOutcome.Changed;
                return new AppliedObject(resource, ns, name, outcome, after);
            },
            cancel).ConfigureAwait(false);

        async Task<(JsonObject Object, bool Created)> SendAsync(JsonObject? before, bool bound, CancellationToken attempt)
        {
            try
            {
                if (!client.LacksServerSideApply())
                    return await patch.SendAsync(before, bound, attempt).ConfigureAwait(false);
            }
            catch (ServerSideApplyMissingException)
            {
                client.RememberNoServerSideApply();
            }
            return await merge.Value.SendAsync(before, bound, attempt).ConfigureAwait(false);
        }
    }
}
