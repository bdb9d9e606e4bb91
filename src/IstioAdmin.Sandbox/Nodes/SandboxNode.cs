using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;
using IstioAdmin.Sandbox.Nodes.Cni;

namespace IstioAdmin.Sandbox.Nodes;

/// <summary>One node: its files, its addresses, the pods on it.</summary>
internal sealed class SandboxNode
{
    /// <summary>Processors of every node.</summary>
    public const int Processors = 8;

    /// <summary>Memory of every node in GiB.</summary>
    public const int MemoryGi = 32;

    private readonly NodeOptions _options;
    private readonly int _number;
    private NodeMachine _machine;
    private int _process = 2000;
    private int _inode;

    /// <param name="options">What all nodes are like.</param>
    /// <param name="number">Its number, from 1, which nobody else has.</param>
    /// <param name="machine">What this one is.</param>
    public SandboxNode(NodeOptions options, int number, NodeMachine machine)
    {
        (_options, _number, _machine) = (options, number, machine);
        Name = machine.Name;
        Addresses = new NodeAddresses(number);
        WriteMainPlugin();
        foreach (string program in options.MainPrograms)
            Files.Write(NodeFiles.BinDirectory, program, "", executable: true);
    }

    public string Name { get; }

    /// <summary>Its number, from 1, from which its addresses come.</summary>
    public int Number => _number;

    public NodeFiles Files { get; } = new();

    public NodeAddresses Addresses { get; }

    /// <summary>The pods on it, by uid.</summary>
    public ConcurrentDictionary<string, PodRuntime> Pods { get; } = new(StringComparer.Ordinal);

    /// <summary>The number of the node's own network namespace.</summary>
    public const ulong OwnNamespace = 4026531840;

    /// <summary>The next process id.</summary>
    public int NextProcess() => Interlocked.Add(ref _process, 7);

    /// <summary>Has the next process and network namespace come after these: they are taken.</summary>
    public void Continue(int process, ulong network)
    {
        _process = Math.Max(_process, process);
        if (network > OwnNamespace + 1000)
            _inode = Math.Max(_inode, (int)(network - OwnNamespace - 1000));
    }

    /// <summary>The number of a new network namespace.</summary>
    public ulong NextNamespace() => OwnNamespace + 1000 + (ulong)Interlocked.Increment(ref _inode);

    /// <summary>The agents of istio-cni on it.</summary>
    public IEnumerable<PodRuntime> Agents => Pods.Values.Where(pod => pod.Agent is not null && !pod.HasEnded);

    /// <summary>Writes the configuration of the cluster's own network plugin, without anybody else's entry.</summary>
    public void WriteMainPlugin() => Files.Write(NodeFiles.ConfDirectory, _options.MainPlugin.Name, CniConfiguration.Print(_options.MainPlugin.Content));

    /// <summary>Gives it other labels; taints are for a node that joins.</summary>
    /// <returns>What that comes to in the Node object: labels with their values, null for those that go. Empty when nothing changes.</returns>
    public JsonObject Relabel(IReadOnlyDictionary<string, string> labels)
    {
        var change = new JsonObject();
        foreach (string gone in _machine.Labels.Keys.Except(labels.Keys))
            change[gone] = null;
        foreach ((string label, string value) in labels.Where(label => _machine.Labels.GetValueOrDefault(label.Key) != label.Value))
            change[label] = value;
        _machine = _machine with { Labels = labels };
        return change;
    }

    /// <summary>The Node object.</summary>
    public JsonObject Object()
    {
        var labels = new JsonObject
        {
            ["beta.kubernetes.io/arch"] = "amd64",
            ["beta.kubernetes.io/os"] = "linux",
            ["kubernetes.io/arch"] = "amd64",
            ["kubernetes.io/hostname"] = Name,
            ["kubernetes.io/os"] = "linux",
        };
        foreach ((string label, string value) in _options.Labels.Concat(_machine.Labels))
            labels[label] = value;
        var spec = new JsonObject { ["podCIDR"] = Addresses.PodCidr, ["podCIDRs"] = new JsonArray(Addresses.PodCidr) };
        if (_options.ProviderId is { } provider)
            spec["providerID"] = provider(Name);
        if (_machine.Taints.Count > 0)
            spec["taints"] = new JsonArray([.. _machine.Taints.Select(taint => new JsonObject { ["key"] = taint.Key, ["effect"] = taint.Effect })]);
        return new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Node",
            ["metadata"] = new JsonObject
            {
                ["name"] = Name,
                ["labels"] = labels,
                ["annotations"] = new JsonObject { ["node.alpha.kubernetes.io/ttl"] = "0", ["volumes.kubernetes.io/controller-managed-attach-detach"] = "true" },
            },
            ["spec"] = spec,
        };
    }

    /// <summary>Its status while it is well.</summary>
    /// <param name="before">The conditions that it has; null for none.</param>
    public JsonObject Status(JsonObject? before)
    {
        var capacity = new JsonObject
        {
            ["cpu"] = Processors.ToString(CultureInfo.InvariantCulture),
            ["ephemeral-storage"] = "100Gi",
            ["memory"] = string.Create(CultureInfo.InvariantCulture, $"{MemoryGi}Gi"),
            ["pods"] = _options.PodsPerNode.ToString(CultureInfo.InvariantCulture),
        };
        string now = Json.Now();
        var conditions = new JsonArray();
        foreach ((string type, string status, string reason, string message) in ((string, string, string, string)[])
        [
            ("NetworkUnavailable", "False", "CalicoIsUp", "Calico is running on this node"),
            ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
            ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
            ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
            ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
        ])
        {
            JsonObject? known = before is null ? null : Meta.Condition(before, type);
            conditions.Add(new JsonObject
            {
                ["type"] = type,
                ["status"] = status,
                ["lastHeartbeatTime"] = now,
                ["lastTransitionTime"] = known is not null && Json.Text(known, "status") == status ? known["lastTransitionTime"]!.DeepClone() : now,
                ["reason"] = reason,
                ["message"] = message,
            });
        }
        return new JsonObject
        {
            ["addresses"] = new JsonArray(
                new JsonObject { ["type"] = "InternalIP", ["address"] = _options.Kubelet?.Address ?? Addresses.Node },
                new JsonObject { ["type"] = "Hostname", ["address"] = Name }),
            ["capacity"] = capacity,
            ["allocatable"] = capacity.DeepClone(),
            ["conditions"] = conditions,
            ["daemonEndpoints"] = new JsonObject { ["kubeletEndpoint"] = new JsonObject { ["Port"] = _options.Kubelet?.Port ?? 10250 } },
            ["nodeInfo"] = new JsonObject
            {
                ["machineID"] = string.Create(CultureInfo.InvariantCulture, $"{_number:x32}"),
                ["systemUUID"] = string.Create(CultureInfo.InvariantCulture, $"5a4d0000-0000-4000-8000-{_number:x12}"),
                ["bootID"] = string.Create(CultureInfo.InvariantCulture, $"b0070000-0000-4000-8000-{_number:x12}"),
                ["kernelVersion"] = "5.10.0",
                ["osImage"] = "IstioAdmin Sandbox",
                ["containerRuntimeVersion"] = _options.Runtime,
                ["kubeletVersion"] = _options.KubeletVersion,
                ["kubeProxyVersion"] = _options.KubeletVersion,
                ["operatingSystem"] = "linux",
                ["architecture"] = "amd64",
            },
        };
    }
}
