using System.Text.Json;
using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Core.Kube.Detection;

/// <summary>
/// Finds out who provides a cluster and which Istio runs in it. A bare cluster costs four small requests, all at once: API groups, a few
/// nodes, control plane Deployments, CNI DaemonSets. Only where those find something are its details asked for, again all at once.
/// </summary>
internal static class ClusterDetection
{
    // Nodes of one cluster look alike; a mixed one shows within a few.
    private const int NodeSample = 5;

    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(10);

    /// <summary>The cluster with the Istio that runs in it now. What was found on connecting stays where nothing is found any more: what is missing is then missed.</summary>
    public static async Task<MeshCluster> RefreshAsync(MeshCluster cluster, IReporter reporter, CancellationToken cancel)
    {
        var probe = new Probe(cluster.Client, AnswerTime);
        try
        {
            IReadOnlyList<IstioInstallation> istio = await IstioAsync(probe, ApiGroups.ReadAsync(probe, cancel), cancel).ConfigureAwait(false);
            return new MeshCluster(cluster.Client) { Name = cluster.Name, Version = cluster.Version, Provider = cluster.Provider, Istio = istio.Count > 0 ? istio : cluster.Istio };
        }
        finally
        {
            probe.Report(reporter);
        }
    }

    public static async Task<DetectedCluster> DetectAsync(KubeClient client, string version, TimeSpan timeout, IReporter reporter, CancellationToken cancel)
    {
        var probe = new Probe(client, timeout);
        try
        {
            Task<ApiGroups?> groups = ApiGroups.ReadAsync(probe, cancel);
            Task<IReadOnlyList<JsonElement>?> nodes = probe.ListAsync(KubeResource.Nodes, $"limit={NodeSample}", cancel);
            Task<IReadOnlyList<IstioInstallation>> istio = IstioAsync(probe, groups, cancel);

            var evidence = new ClusterEvidence(version, await groups.ConfigureAwait(false), NodeEvidence.Of(await nodes.ConfigureAwait(false)));
            return new DetectedCluster(ProviderTable.Find(evidence), await istio.ConfigureAwait(false));
        }
        finally
        {
            probe.Report(reporter);
        }
    }

    private static async Task<IReadOnlyList<IstioInstallation>> IstioAsync(Probe probe, Task<ApiGroups?> groups, CancellationToken cancel)
    {
        Task<IReadOnlyList<ControlPlane>?> controlPlanes = ControlPlane.ReadAsync(probe, cancel);
        Task<IReadOnlyList<CniPlugin>?> plugins = CniPlugin.ReadAsync(probe, groups, cancel);
        Task<IReadOnlyList<OperatorObjects>> operators = OperatorObjects.ReadAsync(probe, groups, cancel);
        return IstioTable.Combine(
            await operators.ConfigureAwait(false),
            await controlPlanes.ConfigureAwait(false),
            await plugins.ConfigureAwait(false));
    }
}
