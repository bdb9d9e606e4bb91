using System.Globalization;
using System.Text.Json.Nodes;

namespace IstioAdmin.Sandbox.Nodes;

/// <summary>What one node is, apart from what all nodes are.</summary>
/// <param name="Name">Its name.</param>
internal sealed record NodeMachine(string Name)
{
    /// <summary>Further labels.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Taints, without values.</summary>
    public IReadOnlyList<(string Key, string Effect)> Taints { get; init; } = [];
}

/// <summary>What the nodes of a sandbox are like.</summary>
internal sealed record NodeOptions
{
    /// <summary>How many nodes; at most 5,000.</summary>
    public int Count { get; init; } = 3;

    /// <summary>The name of a node, by its number from 1.</summary>
    public Func<int, string> Name { get; init; } = number => string.Create(CultureInfo.InvariantCulture, $"node-{number}");

    /// <summary>The nodes one by one; null for <see cref="Count"/> of the same kind.</summary>
    public IReadOnlyList<NodeMachine>? Machines { get; init; }

    /// <summary>Further labels of every node, such as those that a provider sets.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary><c>spec.providerID</c>, by the node's name; null for none.</summary>
    public Func<string, string>? ProviderId { get; init; } = name => $"sandbox://{name}";

    /// <summary>Pods that a node takes; at most 250, which is what its addresses are for.</summary>
    public int PodsPerNode { get; init; } = 110;

    /// <summary>From the moment that a pod is bound until it runs.</summary>
    public TimeSpan StartTime { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>First pause before a container that failed is started again; the next ones are twice as long, up to the longest.</summary>
    public TimeSpan FirstBackOff { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest pause (5 minutes on a real node).</summary>
    public TimeSpan LongestBackOff { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Between two reports of a node that it is well (10 s to 5 min on a real one).</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Where the API server reaches the kubelets; null where it reaches containers within the process.</summary>
    public (string Address, int Port)? Kubelet { get; init; }

    /// <summary>What the cluster's own network plugin writes on each node: file name and content.</summary>
    public (string Name, JsonObject Content) MainPlugin { get; init; } = ("10-calico.conflist", JsonNode.Parse("""
        {"name":"k8s-pod-network","cniVersion":"0.3.1","plugins":[
          {"type":"calico","log_level":"info","datastore_type":"kubernetes","mtu":1440,"ipam":{"type":"calico-ipam"},"policy":{"type":"k8s"},
           "kubernetes":{"kubeconfig":"/etc/cni/net.d/calico-kubeconfig"}},
          {"type":"portmap","snat":true,"capabilities":{"portMappings":true}},
          {"type":"bandwidth","capabilities":{"bandwidth":true}}]}
        """)!.AsObject());

    /// <summary>Programs of the cluster's own network plugin in <c>/opt/cni/bin</c>.</summary>
    public IReadOnlyList<string> MainPrograms { get; init; } = ["bandwidth", "calico", "calico-ipam", "host-local", "loopback", "portmap", "tuning"];

    /// <summary><c>nodeInfo.containerRuntimeVersion</c>.</summary>
    public string Runtime { get; init; } = "containerd://1.4.13";

    /// <summary><c>nodeInfo.kubeletVersion</c>.</summary>
    public string KubeletVersion { get; init; } = "v1.20.2";
}
