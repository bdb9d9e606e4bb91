using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Core.Kube.Detection;

/// <summary>What detection found.</summary>
internal sealed record DetectedCluster(ClusterProvider Provider, IReadOnlyList<IstioInstallation> Istio);
