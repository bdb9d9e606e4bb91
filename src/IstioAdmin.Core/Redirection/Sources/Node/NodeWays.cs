using IstioAdmin.Core.Kube;

namespace IstioAdmin.Core.Redirection.Sources.Node;

/// <summary>The ways to run something on a node, the cheapest first: each of its CNI agents, then an inspector pod.</summary>
internal sealed class NodeWays
{
    private readonly MeshCluster _cluster;
    private readonly RulesReadOptions _options;
    private readonly CniAgents _agents;
    private readonly InspectorPods _inspectors;
    private readonly Refusals _refusals = new();

    public NodeWays(MeshCluster cluster, RulesReadOptions options, IReporter reporter, CniAgents agents)
    {
        _cluster = cluster;
        _options = options;
        _agents = agents;
        // Time for its start, for two readings, and some to spare.
        _inspectors = new InspectorPods(cluster.Client, options.InspectorNamespace ?? agents.Namespace ?? "kube-system", (3 * options.Timeout) + TimeSpan.FromMinutes(1), _refusals, reporter);
    }

    /// <summary>Those of a node; each is opened when it is wanted.</summary>
    public IEnumerable<Func<INodeWay>> On(string node)
    {
        foreach (CniAgent agent in _agents.On(node))
            yield return () => new AgentWay(_cluster, agent, _refusals);
        yield return () => new InspectorWay(_cluster, node, _inspectors, cancel => InspectorImage.FindAsync(_cluster, _options, node, cancel), _refusals, _options.Timeout);
    }
}
