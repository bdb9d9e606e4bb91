using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Changes;
using IstioAdmin.Core.Kube.Listing;
using IstioAdmin.Core.Operators.Manifests;

namespace IstioAdmin.Core.Operators;

/// <summary>
/// What an operator leaves behind. Only objects that are surely the operator's count: those that name one of its resources as their owner (which the
/// garbage collector of Kubernetes 1.20 and newer leaves alone where the owner has a namespace and they have none), those that it makes for itself
/// under a known name, and the labels with which it marks namespaces.
/// </summary>
internal sealed class Leftovers
{
    /// <summary>The mesh-wide policy of Istio 1.1 to 1.5, which makes every service ask for mutual TLS as long as it is there.</summary>
    private static readonly KubeResource MeshPolicies = new("authentication.istio.io", "v1alpha1", "meshpolicies", "MeshPolicy", false);

    // Webhooks first: one that fails closed keeps pods from being made as long as it is there.
    private static readonly KubeResource[] ClusterScoped =
        [KubeResource.MutatingWebhooks, KubeResource.ValidatingWebhooks, MeshPolicies, KubeResource.ClusterRoleBindings, KubeResource.ClusterRoles];

    private readonly KubeClient _client;
    private readonly MeshOperator _kind;
    private readonly string _namespace;

    /// <param name="client">The cluster.</param>
    /// <param name="kind">The operator.</param>
    /// <param name="ns">Its namespace.</param>
    public Leftovers(KubeClient client, MeshOperator kind, string ns)
    {
        _client = client;
        _kind = kind;
        _namespace = ns;
    }

    /// <summary>The steps that remove them, without definitions.</summary>
    /// <exception cref="MeshException">One of the kinds could not be listed.</exception>
    public async Task<IReadOnlyList<ChangeStep>> StepsAsync(CancellationToken cancel)
    {
        List<ChangeStep> steps = [];
        foreach (KubeResource newest in ClusterScoped)
        {
            KubeResource resource = await _client.ServedAsync(newest, cancel).ConfigureAwait(false);
            steps.AddRange((await OwnedAsync(resource, cancel).ConfigureAwait(false)).Select(item => OperatorRemover.Remove(resource, item)));
        }
        foreach (OwnObject own in _kind.Package.OwnObjects)
        {
            KubeResource resource = await _client.ServedAsync(own.Resource, cancel).ConfigureAwait(false);
            JsonObject? found = await _client.GetAsync(resource, resource.Namespaced ? _namespace : null, own.Name, cancel).ConfigureAwait(false);
            if (found is not null && (own.Sign is null || found.ToJsonString().Contains(own.Sign, StringComparison.Ordinal)))
                steps.Add(OperatorRemover.Remove(resource, found));
        }
        if (_kind.Package.Mark is { } mark)
            steps.AddRange(await MarkedNamespacesAsync(mark, cancel).ConfigureAwait(false));
        return steps;
    }

    /// <summary>The steps that remove the definitions of the operator's resources, and of Istio's where the operator made them.</summary>
    /// <exception cref="MeshException">Definitions could not be listed.</exception>
    public async Task<IReadOnlyList<ChangeStep>> DefinitionStepsAsync(CancellationToken cancel)
    {
        KubeResource definitions = await ResourceDefinition.ServedAsync(_client, cancel).ConfigureAwait(false);
        List<ChangeStep> steps = [];
        await foreach (JsonObject item in _client.ListObjectsAsync(definitions, new ListQuery(PageSize: 50), cancel).ConfigureAwait(false))
        {
            if (IsOwned(item) || (string?)item["spec"]?["group"] == _kind.Mesh.Group)
                steps.Add(OperatorRemover.Remove(definitions, item));
        }
        // Istio's before the operator's own, which their owner references name.
        return [.. steps.OrderBy(step => step.Name.EndsWith($".{_kind.Mesh.Group}", StringComparison.Ordinal))];
    }

    private async Task<IEnumerable<JsonObject>> OwnedAsync(KubeResource resource, CancellationToken cancel) =>
        (await ServedObjects.ListAsync(_client, resource, cancel).ConfigureAwait(false)).Where(IsOwned);

    private bool IsOwned(JsonObject item) => (item["metadata"]?["ownerReferences"] as JsonArray ?? [])
        .Any(owner => ((string?)owner?["apiVersion"])?.StartsWith($"{_kind.Mesh.Group}/", StringComparison.Ordinal) == true);

    private async Task<IReadOnlyList<ChangeStep>> MarkedNamespacesAsync(NamespaceMark mark, CancellationToken cancel)
    {
        List<ChangeStep> steps = [];
        await foreach (JsonObject ns in _client.ListObjectsAsync(KubeResource.Namespaces, new ListQuery(LabelSelector: $"{mark.Label}={mark.Value}"), cancel).ConfigureAwait(false))
        {
            string name = ns.Metadata("name")!;
            steps.Add(new ChangeStep
            {
                Resource = KubeResource.Namespaces,
                Namespace = null,
                Name = name,
                Action = ChangeAction.Change,
                Perform = async token =>
                {
                    var labels = new JsonObject();
                    foreach (string label in mark.Removes)
                        labels[label] = null;
                    await _client.MergePatchAsync(KubeResource.Namespaces, null, name, new JsonObject { ["metadata"] = new JsonObject { ["labels"] = labels } }, token).ConfigureAwait(false);
                    return ChangeOutcome.Changed;
                },
            });
        }
        return steps;
    }
}
