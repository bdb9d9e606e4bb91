using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Changes;
using IstioAdmin.Core.Kube.Listing;
using IstioAdmin.Core.Workloads;

namespace IstioAdmin.Core.Operators;

/// <summary>Removes the resources of meshes while their operator still runs, so that it cleans up after them.</summary>
internal sealed class MeshRemoval
{
    /// <summary>How long a resource may take to go when there is no operator to wait for.</summary>
    private static readonly TimeSpan WithoutOperator = TimeSpan.FromSeconds(5);

    private readonly KubeClient _client;
    private readonly OperatorRemovalOptions _options;
    private readonly bool _hasOperator;
    private readonly IReporter _reporter;

    /// <param name="client">The cluster.</param>
    /// <param name="options">How long to wait, and what to do then.</param>
    /// <param name="hasOperator">Whether there is an operator that can finish the deletion.</param>
    /// <param name="reporter">Told about progress, and warned of finalizers that are taken off.</param>
    public MeshRemoval(KubeClient client, OperatorRemovalOptions options, bool hasOperator, IReporter reporter)
    {
        _client = client;
        _options = options;
        _hasOperator = hasOperator;
        _reporter = reporter;
    }

    /// <summary>The step that removes one resource and waits until it is gone.</summary>
    public ChangeStep Step(KubeResource resource, JsonObject item) =>
        OperatorRemover.Remove(resource, item) with { Perform = cancel => RemoveAsync(resource, item, cancel) };

    private async Task<ChangeOutcome> RemoveAsync(KubeResource resource, JsonObject item, CancellationToken cancel)
    {
        string? ns = item.Metadata("namespace");
        string name = item.Metadata("name")!;
        string target = ns is null ? $"{resource.Kind} {name}" : $"{resource.Kind} {ns}/{name}";
        await _client.DeleteAsync(resource, ns, name, new DeleteOptions(Uid: item.Metadata("uid")), cancel).ConfigureAwait(false);
        TimeSpan patience = _hasOperator ? _options.MeshTimeout : WithoutOperator;
        JsonObject? left = item;
        bool gone = await Polling.UntilAsync(async token =>
        {
            left = await _client.GetAsync(resource, ns, name, token).ConfigureAwait(false);
            if (left?.Metadata("uid") != item.Metadata("uid"))
                left = null;
            if (left is not null)
                _reporter.Progress($"Removing {target}", "waiting until its operator has cleaned up");
            return left is null;
        }, patience, cancel).ConfigureAwait(false);
        if (gone)
            return ChangeOutcome.Removed;
        string[] finalizers = [.. (left!["metadata"]?["finalizers"] as JsonArray ?? []).Select(finalizer => (string?)finalizer).OfType<string>()];
        string[] own = [.. finalizers.Where(IsOwn)];
        if (!_options.ReleaseFinalizers || own.Length == 0)
        {
            throw new MeshException("MeshStuck", FailureKind.Timeout,
                $"{_client.Endpoint.Server}: {target} was still there {patience.TotalSeconds:0.#} s after its deletion"
                + (finalizers.Length == 0 ? "." : $", held by the finalizer{(finalizers.Length > 1 ? "s" : "")} {string.Join(", ", finalizers)}."),
                own.Length == 0
                    ? "Another controller's finalizer holds it; look there."
                    : $"{(_hasOperator ? "See the operator's log for what it waits for. " : "There is no operator that could remove it. ")}"
                    + "-ReleaseFinalizer takes the operator's finalizers off; then the operator does not clean up, and Uninstall-IstioOperator removes what it knows of.", target);
        }
        _reporter.Warn($"{target} does not go by itself; its finalizer {string.Join(", ", own)} is taken off. What the operator would have cleaned up may stay.");
        await _client.MergePatchAsync(resource, ns, name, new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["uid"] = item.Metadata("uid"),
                ["resourceVersion"] = left.Metadata("resourceVersion"),
                ["finalizers"] = new JsonArray([.. finalizers.Except(own).Select(finalizer => (JsonNode)finalizer)]),
            },
        }, cancel).ConfigureAwait(false);
        return ChangeOutcome.Removed;
    }

    // istio-operator.finalizer.banzaicloud.io, istio-controlplane.servicemesh.cisco.com, sailoperator.io/sail-operator.
    private static bool IsOwn(string finalizer) =>
        finalizer.EndsWith(".banzaicloud.io", StringComparison.Ordinal)
        || finalizer.EndsWith(".servicemesh.cisco.com", StringComparison.Ordinal)
        || finalizer.StartsWith("sailoperator.io/", StringComparison.Ordinal);
}
