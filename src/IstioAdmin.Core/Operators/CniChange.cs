using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;

namespace IstioAdmin.Core.Operators;

/// <summary>What a change of a resource is followed by.</summary>
[Flags]
public enum CniParts
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The agents on the nodes.</summary>
    Agents = 1,

    /// <summary>The injector's template.</summary>
    Injector = 2,
}

/// <summary>The objects in which an operator's API says whether the CNI plugin is used.</summary>
/// <param name="Mesh">The mesh's own resource.</param>
/// <param name="Agents">The resource that installs the agents, where the API has one; null when it does not exist.</param>
public sealed record CniResources(JsonObject Mesh, JsonObject? Agents);

/// <summary>One object that is to be changed.</summary>
public sealed record CniChange
{
    /// <summary>Its kind.</summary>
    public required KubeResource Resource { get; init; }

    /// <summary>Its namespace; null for cluster scope.</summary>
    public string? Namespace { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The fields to set, from the object's root; null to delete the object.</summary>
    public JsonObject? Fields { get; init; }

    /// <summary>What follows in the cluster once the operator has acted on it.</summary>
    public required CniParts Parts { get; init; }

    /// <summary>The fields in words: <c>proxyInit.cni.enabled: true</c>.</summary>
    public required string What { get; init; }

    /// <summary>The object, for the question whether it may be changed.</summary>
    public string Target => $"{Resource.Kind} {(Namespace is null ? Name : $"{Namespace}/{Name}")} ({What})";
}
