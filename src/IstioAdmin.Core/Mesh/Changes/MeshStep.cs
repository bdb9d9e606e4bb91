using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;

namespace IstioAdmin.Core.Mesh.Changes;

/// <summary>One step of a change: an object, and what is to happen to it.</summary>
public sealed record MeshStep
{
    /// <summary>The kind of object.</summary>
    public required KubeResource Resource { get; init; }

    /// <summary>Its namespace; null for cluster scope.</summary>
    public string? Namespace { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>What is to happen: Create, Change or Remove.</summary>
    public required string Action { get; init; }

    /// <summary>The object in words: <c>Istio istio-system/istio-sample</c>.</summary>
    public string Target => Namespace is null ? $"{Resource.Kind} {Name}" : $"{Resource.Kind} {Namespace}/{Name}";

    /// <summary>What is applied.</summary>
    internal JsonObject? Manifest { get; init; }

    /// <summary>The object as it was when the change was planned; null when it did not exist.</summary>
    internal JsonObject? Live { get; init; }

    /// <summary>Whether it can be done only when the operator has made the mesh: its kind is not served before.</summary>
    internal bool Later { get; init; }

    /// <summary>Action and target.</summary>
    public override string ToString() => $"{Action} {Target}";
}
