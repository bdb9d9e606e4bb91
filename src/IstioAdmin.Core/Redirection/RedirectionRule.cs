using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Core.Redirection;

/// <summary>One row of <see cref="RedirectionRules"/>: a question about a pod, the releases that ask it, and where upstream asks it.</summary>
/// <param name="Name">Name of the condition.</param>
/// <param name="Source">The upstream file, by release.</param>
/// <param name="Ask">The answer.</param>
internal sealed record RedirectionRule(
    string Name,
    Func<IstioRelease?, string> Source,
    Func<RedirectionFacts, RedirectionContext, RedirectionAnswer> Ask)
{
    /// <summary>The first release that asks it; null for those of all times.</summary>
    public IstioRelease? Since { get; init; }

    /// <summary>The first release that no longer asks it; null while it stands.</summary>
    public IstioRelease? Before { get; init; }

    /// <summary>Whether a pod that fails it is not redirected at all, rather than redirected without Istio wanting it.</summary>
    public bool DecidesMethod { get; init; } = true;

    /// <summary>Whether a release asks it; an unknown one (null) counts as the newest.</summary>
    public bool HoldsIn(IstioRelease? release) => release is { } known
        ? (Since is null || known >= Since) && (Before is null || known < Before)
        : Before is null;
}

/// <summary>An answer to a rule's question.</summary>
/// <param name="Met">Whether the condition is met.</param>
/// <param name="Value">The value that decided, in words.</param>
internal readonly record struct RedirectionAnswer(bool Met, string Value);
