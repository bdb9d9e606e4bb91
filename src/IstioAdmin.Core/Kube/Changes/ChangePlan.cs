namespace IstioAdmin.Core.Kube.Changes;

/// <summary>What an installation or a removal would do, step by step. Making a plan changes nothing in the cluster.</summary>
public sealed record ChangePlan
{
    /// <summary>The cluster it was made for.</summary>
    public required MeshCluster Cluster { get; init; }

    /// <summary>What is installed or removed, in one word: value of the label <c>app.kubernetes.io/part-of</c> of its objects.</summary>
    public required string PartOf { get; init; }

    /// <summary>Its version; null when a removal found no object that tells it.</summary>
    public required string? Version { get; init; }

    /// <summary>The namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>What the errors of this plan begin with: <c>Sample</c> gives <c>SampleIncomplete</c>.</summary>
    public required string ErrorNoun { get; init; }

    /// <summary>The steps, in the order in which they run.</summary>
    public required IReadOnlyList<ChangeStep> Steps { get; init; }

    /// <summary>Whether fields that another manager owns are taken over.</summary>
    internal bool Force { get; init; }

    /// <summary>Whether it takes something away; only for the words of errors.</summary>
    internal bool Removes { get; init; }

    /// <summary>Whether there was something to do and all of it has been declined.</summary>
    public bool Declined => Steps.Any(step => step.Action == ChangeAction.Decline) && !Steps.Any(step => step.Writes);

    /// <summary>Asks about each step that writes, in order, and declines those that are not approved.</summary>
    public ChangePlan Approve(Func<ChangeStep, bool> ask) => this with
    {
        Steps = [.. Steps.Select(step => step.Writes && !ask(step) ? step with { Action = ChangeAction.Decline } : step)],
    };
}
