using System.Runtime.CompilerServices;
using IstioAdmin.Core;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Commands;

/// <summary>Finds the pods that somebody named at the prompt.</summary>
internal sealed class PodLookup
{
    private readonly NamePattern[] _names;
    private readonly NamePattern[] _namespaces;
    private readonly PodSelection _selection;

    /// <summary>Prepares a look-up.</summary>
    /// <param name="names">Names of pods, with wildcards; all when there are none.</param>
    /// <param name="namespaces">Namespaces, with wildcards; all when there are none.</param>
    /// <param name="selection">What else narrows it.</param>
    /// <exception cref="MeshException">A pattern cannot be read.</exception>
    public PodLookup(IEnumerable<string> names, IEnumerable<string> namespaces, PodSelection selection)
    {
        _names = [.. names.Select(NamePattern.Parse)];
        _namespaces = [.. namespaces.Select(NamePattern.Parse)];
        _selection = selection with { NameFilter = AnyOf(_names) };
    }

    /// <summary>Lists the pods of a cluster.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="reporter">Hears what could not be checked.</param>
    /// <param name="notFound">Hears of each name without wildcards that no pod has.</param>
    /// <param name="cancel">Ends the listing.</param>
    public async IAsyncEnumerable<MeshPod> ListAsync(MeshCluster cluster, IReporter reporter, Action<MeshException> notFound, [EnumeratorCancellation] CancellationToken cancel)
    {
        var missing = _names.Where(n => !n.HasWildcards).Select(n => n.Text).ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (PodSelection selection in Selections())
        {
            await foreach (MeshPod pod in MeshPods.ListAsync(cluster, selection, reporter, cancel))
            {
                missing.Remove(pod.Name);
                yield return pod;
            }
        }
        foreach (string name in missing)
            notFound(NoSuchPod(cluster, name));
    }

    /// <summary>Namespaces that are named exactly are left to the server; a pattern among them means reading all and choosing here.</summary>
    private IEnumerable<PodSelection> Selections()
    {
        if (_namespaces.Length == 0)
            return [_selection];
        if (_namespaces.Any(n => n.HasWildcards))
            return [_selection with { NamespaceFilter = AnyOf(_namespaces) }];
        // Names of Kubernetes objects are lower case; the prompt is not that strict.
        return _namespaces.Select(n => n.Text.ToLowerInvariant()).Distinct().Select(n => _selection with { Namespace = n });
    }

    private static Func<string, bool>? AnyOf(NamePattern[] patterns) =>
        patterns.Length == 0 ? null : name => Array.Exists(patterns, p => p.IsMatch(name));

    private MeshException NoSuchPod(MeshCluster cluster, string name)
    {
        string where = _namespaces.Length == 0 ? "any namespace" : $"namespace {string.Join(", ", _namespaces.Select(n => n.Text))}";
        return new MeshException("PodNotFound", FailureKind.NotFound, $"{cluster.Server}: there is no pod '{name}' in {where} of cluster '{cluster.Name}' that meets the conditions.",
            "List what is there with Get-MeshPod, or use wildcards.", name);
    }
}
