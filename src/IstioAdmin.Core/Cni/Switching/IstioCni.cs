using System.Text.Json.Nodes;
using IstioAdmin.Core.Cni.Migration;
using IstioAdmin.Core.Cni.Permissions;
using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Core.Cni;

/// <summary>Where a mesh stands between pods that redirect themselves and a plugin that redirects them.</summary>
public enum IstioCniState
{
    /// <summary>Resource, injector and agents agree: off.</summary>
    Off,

    /// <summary>The resource says on; injector or agents do not follow yet.</summary>
    TurningOn,

    /// <summary>Resource, injector and agents agree: on.</summary>
    On,

    /// <summary>The resource says off; injector or agents do not follow yet.</summary>
    TurningOff,

    /// <summary>No operator switches it; what is there was made by something else.</summary>
    Unmanaged,
}

/// <summary>Istio's CNI plugin for one mesh: what the operator's resource says, and what is there.</summary>
public sealed record IstioCni
{
    /// <summary>Name of the connected cluster.</summary>
    public required string Cluster { get; init; }

    /// <summary>The operator; None where no operator switches it.</summary>
    public required IstioOperatorKind Operator { get; init; }

    /// <summary>Namespace of the control plane.</summary>
    public required string Namespace { get; init; }

    /// <summary>Name of the mesh's resource, or of the DaemonSet where there is none.</summary>
    public required string Name { get; init; }

    /// <summary>Where it stands.</summary>
    public required IstioCniState State { get; init; }

    /// <summary>Whether the resource says that the plugin is on; null where there is none.</summary>
    public bool? Enabled { get; init; }

    /// <summary>Whether the injector's template gives new pods an istio-init; null when it could not be read.</summary>
    public bool? InjectsInit { get; init; }

    /// <summary>Namespace of the agents.</summary>
    public string? AgentNamespace { get; init; }

    /// <summary>Agents that are ready.</summary>
    public int Ready { get; init; }

    /// <summary>Agents that there must be.</summary>
    public int Desired { get; init; }

    /// <summary>Version of the agents, from their image's tag; null when there are none.</summary>
    public string? Version { get; init; }

    /// <summary>Namespaces whose pods the plugin leaves alone, as the agents' ConfigMap says, or else the resource.</summary>
    public IReadOnlyList<string> ExcludedNamespaces { get; init; } = Array.Empty<string>();

    /// <summary>Whether agents run that have started before their settings were written last, and so do not know them.</summary>
    public bool SettingsPending { get; init; }

    /// <summary>The nodes' directory of CNI programs, as the agents mount it, or else as the resource says.</summary>
    public string? BinDir { get; init; }

    /// <summary>The nodes' directory of CNI configurations.</summary>
    public string? ConfDir { get; init; }

    /// <summary>The plugin's log level, as the resource says.</summary>
    public string? LogLevel { get; init; }

    /// <summary>What manages the agents, where that is no operator; null otherwise.</summary>
    public string? ManagedBy { get; init; }

    /// <summary>The nodes.</summary>
    public IReadOnlyList<IstioCniNode> Nodes { get; init; } = Array.Empty<IstioCniNode>();

    /// <summary>Of a switch: the workloads whose pods have to be replaced, and what became of each; empty otherwise.</summary>
    public IReadOnlyList<WorkloadMigration> Workloads { get; init; } = Array.Empty<WorkloadMigration>();

    /// <summary>What lets pods ask for NET_ADMIN although no pod of the mesh needs it any more.</summary>
    public IReadOnlyList<NetAdminGrant> NoLongerNeeded { get; init; } = Array.Empty<NetAdminGrant>();

    /// <summary>The operator's resource; null where there is none.</summary>
    public JsonObject? Resource { get; init; }

    /// <summary>Name and state.</summary>
    public override string ToString() => $"{Name}: {State}";
}

/// <summary>Istio's CNI plugin on one node.</summary>
public sealed record IstioCniNode
{
    /// <summary>Name of the connected cluster.</summary>
    public required string Cluster { get; init; }

    /// <summary>The node.</summary>
    public required string Node { get; init; }

    /// <summary>Namespace of the agent; null when there is none on the node.</summary>
    public string? Namespace { get; init; }

    /// <summary>The agent's pod; null when there is none on the node.</summary>
    public string? Agent { get; init; }

    /// <summary>Whether the agent is ready.</summary>
    public bool Ready { get; init; }

    /// <summary>Whether the configuration that the container runtime uses calls istio-cni; null when the node's files could not be read.</summary>
    public bool? Chained { get; init; }

    /// <summary>Version of the agent, from its image's tag.</summary>
    public string? Version { get; init; }

    /// <summary>Pods whose redirection is the plugin's task and that got their network before the agent was ready: they may be without rules.</summary>
    public IReadOnlyList<string> StartedBefore { get; init; } = Array.Empty<string>();

    /// <summary>What is wrong on the node, or could not be seen, as sentences; null when all is well.</summary>
    public string? Message { get; init; }

    /// <summary>The node's name.</summary>
    public override string ToString() => Node;
}
