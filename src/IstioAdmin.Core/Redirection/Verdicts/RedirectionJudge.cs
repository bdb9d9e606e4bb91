using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.Policies;
using IstioAdmin.Core.Redirection.Sources;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Proof.Escapes;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Core.Redirection.Verdicts;

/// <summary>
/// Judges pods: asks every clause of a pod's policy of the rules that were read out of it. Rules that many pods share are read and proven once.
/// Safe to use from several threads.
/// </summary>
public sealed class RedirectionJudge
{
    private readonly EscapeCache _cache = new();
    private readonly PodRulesetReader _reader;
    private readonly PolicyQuestions _questions = new();

    /// <summary>Starts with nothing proven.</summary>
    public RedirectionJudge() => _reader = new PodRulesetReader(_cache);

    /// <summary>Judges a pod of which nothing is to be read: it needs no redirection, or is not running.</summary>
    /// <returns>Null when its rules have to be read first.</returns>
    public static PodRedirection? WithoutRules(MeshPod pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        if (!pod.RedirectionExpected)
            return new PodRedirection { Pod = pod, Verdict = RedirectionVerdict.NotExpected, Findings = PodFindings.OfUnexpected(pod) };
        return pod.Phase == "Running" ? null : Unverified(pod, null, PodFindings.NotRunning(pod));
    }

    /// <summary>The result for a pod whose rules could not be read.</summary>
    public static PodRedirection Unread(MeshPod pod, RedirectionPolicy policy, MeshException failure) => Unverified(pod, policy, PodFindings.Unread(failure));

    /// <summary>Judges a pod by its rules.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="policy">What must hold.</param>
    /// <param name="rules">What was read.</param>
    public PodRedirection Judge(MeshPod pod, RedirectionPolicy policy, PodRules rules)
    {
        ArgumentNullException.ThrowIfNull(pod);
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(rules);
        PodRulesets rulesets = _reader.Read(rules.Dumps);
        TraceHost host = PodHost.Of(pod, rules);
        ClauseResult[] clauses = [.. policy.Clauses.Select(clause => Ask(clause, clause.Queries, rulesets, host, rules.Unseen))];
        ClauseResult[] disguised = [.. Disguised(pod, policy, rules).SelectMany(process => AskAs(process, policy, rulesets, host, rules.Unseen))];
        DirectionResult inbound = DirectionResult.Of([.. clauses.Where(result => result.Clause.Direction == PacketDirection.Inbound)]);
        DirectionResult outbound = DirectionResult.Of([.. clauses.Where(result => result.Clause.Direction != PacketDirection.Inbound), .. disguised]);
        EscapedPackets[] missed = [.. clauses.Concat(disguised).SelectMany(EscapesOf)];
        RedirectionVerdict verdict = Sum(inbound.State, outbound.State);
        RedirectionEvidence evidence = RedirectionEvidence.Of(rules, rulesets);
        return new PodRedirection
        {
            Pod = pod,
            Verdict = verdict,
            Inbound = inbound,
            Outbound = outbound,
            Escapes = missed,
            Findings = new RulesFindings(pod, policy, rulesets, evidence, verdict, [.. clauses, .. disguised], missed).List(),
            Evidence = evidence,
            Ruleset = [.. rulesets.ByFamily.Where(pair => pair.Key == IpFamily.IPv4 || PodHost.Concerns(pair.Key, host) || !RulesetUnion.IsInert(pair.Value[0])).Select(pair => pair.Value[0])],
            Rules = rules,
            Policy = policy,
        };
    }

    private static PodRedirection Unverified(MeshPod pod, RedirectionPolicy? policy, RedirectionFinding why) =>
        new() { Pod = pod, Verdict = RedirectionVerdict.Unverified, Policy = policy, Findings = [why] };

    private static RedirectionVerdict Sum(DirectionState inbound, DirectionState outbound)
    {
        DirectionState[] states = [.. new[] { inbound, outbound }.Where(state => state != DirectionState.Uncaptured)];
        return states switch
        {
            [] => RedirectionVerdict.NotExpected,
            _ when Array.TrueForAll(states, state => state == DirectionState.Open) => RedirectionVerdict.NotRedirected,
            _ when states.Any(state => state is DirectionState.Open or DirectionState.Escapes) => RedirectionVerdict.Partial,
            _ when states.Contains(DirectionState.Loops) => RedirectionVerdict.Looping,
            _ when states.Contains(DirectionState.Unproven) => RedirectionVerdict.Unverified,
            _ => RedirectionVerdict.Redirected,
        };
    }

    private ClauseResult Ask(PolicyClause clause, IEnumerable<ClauseQuery> queries, PodRulesets rulesets, TraceHost host, IReadOnlyList<IpFamily> unseen)
    {
        ClauseQuery[] concerned = [.. queries.Where(asked => PodHost.Concerns(asked.Family, host))];
        // Rules that are not shown may capture what those that are shown let go, and the other way round.
        ClauseAnswer[] answers = [.. from asked in concerned where !unseen.Contains(asked.Family) select new ClauseAnswer(asked.Family, Find(asked, rulesets, host))];
        EscapeVerdict unknown = answers.Length < concerned.Length ? EscapeVerdict.Unproven : EscapeVerdict.NoPackets;
        EscapeVerdict verdict = answers.Select(answer => answer.Answer.Verdict).Append(unknown).MaxBy(Badness);
        return new ClauseResult(clause, verdict, answers);
    }

    /// <summary>Where the order of the back ends is not known, the worse answer counts.</summary>
    private EscapeSet Find(ClauseQuery asked, PodRulesets rulesets, TraceHost host) =>
        rulesets.ByFamily[asked.Family].Select(ruleset => _cache.Find(ruleset, host, asked.Query)).MaxBy(answer => Badness(answer.Verdict))!;

    private IEnumerable<ClauseResult> AskAs(PodProcess process, RedirectionPolicy policy, PodRulesets rulesets, TraceHost host, IReadOnlyList<IpFamily> unseen)
    {
        foreach (PolicyClause clause in policy.Clauses)
        {
            if (clause is not { Kind: ClauseKind.Captured, Direction: PacketDirection.Outbound, OfProxy: false })
                continue;
            PolicyClause own = clause with
            {
                Name = clause.Name + "OfContainer",
                Text = $"{clause.Text}, when container {process.Container} sends it (uid {process.User}, gid {process.Group})",
                Sources = [$"Container {process.Container} runs with uid {process.User} and gid {process.Group}, which the rules take for the proxy"],
            };
            yield return Ask(own, clause.Queries.Select(query => _questions.SentBy(query, process.User, process.Group)), rulesets, host, unseen);
        }
    }

    /// <summary>Processes of the application that the rules take for the proxy.</summary>
    private static IEnumerable<PodProcess> Disguised(MeshPod pod, RedirectionPolicy policy, PodRules rules) => policy.Proxy is not { } proxy
        ? []
        : PodProcesses.OfApplication(pod, rules).Where(process => proxy.Users.Contains(process.User) || proxy.Groups.Contains(process.Group)).Distinct();

    private static IEnumerable<EscapedPackets> EscapesOf(ClauseResult result)
    {
        if (result is not { Clause.Kind: ClauseKind.Captured, Verdict: EscapeVerdict.Escapes })
            return [];
        return
            from answer in result.Answers
            where answer.Answer.Verdict == EscapeVerdict.Escapes
            from fate in answer.Answer.Escapes
            where !IsLoop(result.Clause, fate)
            select new EscapedPackets { Direction = result.Clause.Direction, Family = answer.Family, Clause = result.Clause, Fate = fate };
    }

    /// <summary>What the proxy sends, and another port than expected gets, is caught again: a loop, and no escape.</summary>
    private static bool IsLoop(PolicyClause clause, PacketFate fate) => clause.OfProxy && fate.Outcome == OutcomeKind.Redirected;

    private static int Badness(EscapeVerdict verdict) => verdict switch
    {
        EscapeVerdict.NoPackets => 0,
        EscapeVerdict.Proven => 1,
        EscapeVerdict.Unproven or EscapeVerdict.None => 2,
        EscapeVerdict.Loops => 3,
        _ => 4,
    };
}
