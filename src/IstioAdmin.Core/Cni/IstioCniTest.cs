using System.Runtime.CompilerServices;
using IstioAdmin.Core.Health;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Workloads;
using k8s;
using k8s.Models;

namespace IstioAdmin.Core.Cni;

/// <summary>Checks Istio's CNI plugin node by node: agent, chain, files, and pods that came before it.</summary>
public sealed class IstioCniTest
{
    /// <summary>Nodes that are read at a time: each is one exec through the API server.</summary>
    private const int Parallelism = 16;

    private static readonly TimeSpan ReadTimeout = TimeSpan.FromSeconds(60);

    private readonly MeshCluster _cluster;
    private readonly IReporter _reporter;
    private readonly Func<INodeFiles, INodeFiles>? _files;

    /// <summary>Prepares the checks of a cluster.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="reporter">Hears what could not be looked at.</param>
    /// <param name="files">Replaces or extends the reading of nodes' files through their agents; null keeps to the agents.</param>
    public IstioCniTest(MeshCluster cluster, IReporter reporter, Func<INodeFiles, INodeFiles>? files = null)
    {
        _cluster = cluster;
        _reporter = reporter;
        _files = files;
    }

    /// <summary>Whether pods that came before the agent are looked for; that lists every pod of the cluster.</summary>
    public bool WithPods { get; init; } = true;

    /// <summary>Makes the checks; those of a node come together, nodes in the order of the list.</summary>
    /// <param name="wants">Which nodes, by name; null for all.</param>
    /// <param name="cancel">Stops.</param>
    /// <exception cref="MeshException">Nodes, DaemonSets or the agents' pods could not be listed.</exception>
    public async IAsyncEnumerable<MeshCheck> RunAsync(Func<string, bool>? wants, [EnumeratorCancellation] CancellationToken cancel)
    {
        KubeClient client = _cluster.Client;
        CniDaemonSet[] sets = await CniDaemonSet.FindAsync(client, cancel).ConfigureAwait(false);
        if (sets.Length == 0)
        {
            yield return CniChecks.AgentOnNode.Skip(_cluster.Name, null, "There is no DaemonSet of Istio's CNI plugin in the cluster.",
                "Nothing to check when pods redirect themselves with istio-init; otherwise install the plugin.");
            yield break;
        }
        V1NodeList nodes = await client.CallAsync(() => client.Api.CoreV1.ListNodeAsync(cancellationToken: cancel), KubeResource.Nodes.Subject("list"), cancel).ConfigureAwait(false);
        ILookup<string, MeshedPod> pods = await MeshedPodsAsync(wants, cancel).ConfigureAwait(false);
        Dictionary<string, CniAgent> agents = [];
        foreach (CniAgent agent in sets.SelectMany(set => set.Agents).Where(agent => agent.Pod.Metadata.DeletionTimestamp is null))
            agents.TryAdd(agent.Pod.Spec.NodeName ?? "", agent);
        INodeFiles files = new AgentNodeFiles(client, agents);
        files = _files?.Invoke(files) ?? files;

        using var turn = new SemaphoreSlim(Parallelism);
        List<Task<IReadOnlyList<MeshCheck>>> running = [.. nodes.Items.Where(node => wants?.Invoke(node.Metadata.Name) != false).Select(async node =>
        {
            CniAgent? agent = agents.GetValueOrDefault(node.Metadata.Name);
            CniDaemonSet set = sets.FirstOrDefault(set => agent is not null && set.Agents.Contains(agent)) ?? sets[0];
            await turn.WaitAsync(cancel).ConfigureAwait(false);
            try
            {
                return await CheckAsync(new CniNode(node, set.Set, agent, [.. pods[node.Metadata.Name]]), set.Settings, files, cancel).ConfigureAwait(false);
            }
            finally
            {
                turn.Release();
            }
        })];
        foreach (Task<IReadOnlyList<MeshCheck>> one in running)
        {
            foreach (MeshCheck check in await one.ConfigureAwait(false))
                yield return check;
        }
    }

    private async Task<IReadOnlyList<MeshCheck>> CheckAsync(CniNode node, IReadOnlyDictionary<string, string> settings, INodeFiles files, CancellationToken cancel)
    {
        string cluster = _cluster.Name;
        List<MeshCheck> checks = [AgentChecks.OnNode(cluster, node), AgentChecks.Ready(cluster, node)];
        if (node.Agent is { } agent)
            checks.AddRange(await FilesAsync(node, agent, settings, files, cancel).ConfigureAwait(false));
        if (WithPods)
            checks.Add(AgentChecks.PodsAfter(cluster, node));
        return checks;
    }

    private async Task<IEnumerable<MeshCheck>> FilesAsync(CniNode node, CniAgent agent, IReadOnlyDictionary<string, string> settings, INodeFiles files, CancellationToken cancel)
    {
        AgentMounts mounts = agent.Mounts;
        string[] paths = [mounts.ConfDirectory, mounts.BinDirectory, .. mounts.RunDirectory is { } run ? [run] : Array.Empty<string>()];
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(ReadTimeout);
        MeshException failure;
        try
        {
            IReadOnlyList<NodeDirectory> read = await files.ReadAsync(node.Name, paths, limit.Token).ConfigureAwait(false);
            return new ChainChecks(_cluster.Name, node, read[0], read[1], read.Count > 2 ? read[2] : null, DateTimeOffset.UtcNow) { Settings = settings }.Make();
        }
        catch (MeshException e)
        {
            failure = e.ErrorId == "CommandNotStarted"
                ? new MeshException(e.ErrorId, e.Kind, $"The files of node {node.Name} cannot be read through agent {agent}: its image has no shell. {e.Message}",
                    "Use an image of the agent with a shell, or look at the node itself.", node.Name, e)
                : e;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            failure = new MeshException("NodeReadTimedOut", FailureKind.Timeout, $"{_cluster.Server}: agent {agent} on node {node.Name} did not answer within {ReadTimeout.TotalSeconds:0} s.",
                "See whether the node and its kubelet are well.", node.Name);
        }
        _reporter.Detail(failure.Message);
        return CniChecks.OfFiles.Select(check => check.Skip(_cluster.Name, node.Name, failure));
    }

    private async Task<ILookup<string, MeshedPod>> MeshedPodsAsync(Func<string, bool>? wants, CancellationToken cancel)
    {
        List<(string Node, MeshedPod Pod)> found = [];
        if (!WithPods)
            return found.ToLookup(pair => pair.Node, pair => pair.Pod);
        try
        {
            await foreach (MeshPod pod in MeshPods.ListAsync(_cluster, new PodSelection { Full = true }, _reporter, cancel).ConfigureAwait(false))
            {
                if (pod is { RedirectMethod: RedirectMethod.Cni, RedirectionExpected: true, Node: { } node } && wants?.Invoke(node) != false)
                    found.Add((node, MeshedPod.Of(await pod.GetResourceAsync(cancel).ConfigureAwait(false))));
            }
        }
        catch (MeshException e) when (e.Kind == FailureKind.Forbidden)
        {
            _reporter.Warn($"Pods that started before the agent cannot be found: {e.Message}");
        }
        return found.ToLookup(pair => pair.Node, pair => pair.Pod);
    }
}
