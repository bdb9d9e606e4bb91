using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Exec;

namespace IstioAdmin.Core.Cni;

/// <summary>Reads a node's files through its CNI agent, which has the directories of CNI mounted.</summary>
internal sealed class AgentNodeFiles : INodeFiles
{
    private readonly KubeClient _client;
    private readonly IReadOnlyDictionary<string, CniAgent> _agents;

    /// <param name="client">The client.</param>
    /// <param name="agents">The agents by the names of their nodes.</param>
    public AgentNodeFiles(KubeClient client, IReadOnlyDictionary<string, CniAgent> agents)
    {
        _client = client;
        _agents = agents;
    }

    public async Task<IReadOnlyList<NodeDirectory>> ReadAsync(string node, IReadOnlyList<string> directories, CancellationToken cancel)
    {
        if (!_agents.TryGetValue(node, out CniAgent? agent))
        {
            throw new MeshException("CniAgentNotFound", FailureKind.NotFound, $"{_client.Endpoint.Server}: there is no CNI agent on node {node} to read its files through.",
                "See why the agent is not there first.", node);
        }
        (string Host, string? Inside)[] asked = [.. directories.Select(host => (host, agent.Mounts.Inside(host)))];
        string[] seen = [.. asked.Where(path => path.Inside is not null).Select(path => path.Host)];
        var target = new PodContainer(agent.Namespace, agent.Name, agent.Mounts.Container);
        ExecResult result = await _client.ExecAsync(target, NodeFileScript.Command(asked.Select(path => path.Inside).OfType<string>()), cancel).ConfigureAwait(false);
        Queue<NodeDirectory> read;
        try
        {
            read = new(NodeFileScript.Read(result.Output.Span, seen));
        }
        catch (FormatException e)
        {
            throw new MeshException("NodeFilesInvalid", FailureKind.InvalidResponse,
                $"{_client.Endpoint.Server}: what agent {target} printed about node {node} cannot be read: {e.Message}{(result.ErrorText.Trim() is { Length: > 0 } error ? $" ({error})" : "")}.",
                "Try again; if it stays so, look at the directories on the node itself.", node, e);
        }
        return [.. asked.Select(path => path.Inside is null ? new NodeDirectory(path.Host, [], "is not mounted by the agent") : read.Dequeue())];
    }
}
