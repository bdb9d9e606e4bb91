using IstioAdmin.Core;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh.Ingress;

namespace IstioAdmin.Commands;

/// <summary>Finds ingress gateways by names and namespaces, with wildcards.</summary>
internal sealed class IngressLookup(string[]? names, string[]? namespaces)
{
    private readonly NamePattern[]? _names = names?.Select(NamePattern.Parse).ToArray();
    private readonly NamePattern[]? _namespaces = namespaces?.Select(NamePattern.Parse).ToArray();

    public Task<IReadOnlyList<MeshIngress>> ListAsync(MeshCluster cluster, IReporter reporter, CancellationToken cancel) =>
        MeshIngresses.ListAsync(
            cluster,
            // One namespace is all that whoever has a role in it may read.
            _namespaces is [{ HasWildcards: false } only] ? only.Text : null,
            (ns, name) => Matches(_namespaces, ns) && Matches(_names, name),
            reporter, cancel);

    /// <summary>The names without wildcards that nothing was found for.</summary>
    public IEnumerable<NamePattern> Missing(IReadOnlyList<MeshIngress> found) =>
        (_names ?? []).Where(name => !name.HasWildcards && !found.Any(ingress => name.IsMatch(ingress.Name)));

    public static MeshException NotFound(MeshCluster cluster, string? name, string[]? namespaces) => new(
        "IngressNotFound", FailureKind.NotFound,
        $"{cluster.Server} has no ingress gateway{(name is null ? "" : $" '{name}'")}{(namespaces is null ? "" : $" in namespace {string.Join(", ", namespaces)}")}.",
        name is null
            ? "Set-IstioMesh -IngressType LoadBalancer (or NodePort, ClusterIP) lets the mesh's operator make one; of Sail, install the chart 'gateway' of Istio."
            : "Get-IstioIngress without a name shows what there is.",
        name);

    private static bool Matches(NamePattern[]? patterns, string text) => patterns is null || Array.Exists(patterns, pattern => pattern.IsMatch(text));
}
