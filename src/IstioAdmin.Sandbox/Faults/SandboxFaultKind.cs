namespace IstioAdmin.Sandbox.Faults;

/// <summary>What can go wrong in a sandbox on demand.</summary>
public enum SandboxFaultKind
{
    /// <summary>The agent of the CNI plugin does not come up on a node: pods that start there get no rules.</summary>
    AgentLate,

    /// <summary>The cluster's own network plugin writes the CNI configuration of a node anew, without Istio's.</summary>
    ConfigOverwritten,

    /// <summary>The kubelet of a node is silent.</summary>
    NodeDown,

    /// <summary>All rules of a pod are taken away, once.</summary>
    RulesFlushed,

    /// <summary>A pod's rules are replaced by others, once.</summary>
    RulesReplaced,

    /// <summary>A pod's readiness probe fails.</summary>
    PodUnready,

    /// <summary>An image cannot be pulled.</summary>
    ImageUnpullable,

    /// <summary>Load balancers get no address.</summary>
    LoadBalancerPending,

    /// <summary>Operators hang in what they are doing.</summary>
    OperatorStuck,

    /// <summary>Operators fail with a message.</summary>
    OperatorError,

    /// <summary>A share of the API's requests is refused with 429.</summary>
    ApiThrottled,

    /// <summary>A share of the API's requests fails with 500.</summary>
    ApiFailing,

    /// <summary>The connections of all watches are cut, once.</summary>
    WatchesCut,
}
