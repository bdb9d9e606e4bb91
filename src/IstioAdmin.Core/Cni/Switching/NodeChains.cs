using IstioAdmin.Core.Health;
using IstioAdmin.Core.Kube;

namespace IstioAdmin.Core.Cni.Switching;

/// <summary>Whether the nodes' CNI configurations call istio-cni, as far as they may be read.</summary>
/// <param name="Broken">Checks that failed.</param>
/// <param name="Unread">Checks of files that could not be made, one for each node.</param>
internal sealed record NodeChains(IReadOnlyList<MeshCheck> Broken, IReadOnlyList<MeshCheck> Unread)
{
    /// <summary>Looks at every node.</summary>
    /// <exception cref="MeshException">Nodes or agents could not be listed.</exception>
    public static async Task<NodeChains> ReadAsync(MeshCluster cluster, IReporter reporter, CancellationToken cancel)
    {
        List<MeshCheck> broken = [];
        List<MeshCheck> unread = [];
        await foreach (MeshCheck check in new IstioCniTest(cluster, reporter) { WithPods = false }.RunAsync(null, cancel).ConfigureAwait(false))
        {
            if (check.Status == CheckStatus.Fail)
                broken.Add(check);
            else if (check is { Status: CheckStatus.Skip, Name: "ConfigValid" })
                unread.Add(check);
        }
        return new NodeChains(broken, unread);
    }

    /// <summary>What is in the way; null when nothing is.</summary>
    public string? Obstacle => Broken.Count == 0 ? null : string.Join("; ", Broken.Take(3).Select(check => $"node {check.Target}: {check.Message}"));
}
