using IstioAdmin.Core.Redirection.Policies;
using IstioAdmin.Iptables.Proof.Escapes;

namespace IstioAdmin.Core.Redirection.Verdicts;

/// <summary>What was found about the traffic of one direction.</summary>
/// <param name="State">In one word.</param>
/// <param name="Clauses">Clause by clause, in the policy's order.</param>
public sealed record DirectionResult(DirectionState State, IReadOnlyList<ClauseResult> Clauses)
{
    internal static DirectionResult Nothing { get; } = new(DirectionState.NotJudged, Array.Empty<ClauseResult>());

    /// <summary>The state.</summary>
    public override string ToString() => State.ToString();

    /// <summary>Sums clauses up.</summary>
    internal static DirectionResult Of(IReadOnlyList<ClauseResult> clauses)
    {
        ClauseResult[] captured = [.. clauses.Where(result => result.Clause.Kind == ClauseKind.Captured && result.Verdict != EscapeVerdict.NoPackets)];
        DirectionState state = captured switch
        {
            _ when Array.TrueForAll(captured, result => result.Clause.OfProxy) => DirectionState.Uncaptured,
            _ when captured.Any(result => result.Verdict == EscapeVerdict.Escapes && !IsOnlyCaughtAgain(result)) =>
                Array.TrueForAll(captured, result => result.Verdict != EscapeVerdict.Unproven && !AnyRedirected(result)) ? DirectionState.Open : DirectionState.Escapes,
            _ when clauses.Any(result => result.Verdict == EscapeVerdict.Loops || IsCaughtAgain(result)) => DirectionState.Loops,
            _ when captured.Any(result => !result.Holds) => DirectionState.Unproven,
            _ => DirectionState.Proven,
        };
        return new(state, clauses);
    }

    /// <summary>Whether the proxy's own packets are redirected: to whichever port, they do not get where they were sent.</summary>
    internal static bool IsCaughtAgain(ClauseResult result) =>
        result.Clause.OfProxy && result.Verdict == EscapeVerdict.Escapes
        && result.Answers.Any(answer => answer.Answer.Verdict == EscapeVerdict.Escapes && answer.Answer.Escapes.Any(fate => fate.Outcome == Iptables.Tracing.OutcomeKind.Redirected));

    private static bool IsOnlyCaughtAgain(ClauseResult result) => result.Clause.OfProxy
        && result.Answers.All(answer => answer.Answer.Verdict != EscapeVerdict.Escapes || answer.Answer.Escapes.All(fate => fate.Outcome == Iptables.Tracing.OutcomeKind.Redirected));

    // What was sent to the proxy's port in the first place says nothing about the rules.
    private static bool AnyRedirected(ClauseResult result) =>
        result.Answers.Any(answer => answer.Answer.Met.Any(fate => fate.Outcome == Iptables.Tracing.OutcomeKind.Redirected));
}

/// <summary>The traffic of one direction, in one word.</summary>
public enum DirectionState
{
    /// <summary>It was not looked at.</summary>
    NotJudged,

    /// <summary>The policy captures nothing.</summary>
    Uncaptured,

    /// <summary>Every single packet that must enter the proxy does.</summary>
    Proven,

    /// <summary>It depends on something that is not understood or not shown.</summary>
    Unproven,

    /// <summary>The proxy's own packets are caught again.</summary>
    Loops,

    /// <summary>Some packets escape.</summary>
    Escapes,

    /// <summary>Nothing is redirected.</summary>
    Open,
}
