using System.Runtime.CompilerServices;
using IstioAdmin.Core.Cni;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Workloads;

namespace IstioAdmin.Core.Health;

/// <summary>Checks the DaemonSets of the CNI plugin.</summary>
internal sealed class CniAgentChecks
{
    private readonly MeshCluster _cluster;

    public CniAgentChecks(MeshCluster cluster) => _cluster = cluster;

    public async IAsyncEnumerable<MeshCheck> MakeAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        CheckDefinition check = HealthChecks.AgentsReady;
        CniDaemonSet[] sets = await CniDaemonSet.FindAsync(_cluster.Client, cancel).ConfigureAwait(false);
        if (sets.Length == 0)
        {
            yield return _cluster.Istio.Any(istio => istio.CniEnabled == true)
                ? check.Fail(_cluster.Name, null, "The mesh is set to use the CNI plugin, but there is no DaemonSet of its agents: pods start without rules.", "Install the CNI plugin, or turn it off in the mesh.")
                : check.Skip(_cluster.Name, null, "The CNI plugin is not installed; pods redirect themselves with istio-init.");
            yield break;
        }
        foreach (CniDaemonSet set in sets)
        {
            Rollout rollout = Rollout.Of(set.Set);
            string name = $"{set.Set.Metadata.NamespaceProperty}/{set.Set.Metadata.Name}";
            int ready = set.Set.Status?.NumberReady ?? 0;
            string message = $"{ready} of {rollout.Desired} agents are ready";
            string[] late = [.. set.Agents.Where(agent => agent.ReadySince is null).Select(agent => agent.Pod.Spec.NodeName)];
            if (late.Length > 0)
                message += $"; not on {Names.List(late)}";
            yield return ready >= rollout.Desired && rollout.Desired > 0
                ? check.Pass(_cluster.Name, name, $"{message}.")
                : check.Fail(_cluster.Name, name, rollout.Desired == 0 ? "It is meant for no node." : $"{message}.", "Test-IstioCni tells node by node what is wrong.");
        }
    }
}
