using IstioAdmin.Core.Redirection.Verdicts;

namespace IstioAdmin.Cluster.Tests.Redirection;

/// <summary>A way to break the redirection of a pod, or to make it look broken: what to tell of it, and packets that show it.</summary>
/// <param name="Name">The way in a few words.</param>
/// <param name="Pod">The pod that it is done to.</param>
/// <param name="Verdict">The verdict that is right.</param>
/// <param name="Script">Puts the rules there; null leaves the pod as it was started.</param>
/// <param name="Traffic">Packets, and where they end with these rules.</param>
internal sealed record Breakage(string Name, PodShape Pod, RedirectionVerdict Verdict, PodScript? Script, params IReadOnlyList<Sent> Traffic)
{
    /// <summary>The name of a finding that must be among the others; null for none in particular.</summary>
    public string? Finding { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
