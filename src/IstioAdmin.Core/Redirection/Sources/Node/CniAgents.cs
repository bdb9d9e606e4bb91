using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Listing;

namespace IstioAdmin.Core.Redirection.Sources.Node;

/// <summary>The pods of Istio's CNI agent, by node.</summary>
internal sealed class CniAgents
{
    /// <summary>The label that the agent's pods have carried since the first generation (istio/cni release-1.1, istio/istio: the chart's daemonset).</summary>
    private const string Selector = "k8s-app=istio-cni-node";

    private readonly ILookup<string, CniAgent> _byNode;

    private CniAgents(IEnumerable<CniAgent> agents)
    {
        _byNode = agents.ToLookup(agent => agent.Node, StringComparer.Ordinal);
        Namespace = _byNode.SelectMany(agents => agents).Select(agent => agent.Container.Namespace).FirstOrDefault();
    }

    /// <summary>A namespace where agents run; null when there are none.</summary>
    public string? Namespace { get; }

    /// <summary>Why they could not be listed; null when they were.</summary>
    public MeshException? Failure { get; private init; }

    /// <summary>The ready agents of a node.</summary>
    public IEnumerable<CniAgent> On(string node) => _byNode[node];

    /// <summary>Lists them, in every namespace.</summary>
    public static async Task<CniAgents> ListAsync(MeshCluster cluster, CancellationToken cancel)
    {
        var agents = new List<CniAgent>();
        try
        {
            await foreach (JsonObject pod in cluster.Client.ListObjectsAsync(KubeResource.Pods, new ListQuery(LabelSelector: Selector), cancel).ConfigureAwait(false))
            {
                if (Read(pod) is { } agent)
                    agents.Add(agent);
            }
            return new CniAgents(agents);
        }
        catch (MeshException e)
        {
            return new CniAgents(agents) { Failure = e };
        }
    }

    private static CniAgent? Read(JsonObject pod)
    {
        bool ready = pod["status"]?["conditions"] is JsonArray conditions
            && conditions.OfType<JsonObject>().Any(condition => (string?)condition["type"] == "Ready" && (string?)condition["status"] == "True");
        if (!ready || pod["spec"] is not JsonObject spec || (string?)spec["nodeName"] is not { Length: > 0 } node || pod["spec"]?["containers"] is not JsonArray containers)
            return null;
        string[] names = [.. containers.OfType<JsonObject>().Select(container => (string?)container["name"]).OfType<string>()];
        string? name = names.Contains("install-cni") ? "install-cni" : names.FirstOrDefault();
        return new CniAgent(node, new PodContainer(pod.Metadata("namespace") ?? "", pod.Metadata("name") ?? "", name), (bool?)spec["hostNetwork"] == true);
    }
}

/// <summary>An agent's container.</summary>
/// <param name="Node">The node it runs on.</param>
/// <param name="Container">Where to run commands.</param>
/// <param name="HostNetwork">Whether it is in the node's network namespace.</param>
internal sealed record CniAgent(string Node, PodContainer Container, bool HostNetwork);
