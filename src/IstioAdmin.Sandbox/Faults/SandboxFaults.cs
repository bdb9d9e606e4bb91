using System.Globalization;
using IstioAdmin.Core;
using IstioAdmin.Sandbox.Api;
using IstioAdmin.Sandbox.Nodes;

namespace IstioAdmin.Sandbox.Faults;

/// <summary>The faults of one cluster, by their names.</summary>
internal sealed class SandboxFaults(ClusterFaults cluster, ApiFaults api)
{
    /// <summary>The faults that last, and are on.</summary>
    public IReadOnlyList<SandboxFault> Current =>
    [
        .. cluster.LateAgents.Select(node => new SandboxFault(SandboxFaultKind.AgentLate, node, null)),
        .. cluster.OverwrittenConfigs.Select(node => new SandboxFault(SandboxFaultKind.ConfigOverwritten, node, null)),
        .. cluster.DeadNodes.Select(node => new SandboxFault(SandboxFaultKind.NodeDown, node, null)),
        .. cluster.UnreadyPods.Select(pod => new SandboxFault(SandboxFaultKind.PodUnready, pod, null)),
        .. cluster.UnpullableImages.Select(image => new SandboxFault(SandboxFaultKind.ImageUnpullable, image, null)),
        .. Where(cluster.LoadBalancersPending, SandboxFaultKind.LoadBalancerPending),
        .. Where(cluster.Operators.Hang, SandboxFaultKind.OperatorStuck),
        .. Where(cluster.Operators.Error is not null, SandboxFaultKind.OperatorError, cluster.Operators.Error),
        .. Where(api.ThrottledShare > 0, SandboxFaultKind.ApiThrottled, Percent(api.ThrottledShare)),
        .. Where(api.FailingShare > 0, SandboxFaultKind.ApiFailing, Percent(api.FailingShare)),
    ];

    /// <summary>Brings a fault about, or takes it back.</summary>
    /// <param name="kind">What goes wrong.</param>
    /// <param name="target">The node, the pod as NAMESPACE/NAME, or the image; null where the fault is the whole cluster's.</param>
    /// <param name="detail">The rules or the message; null where there is none to give.</param>
    /// <param name="share">The share of requests, from 0 to 1.</param>
    /// <param name="on">Whether it is to be.</param>
    /// <exception cref="MeshException">
    /// There is no such node or pod (<c>SandboxNodeNotFound</c>, <c>SandboxPodNotFound</c>), the fault wants a target (<c>SandboxFaultTargetMissing</c>) or
    /// takes none (<c>SandboxFaultTargetUnexpected</c>), lasts no time and so cannot be taken back (<c>SandboxFaultNotLasting</c>), or the rules are missing
    /// (<c>SandboxFaultTextMissing</c>) or cannot be read (<c>SandboxRulesInvalid</c>).
    /// </exception>
    public void Set(SandboxFaultKind kind, string? target, string? detail, double share, bool on)
    {
        if (!on && kind is SandboxFaultKind.RulesFlushed or SandboxFaultKind.RulesReplaced or SandboxFaultKind.WatchesCut)
        {
            throw new MeshException("SandboxFaultNotLasting", FailureKind.InvalidInput, $"{kind} happens once and lasts no time, so there is nothing to take back.",
                "A pod gets its rules again with its next start: Repair-PodRedirection.", kind);
        }
        if (target is not null && kind is SandboxFaultKind.LoadBalancerPending or SandboxFaultKind.OperatorStuck or SandboxFaultKind.OperatorError
            or SandboxFaultKind.ApiThrottled or SandboxFaultKind.ApiFailing or SandboxFaultKind.WatchesCut)
        {
            throw new MeshException("SandboxFaultTargetUnexpected", FailureKind.InvalidInput, $"{kind} is a fault of the whole sandbox, and not of {target}.", "Leave out the target.", kind);
        }
        switch (kind)
        {
            case SandboxFaultKind.AgentLate:
                cluster.SetAgentLate(Node(kind, target), on);
                break;
            case SandboxFaultKind.ConfigOverwritten:
                cluster.SetConfigOverwritten(Node(kind, target), on);
                break;
            case SandboxFaultKind.NodeDown:
                cluster.SetNodeDead(Node(kind, target), on);
                break;
            case SandboxFaultKind.RulesFlushed:
                cluster.FlushRules(Required(kind, target, "a pod"));
                break;
            case SandboxFaultKind.RulesReplaced:
                cluster.ReplaceRules(Required(kind, target, "a pod"), detail ?? throw new MeshException("SandboxFaultTextMissing", FailureKind.InvalidInput,
                    $"{kind} needs the rules that pod {target} is to get.", $"Give what iptables-save prints; {SandboxFaultKind.RulesFlushed} takes all rules away.", kind));
                break;
            case SandboxFaultKind.PodUnready:
                string unready = Required(kind, target, "a pod");
                // What is taken back may be gone by now.
                if (on && cluster.Nodes?.Find(unready) is null)
                {
                    throw new MeshException("SandboxPodNotFound", FailureKind.NotFound, $"No pod {unready} runs in the sandbox.", "Name a running pod as NAMESPACE/NAME, or pipe it from Get-MeshPod.", unready);
                }
                cluster.SetUnready(unready, on);
                break;
            case SandboxFaultKind.ImageUnpullable:
                cluster.SetUnpullable(Required(kind, target, "an image"), on);
                break;
            case SandboxFaultKind.LoadBalancerPending:
                cluster.LoadBalancersPending = on;
                break;
            case SandboxFaultKind.OperatorStuck:
                cluster.Operators.Hang = on;
                break;
            case SandboxFaultKind.OperatorError:
                cluster.Operators.Error = on ? detail ?? "the sandbox was told to fail" : null;
                break;
            case SandboxFaultKind.ApiThrottled:
                api.ThrottledShare = on ? share : 0;
                break;
            case SandboxFaultKind.ApiFailing:
                api.FailingShare = on ? share : 0;
                break;
            case SandboxFaultKind.WatchesCut:
                api.CutWatches();
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(kind), kind, null);
        }
    }

    /// <summary>Takes all of them back.</summary>
    public void Clear()
    {
        cluster.Clear();
        api.Clear();
    }

    private string Node(SandboxFaultKind kind, string? target)
    {
        string node = Required(kind, target, "a node");
        _ = cluster.Nodes?.FindNode(node);
        return node;
    }

    private static string Required(SandboxFaultKind kind, string? target, string what) => target
        ?? throw new MeshException("SandboxFaultTargetMissing", FailureKind.InvalidInput, $"{kind} needs {what}.", $"Name {what}.", kind);

    private static IEnumerable<SandboxFault> Where(bool isOn, SandboxFaultKind kind, string? detail = null) => isOn ? [new SandboxFault(kind, null, detail)] : [];

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.#} %");
}
