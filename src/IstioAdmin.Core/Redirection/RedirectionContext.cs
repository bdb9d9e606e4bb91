using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Core.Redirection;

/// <summary>What the cluster, not the pod, contributes to the decision.</summary>
/// <param name="Release">The release whose rules apply; null when it is not known, which stands for today's.</param>
/// <param name="ExcludedNamespaces">The CNI plugin's <c>exclude_namespaces</c>; null when its configuration is not known.</param>
public sealed record RedirectionContext(IstioRelease? Release = null, IReadOnlyList<string>? ExcludedNamespaces = null);
