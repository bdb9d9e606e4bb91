using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;

namespace IstioAdmin.Core.Samples;

/// <summary>One step of a plan: an object, and what is to happen to it.</summary>
public sealed record SampleStep
{
    /// <summary>The kind of object.</summary>
    public required KubeResource Resource { get; init; }

    /// <summary>Its namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>What is to happen.</summary>
    public required SampleAction Action { get; init; }

    /// <summary>Whether the step writes to the cluster.</summary>
    public bool Writes => Action is SampleAction.Create or SampleAction.Change or SampleAction.Remove;

    /// <summary>The object in words: <c>Deployment default/reviews-v1</c>.</summary>
    public string Target => $"{Resource.Kind} {Namespace}/{Name}";

    /// <summary>What is sent when the step is an apply.</summary>
    internal JsonObject? Manifest { get; init; }

    /// <summary>The object that is to be removed, and not one of the same name that took its place.</summary>
    internal string? Uid { get; init; }

    /// <summary>Action and target.</summary>
    public override string ToString() => $"{Action} {Target}";
}
