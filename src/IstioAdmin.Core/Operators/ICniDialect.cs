using IstioAdmin.Core.Kube;
using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Operators;

/// <summary>How one operator's API says that the CNI plugin redirects pods, instead of an init container.</summary>
internal interface ICniDialect
{
    /// <summary>The resource that installs the agents for the whole cluster; null where the mesh's own resource does.</summary>
    KubeResource? AgentResource { get; }

    /// <summary>The name of that resource's one object.</summary>
    string AgentResourceName { get; }

    /// <summary>Names under which the operator's process writes defaults into its resources.</summary>
    IReadOnlyList<string> FieldManagers { get; }

    /// <summary>The release line of Istio in the mesh's resource, as it is written there; null when it is not.</summary>
    string? Version(JsonObject mesh);

    /// <summary>The namespace of the control plane.</summary>
    string ControlPlaneNamespace(JsonObject mesh);

    /// <summary>The namespace in which the agents run, or will.</summary>
    string AgentNamespace(CniResources now);

    /// <summary>The ConfigMaps that may hold the injector's template, in the control plane's namespace; the first that exists does.</summary>
    IReadOnlyList<string> InjectorConfigMaps(JsonObject mesh);

    /// <summary>Reads what the resources say.</summary>
    CniSettings Read(CniResources now);

    /// <summary>The changes that switch the plugin on, in the order in which they must be made: agents before the template.</summary>
    IReadOnlyList<CniChange> Enable(CniResources now, CniWish wish);

    /// <summary>The changes that switch it off, in the order in which they must be made: the template before the agents.</summary>
    /// <param name="now">The resources.</param>
    /// <param name="others">Whether other meshes of the cluster go on using the agents.</param>
    IReadOnlyList<CniChange> Disable(CniResources now, bool others);
}
