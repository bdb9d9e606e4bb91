using IstioAdmin.Core.Kube;

namespace IstioAdmin.Core.Redirection.Sources.Node;

/// <summary>Through the node's CNI agent.</summary>
internal sealed class AgentWay(MeshCluster cluster, CniAgent agent, Refusals refusals) : INodeWay
{
    public NodeReader Reader { get; } = new(
        RulesSource.Node,
        $"agent {agent.Container.Namespace}/{agent.Container.Pod} on node {agent.Node}",
        ["list pods", $"create and get pods/exec in {agent.Container.Namespace}"],
        agent.HostNetwork);

    public Task<INodeShell> OpenAsync(CancellationToken cancel) =>
        refusals.RememberAsync($"exec {agent.Container.Namespace}", () => ExecShell.OpenAsync(cluster.Client, agent.Container, cancel));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
