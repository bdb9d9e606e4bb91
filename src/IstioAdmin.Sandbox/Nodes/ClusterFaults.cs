using System.Collections.Concurrent;
using IstioAdmin.Core;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Parsing;
using IstioAdmin.Iptables.Printing;
using IstioAdmin.Sandbox.Operators;

namespace IstioAdmin.Sandbox.Nodes;

/// <summary>What can be made to go wrong on the nodes of a sandbox, while it runs. What is taken back heals as it would in a real cluster.</summary>
internal sealed class ClusterFaults
{
    private readonly ConcurrentDictionary<string, bool> _lateAgents = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _deadNodes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _images = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _unready = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _overwritten = new(StringComparer.Ordinal);
    private bool _loadBalancersPending;

    /// <summary>Told whenever one of them was changed.</summary>
    public event Action? Changed;

    /// <summary>What holds operators up; see <see cref="OperatorFaults"/>.</summary>
    public OperatorFaults Operators { get; } = new();

    /// <summary>Whether the cloud gives Services of type LoadBalancer no address; those that have one keep it.</summary>
    public bool LoadBalancersPending
    {
        get => Volatile.Read(ref _loadBalancersPending);
        set
        {
            Volatile.Write(ref _loadBalancersPending, value);
            Changed?.Invoke();
        }
    }

    /// <summary>Nodes on which the agent of istio-cni does not come up: its pod starts, but is not ready and installs nothing.</summary>
    public IReadOnlyCollection<string> LateAgents => [.. _lateAgents.Keys];

    /// <summary>Nodes whose kubelet is silent.</summary>
    public IReadOnlyCollection<string> DeadNodes => [.. _deadNodes.Keys];

    /// <summary>Images that cannot be pulled: whole names, or beginnings of names with an asterisk behind.</summary>
    public IReadOnlyCollection<string> UnpullableImages => [.. _images.Keys];

    /// <summary>Pods that run and are not ready, as NAMESPACE/NAME.</summary>
    public IReadOnlyCollection<string> UnreadyPods => [.. _unready.Keys];

    /// <summary>Nodes whose main network plugin writes its CNI configuration anew, without istio-cni, whenever Istio's agent has chained itself in.</summary>
    public IReadOnlyCollection<string> OverwrittenConfigs => [.. _overwritten.Keys];

    /// <summary>The nodes of the sandbox; null while there are none.</summary>
    internal SandboxNodes? Nodes { get; set; }

    /// <summary>Has a node's main plugin overwrite the CNI configuration, or lets the agent chain itself in again.</summary>
    /// <exception cref="MeshException">There is no such node (<c>SandboxNodeNotFound</c>).</exception>
    public void SetConfigOverwritten(string node, bool overwritten)
    {
        SandboxNode found = Required.FindNode(node);
        Set(_overwritten, node, overwritten);
        if (overwritten)
        {
            found.WriteMainPlugin();
            return;
        }
        foreach (PodRuntime agent in found.Agents)
            agent.Agent!.Restore();
    }

    /// <summary>Takes away all rules of a pod.</summary>
    /// <param name="pod">The pod, as NAMESPACE/NAME.</param>
    /// <exception cref="MeshException">No such pod runs with a network of its own (<c>SandboxPodNotFound</c>).</exception>
    public void FlushRules(string pod) => Required.NetworkOf(pod).Flush();

    /// <summary>Replaces a pod's rules.</summary>
    /// <param name="pod">The pod, as NAMESPACE/NAME.</param>
    /// <param name="text">What iptables-save is to print; empty for none.</param>
    /// <param name="ipv6">Whether they are those of IPv6.</param>
    /// <param name="legacy">Whether they are in the tables of iptables-legacy.</param>
    /// <exception cref="MeshException">No such pod runs with a network of its own (<c>SandboxPodNotFound</c>), or the text is no rules (<c>SandboxRulesInvalid</c>).</exception>
    public void ReplaceRules(string pod, string text, bool ipv6 = false, bool legacy = false)
    {
        ArgumentNullException.ThrowIfNull(text);
        IpFamily family = ipv6 ? IpFamily.IPv6 : IpFamily.IPv4;
        string rules;
        try
        {
            IReadOnlyList<Ruleset> read = IptablesSave.Parse(text, new ParseOptions { Family = family, Strict = true }).Rulesets;
            rules = string.Concat(read.Select(ruleset => SavePrinter.Print(ruleset)));
        }
        catch (IptablesFormatException e)
        {
            throw new MeshException("SandboxRulesInvalid", FailureKind.InvalidInput, $"The rules for pod {pod} cannot be read: {e.Message}",
                "Give what iptables-save prints.", pod, e);
        }
        Required.NetworkOf(pod).Set(family, rules, legacy);
    }

    private SandboxNodes Required => Nodes
        ?? throw new MeshException("SandboxNodeNotFound", FailureKind.NotFound, "The sandbox has no nodes yet.", "Wait until it has started.");

    /// <summary>Keeps the CNI agent of a node from coming up, or lets it.</summary>
    public void SetAgentLate(string node, bool late) => Set(_lateAgents, node, late);

    /// <summary>Silences a node's kubelet, or has it speak again.</summary>
    public void SetNodeDead(string node, bool dead) => Set(_deadNodes, node, dead);

    /// <summary>Makes an image impossible to pull, or possible.</summary>
    public void SetUnpullable(string image, bool unpullable) => Set(_images, image, unpullable);

    /// <summary>Has a pod's readiness probe fail, or succeed.</summary>
    public void SetUnready(string pod, bool unready) => Set(_unready, pod, unready);

    /// <summary>Takes all of them back.</summary>
    public void Clear()
    {
        foreach (ConcurrentDictionary<string, bool> set in (ConcurrentDictionary<string, bool>[])[_lateAgents, _deadNodes, _images, _unready])
            set.Clear();
        foreach (string node in _overwritten.Keys)
            SetConfigOverwritten(node, false);
        Operators.Hang = false;
        Operators.Error = null;
        LoadBalancersPending = false;
    }

    internal bool IsAgentLate(string node) => _lateAgents.ContainsKey(node);

    internal bool IsOverwritten(string node) => _overwritten.ContainsKey(node);

    internal bool IsDead(string node) => _deadNodes.ContainsKey(node);

    internal bool IsUnready(string pod) => _unready.ContainsKey(pod);

    internal bool IsUnpullable(string image) =>
        !_images.IsEmpty && _images.Keys.Any(known => known.EndsWith('*') ? image.StartsWith(known[..^1], StringComparison.Ordinal) : image == known);

    private void Set(ConcurrentDictionary<string, bool> set, string name, bool on)
    {
        if (on ? set.TryAdd(name, true) : set.TryRemove(name, out _))
            Changed?.Invoke();
    }
}
