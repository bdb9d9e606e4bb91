using IstioAdmin.Core;
using IstioAdmin.Core.Cni;
using IstioAdmin.Core.Health;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Redirection.Repair;

namespace IstioAdmin;

/// <summary>What the cmdlets that repair and check ask others: whether pods are redirected, and whether a node's CNI is whole.</summary>
internal static class RedirectionTesting
{
    /// <summary>Tests pods of a cluster; null while there is nothing that could.</summary>
    public static RedirectionTester? Tester(MeshCluster cluster, IReporter reporter) => null;

    /// <summary>Checks the CNI of a cluster's nodes.</summary>
    public static NodeChecks NodeChecks(MeshCluster cluster, IReporter reporter) => async (node, cancel) =>
    {
        List<MeshCheck> checks = [];
        await foreach (MeshCheck check in new IstioCniTest(cluster, reporter) { WithPods = false }.RunAsync(node.Equals, cancel))
            checks.Add(check);
        return checks;
    };
}
