using IstioAdmin.Core.Redirection;

namespace IstioAdmin.Core.Mesh.Reading;

/// <summary>What the cluster's Istio installations contribute to judging a pod: whose release, and which namespaces the plugin leaves alone.</summary>
internal sealed class MeshContext
{
    private readonly IReadOnlyList<IstioInstallation> _installations;
    private readonly IReadOnlyList<string>? _excluded;
    private readonly Dictionary<(string? Version, string? Revision), RedirectionContext> _known = [];

    public MeshContext(IReadOnlyList<IstioInstallation> installations)
    {
        _installations = installations;
        // A node has one chain of plugins, so what any installation says about it holds for the cluster.
        IstioInstallation[] withCni = installations.Where(i => i.CniEnabled == true || i.CniExcludedNamespaces.Count > 0).ToArray();
        _excluded = withCni.Length == 0 ? null : withCni.SelectMany(i => i.CniExcludedNamespaces).Distinct().ToArray();
    }

    /// <summary>The context for a pod with this proxy version and this revision label, each null where the pod has none.</summary>
    public RedirectionContext For(string? version, string? revision)
    {
        if (_known.TryGetValue((version, revision), out RedirectionContext? known))
            return known;
        if (_known.Count == 256)
            _known.Clear();
        return _known[(version, revision)] = new(Release(version) ?? Release(VersionOf(revision)), _excluded);
    }

    /// <summary>The version of the pod's own revision, or of the default one, or of the newest installation.</summary>
    private string? VersionOf(string? revision) =>
        (_installations.FirstOrDefault(i => revision is not null && i.Revision == revision && i.Version is not null)
            ?? _installations.FirstOrDefault(i => i is { Revision: null or "default", Version: not null })
            ?? _installations.Where(i => i.Version is not null).MaxBy(i => Release(i.Version)))?.Version;

    private static IstioRelease? Release(string? version) => IstioRelease.TryParse(version, out IstioRelease release) ? release : null;
}
