using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Kube.Changes;

/// <summary>One step of a plan: an object, and what is to happen to it.</summary>
public sealed record ChangeStep
{
    /// <summary>The kind of object.</summary>
    public required KubeResource Resource { get; init; }

    /// <summary>Its namespace; null for cluster scope.</summary>
    public required string? Namespace { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>What is to happen.</summary>
    public required ChangeAction Action { get; init; }

    /// <summary>Whether the step writes to the cluster.</summary>
    public bool Writes => Action is ChangeAction.Create or ChangeAction.Change or ChangeAction.Remove;

    /// <summary>The object in words: <c>Deployment default/reviews-v1</c>.</summary>
    public string Target => Namespace is null ? $"{Resource.Kind} {Name}" : $"{Resource.Kind} {Namespace}/{Name}";

    /// <summary>What is sent when the step is an apply.</summary>
    internal JsonObject? Manifest { get; init; }

    /// <summary>The object that is to be removed, and not one of the same name that took its place.</summary>
    internal string? Uid { get; init; }

    /// <summary>How the step is done where it is neither an apply nor a delete; null where it is.</summary>
    internal Func<CancellationToken, Task<ChangeOutcome>>? Perform { get; init; }

    /// <summary>Action and target.</summary>
    public override string ToString() => $"{Action} {Target}";
}
