using IstioAdmin.Commands;
using IstioAdmin.Core;
using IstioAdmin.Core.Cni;
using IstioAdmin.Core.Health;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.Repair;
using IstioAdmin.Core.Redirection.Sources;
using IstioAdmin.Core.Redirection.Verdicts;

namespace IstioAdmin;

/// <summary>What the cmdlets that repair and check ask others: whether pods are redirected, and whether a node's CNI is whole.</summary>
internal static class RedirectionTesting
{
    /// <summary>Tests pods of a cluster, with rules that are read as <paramref name="how"/> says.</summary>
    public static RedirectionTester Tester(MeshCluster cluster, RulesReadOptions how, IReporter reporter) => async (pods, cancel) =>
    {
        var tested = new Dictionary<MeshPod, BrokenPod>(ReferenceEqualityComparer.Instance);
        await foreach (PodRedirection result in PodRedirections.TestAsync(cluster, PodStream.Of(pods), how, reporter, cancel))
        {
            // A pod that was deleted meanwhile has nothing to tell.
            if (!result.Findings.Any(finding => finding.Name == "PodGone"))
                tested[result.Pod] = new BrokenPod(result.Pod, result.Verdict, result.Findings);
        }
        return [.. pods.Where(tested.ContainsKey).Select(pod => tested[pod])];
    };

    /// <summary>Checks the CNI of a cluster's nodes.</summary>
    public static NodeChecks NodeChecks(MeshCluster cluster, IReporter reporter) => async (node, cancel) =>
    {
        List<MeshCheck> checks = [];
        await foreach (MeshCheck check in new IstioCniTest(cluster, reporter) { WithPods = false }.RunAsync(node.Equals, cancel))
            checks.Add(check);
        return checks;
    };
}
