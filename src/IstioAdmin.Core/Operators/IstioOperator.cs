using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Operators;

/// <summary>An operator that runs, or should run, in a cluster.</summary>
public sealed record IstioOperator
{
    /// <summary>Name of the connected cluster.</summary>
    public required string Cluster { get; init; }

    /// <summary>Which operator: Banzai, Cisco or Sail.</summary>
    public required string Distribution { get; init; }

    /// <summary>Its namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>Name of its workload.</summary>
    public required string Name { get; init; }

    /// <summary>Kind of its workload: Deployment or StatefulSet.</summary>
    public required string Kind { get; init; }

    /// <summary>Its version, from the image's tag; null when the image has none.</summary>
    public string? Version { get; init; }

    /// <summary>Minor version of Istio that it was installed for, where this module installed it.</summary>
    public string? Line { get; init; }

    /// <summary>Its image.</summary>
    public required string Image { get; init; }

    /// <summary>Whether its pods of the current template, and only those, are there and ready.</summary>
    public required bool Ready { get; init; }

    /// <summary>What is in the way; null when it is ready.</summary>
    public string? Message { get; init; }

    /// <summary>Who installed it: IstioAdmin, a Helm release, the Operator Lifecycle Manager, or the managers of its fields.</summary>
    public required string InstalledBy { get; init; }

    /// <summary>Its objects and what happened to each, after a change.</summary>
    public IReadOnlyList<Kube.Changes.ChangedObject> Objects { get; init; } = [];

    /// <summary>The workload itself.</summary>
    public JsonObject? Resource { get; init; }

    /// <summary>The operator in words: <c>Banzai istio-system/istio-operator</c>.</summary>
    public override string ToString() => $"{Distribution} {Namespace}/{Name}";
}
