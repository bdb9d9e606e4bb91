using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using IstioAdmin.Cluster.Tests.Kube;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Connecting;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.Connections;
using IstioAdmin.Core.Redirection.Sources;
using IstioAdmin.Core.Redirection.Verdicts;
using IstioAdmin.Testing;

namespace IstioAdmin.Cluster.Tests.Redirection;

/// <summary>
/// A namespace on the node with a pod of every shape and one pod outside, which has every address that is nobody's: connections come from
/// there to the others, and whatever leaves them arrives there. Shared by the tests that ask for it; each puts its own rules into a pod.
/// </summary>
internal sealed partial class RedirectionWorld
{
    private const string OutsidePod = "outside";

    /// <summary>The pod is every host that the others' packets can be sent to, whatever the address and the port.</summary>
    private const string Everybody = """
        for family in -4 -6; do
          ip $family route del default
          ip $family route add local default dev lo table main
        done
        for program in iptables-nft ip6tables-nft; do
          $program -t nat -A PREROUTING -p tcp -j REDIRECT --to-ports 9
          $program -t nat -A PREROUTING -p udp -j REDIRECT --to-ports 9
        done
        """;

    private static RedirectionWorld? _current;

    private readonly MeshNode _node;
    private readonly MeshCluster _cluster;
    private readonly RedirectionJudge _judge = new();
    private readonly Dictionary<string, PodNetwork> _pods = new(StringComparer.Ordinal);

    private RedirectionWorld(MeshNode node, MeshCluster cluster, string @namespace) => (_node, _cluster, Namespace) = (node, cluster, @namespace);

    /// <summary>The pods' namespace.</summary>
    public string Namespace { get; }

    /// <summary>The node.</summary>
    public MeshNode Node => _node;

    /// <summary>The world on the shared node; made when the first test asks for it, and again when the node is another one.</summary>
    public static async Task<RedirectionWorld> OnAsync(Testbed testbed)
    {
        MeshNode node = await testbed.NodeAsync();
        if (_current?._node != node)
        {
            MeshCluster cluster = await ClusterConnector.ConnectAsync(new ConnectOptions { Kubeconfig = [node.Kubeconfig] }, LiveClient.Reporter, LiveClient.Cancel);
            var world = new RedirectionWorld(node, cluster, await node.ControlPlane.CreateNamespaceAsync("redirection"));
            foreach (PodShape shape in PodShapes.All)
                await world.LayDownAsync(shape);
            await world.StartAsync(PodShapes.All, Outside());
            _current = world;
        }
        return _current;
    }

    /// <summary>The network namespace of a pod that runs.</summary>
    public PodNetwork this[PodShape shape] => _pods[shape.Name];

    /// <summary>Starts pods, with their rules laid down for the CNI plugin.</summary>
    public async Task StartAsync(params PodShape[] shapes)
    {
        foreach (PodShape shape in shapes)
            await LayDownAsync(shape);
        await StartAsync(shapes, null);
    }

    /// <summary>Starts pods as <see cref="StartAsync(PodShape[])"/> does, but nobody has laid down their rules.</summary>
    public Task StartWithoutRulesAsync(params PodShape[] shapes) => StartAsync(shapes, null);

    /// <summary>Lays down the rules of a pod for the CNI plugin.</summary>
    public Task LayDownAsync(PodShape shape) =>
        shape.Settings is { } settings ? _node.PutRulesAsync(Namespace, shape.Name, PodScript.Of(settings).Text) : Task.CompletedTask;

    /// <summary>Sends packets for real and fails, naming each, when one ends elsewhere than it should.</summary>
    public async Task ConfirmAsync(PodShape shape, params IReadOnlyList<Sent> traffic)
    {
        string[] ends = await SendAsync(shape, traffic);

        Assert.Equal(traffic.Select(sent => sent.ToString()), traffic.Zip(ends, (sent, end) => (sent with { End = end }).ToString()));
    }

    /// <summary>Sends packets for real, and tells where each ended.</summary>
    public async Task<string[]> SendAsync(PodShape shape, IReadOnlyList<Sent> traffic)
    {
        PodNetwork pod = this[shape];
        Task<string[]> inbound = _pods[OutsidePod].SendAsync([.. traffic.Where(sent => sent.Inbound).Select(sent => sent.To(pod))]);
        string[] outbound = await pod.SendAsync([.. traffic.Where(sent => !sent.Inbound).Select(sent => sent.To(pod))]);
        var came = new Queue<string>(await inbound);
        var left = new Queue<string>(outbound);
        return [.. traffic.Select(sent => (sent.Inbound ? came : left).Dequeue())];
    }

    /// <summary>Tests a pod as it is now, with the rules read on this machine, which is its node.</summary>
    public async Task<PodRedirection> JudgeAsync(PodShape shape)
    {
        IAsyncEnumerable<MeshPod> pod = MeshPods.ListAsync(_cluster, new PodSelection { Namespace = Namespace, Name = shape.Name }, LiveClient.Reporter, LiveClient.Cancel);
        return await PodRedirections.JudgeAsync(pod, ReadHere, _judge, LiveClient.Cancel).SingleAsync(LiveClient.Cancel);
    }

    /// <summary>Tests pods as they are now, with the rules read through the cluster.</summary>
    public async Task<IReadOnlyDictionary<string, PodRedirection>> TestAsync(RulesReadOptions options)
    {
        IAsyncEnumerable<MeshPod> pods = MeshPods.ListAsync(_cluster, new PodSelection { Namespace = Namespace }, LiveClient.Reporter, LiveClient.Cancel);
        return await PodRedirections.TestAsync(_cluster, pods, options, LiveClient.Reporter, LiveClient.Cancel).ToDictionaryAsync(result => result.Name, cancellationToken: LiveClient.Cancel);
    }

    /// <summary>Makes a connection from inside a pod, through an inspector pod.</summary>
    public async Task<PodConnection> ConnectAsync(PodShape shape, string to, uint user)
    {
        MeshPod pod = await MeshPods.ListAsync(_cluster, new PodSelection { Namespace = Namespace, Name = shape.Name }, LiveClient.Reporter, LiveClient.Cancel).SingleAsync(LiveClient.Cancel);
        var options = new PodConnectionOptions { UserId = user, GroupId = user };
        return await PodConnections.TestAsync(_cluster, pod, to, options, new RulesReadOptions { InspectorImage = "registry.local/nettools:1" }, LiveClient.Reporter, LiveClient.Cancel);
    }

    private static async IAsyncEnumerable<PodRulesReading> ReadHere(IAsyncEnumerable<MeshPod> pods)
    {
        await foreach (PodRulesReading reading in LocalRules.ReadPodsAsync(await pods.ToListAsync(LiveClient.Cancel), LiveClient.Cancel))
            yield return reading;
    }

    /// <summary>Deletes a pod and waits until it is gone, with its rules for the CNI plugin.</summary>
    public async Task DeleteAsync(PodShape shape)
    {
        await _node.ControlPlane.KubectlAsync("delete", "pod", shape.Name, "--namespace", Namespace, "--wait");
        await _node.PutRulesAsync(Namespace, shape.Name, "");
        _pods.Remove(shape.Name);
    }

    /// <summary>
    /// Ends what holds a pod's network namespace, as a restart of its node does, and waits until the kubelet has made the pod a new one; the pod
    /// stays the same. Nothing is laid down for the CNI plugin.
    /// </summary>
    public async Task RestartSandboxAsync(PodShape shape)
    {
        int before = this[shape].ProcessId;
        await _node.PutRulesAsync(Namespace, shape.Name, "");
        using (var holder = Process.GetProcessById(before))
            holder.Kill();
        await Eventually.BecomesTrueAsync(
            async () => (await _node.NetworksAsync(Namespace)).TryGetValue(shape.Name, out PodNetwork? now) && now.ProcessId != before && now.IPv4 != this[shape].IPv4,
            $"pod {shape.Name} has a network namespace again");
        await WaitAsync([shape.Name]);
        await EnterAsync([shape]);
    }

    private static JsonObject Outside() => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Pod",
        ["metadata"] = new JsonObject { ["name"] = OutsidePod },
        ["spec"] = new JsonObject
        {
            ["terminationGracePeriodSeconds"] = 1,
            ["containers"] = new JsonArray(new JsonObject
            {
                ["name"] = OutsidePod,
                ["image"] = "registry.local/endpoint:1",
                ["args"] = new JsonArray("serve", OutsidePod, "original", "9"),
            }),
        },
    };

    private async Task StartAsync(IReadOnlyCollection<PodShape> shapes, JsonObject? outside)
    {
        IEnumerable<JsonNode> pods = [.. shapes.Select(shape => shape.Manifest()), .. outside is null ? Array.Empty<JsonNode>() : [outside]];
        var list = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "List", ["items"] = new JsonArray([.. pods]) };
        await _node.ControlPlane.ApplyAsync(list.ToJsonString(), Namespace);
        await WaitAsync([.. shapes.Select(shape => shape.Name), .. outside is null ? Array.Empty<string>() : [OutsidePod]]);
        await EnterAsync(shapes, outside is not null);
    }

    private Task WaitAsync(string[] pods) => Eventually.BecomesTrueAsync(
        async () => (await _node.ControlPlane.KubectlAsync(["get", "pods", .. pods, "--namespace", Namespace, "--no-headers"]))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Count(line => AllReady().IsMatch(line)) == pods.Length,
        $"all are ready of {string.Join(", ", pods)}", TimeSpan.FromMinutes(10));

    [GeneratedRegex(@"^\S+\s+([0-9]+)/\1\s+Running\s")]
    private static partial Regex AllReady();

    /// <summary>Finds the network namespaces of pods, and has their packets go to the pod outside.</summary>
    private async Task EnterAsync(IReadOnlyCollection<PodShape> shapes, bool andOutside = false)
    {
        foreach ((string name, PodNetwork network) in await _node.NetworksAsync(Namespace))
            _pods[name] = network;
        if (andOutside)
            await _pods[OutsidePod].RunAsync(Everybody);
        PodNetwork world = _pods[OutsidePod];
        foreach (PodShape shape in shapes)
            await this[shape].RunAsync($"ip -4 route replace default via {world.IPv4}\nip -6 route replace default via {world.IPv6}");
    }
}
