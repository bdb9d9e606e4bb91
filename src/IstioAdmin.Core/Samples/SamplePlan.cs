using IstioAdmin.Core.Kube;

namespace IstioAdmin.Core.Samples;

/// <summary>What an installation or a removal would do, step by step. Making a plan changes nothing in the cluster.</summary>
public sealed record SamplePlan
{
    /// <summary>The cluster it was made for.</summary>
    public required MeshCluster Cluster { get; init; }

    /// <summary>Name of the sample.</summary>
    public required string Sample { get; init; }

    /// <summary>Version of the sample; null when a removal found no deployment that tells it.</summary>
    public required string? Version { get; init; }

    /// <summary>The namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>The steps, in the order in which they run.</summary>
    public required IReadOnlyList<SampleStep> Steps { get; init; }

    /// <summary>Selects the pods of every version of the sample's workloads, and perhaps others.</summary>
    internal string PodSelector { get; init; } = "";

    /// <summary>Whether fields that another manager owns are taken over.</summary>
    internal bool Force { get; init; }

    /// <summary>Whether there was something to do and all of it has been declined.</summary>
    public bool Declined => Steps.Any(step => step.Action == SampleAction.Decline) && !Steps.Any(step => step.Writes);

    /// <summary>Asks about each step that writes, in order, and declines those that are not approved.</summary>
    public SamplePlan Approve(Func<SampleStep, bool> ask) => this with
    {
        Steps = [.. Steps.Select(step => step.Writes && !ask(step) ? step with { Action = SampleAction.Decline } : step)],
    };
}
