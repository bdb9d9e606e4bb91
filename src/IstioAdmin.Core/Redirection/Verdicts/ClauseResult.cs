using IstioAdmin.Core.Redirection.Policies;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Proof.Escapes;

namespace IstioAdmin.Core.Redirection.Verdicts;

/// <summary>What a pod's rules make of one clause of its policy.</summary>
/// <param name="Clause">The clause.</param>
/// <param name="Verdict">The worst of the answers; NoPackets when there is nothing to ask.</param>
/// <param name="Answers">The answers, one for each of the clause's questions that concern this pod.</param>
public sealed record ClauseResult(PolicyClause Clause, EscapeVerdict Verdict, IReadOnlyList<ClauseAnswer> Answers)
{
    /// <summary>The clause's name.</summary>
    public string Name => Clause.Name;

    /// <summary>Whether the clause holds for every single packet.</summary>
    public bool Holds => Verdict is EscapeVerdict.Proven or EscapeVerdict.NoPackets;

    /// <summary>The verdict and the clause.</summary>
    public override string ToString() => $"{Verdict}: {Clause.Text}";
}

/// <summary>The answer to one question of a clause.</summary>
/// <param name="Family">The family of the packets.</param>
/// <param name="Answer">The answer; its lists are worked out when somebody looks at them.</param>
public sealed record ClauseAnswer(IpFamily Family, EscapeSet Answer);
