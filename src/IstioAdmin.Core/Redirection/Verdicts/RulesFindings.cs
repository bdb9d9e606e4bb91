using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.Policies;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Proof.Escapes;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Core.Redirection.Verdicts;

/// <summary>Findings about a pod whose rules were read.</summary>
internal sealed class RulesFindings(
    MeshPod pod, RedirectionPolicy policy, PodRulesets rulesets, RedirectionEvidence evidence, RedirectionVerdict verdict, IReadOnlyList<ClauseResult> results, IReadOnlyList<EscapedPackets> missed)
{
    /// <summary>Boxes of one clause that get a sentence of their own; the others are counted.</summary>
    private const int MostSentences = 3;

    private const string RestartRemedy = "Restart its workload, so that the rules are written anew: Repair-PodRedirection.";

    private readonly List<RedirectionFinding> _findings = [];

    /// <summary>The findings, the worst first.</summary>
    public RedirectionFinding[] List()
    {
        if (rulesets.IsEmpty && verdict != RedirectionVerdict.Unverified && policy.Clauses.Any(clause => clause.Kind == ClauseKind.Captured))
            AddNoRules();
        else
            AddMissed();
        foreach (ClauseResult result in results)
            AddOther(result);
        // What the specification warns of is said once when the rules prove it.
        foreach (PolicyProblem problem in policy.Problems.Where(problem => problem.Name != "RunsAsProxy" || !_findings.Exists(finding => finding.Name == "ApplicationRunsAsProxy")))
            _findings.Add(new(problem.Name, FindingSeverity.Warning, problem.Text, problem.Remedy));
        AddBackends();
        AddLeftByDesign();
        AddEvidence();
        return [.. _findings.OrderByDescending(finding => finding.Severity)];
    }

    private void AddNoRules()
    {
        string why = pod.RedirectMethod switch
        {
            RedirectMethod.InitContainer => "istio-init wrote them once, and nothing writes them again when the node restarts or somebody flushes them",
            RedirectMethod.Ambient => "the node's CNI agent has not added the pod to the mesh, or the rules were removed",
            _ => "it was started when the CNI plugin was not in the node's chain or its agent was not ready, or the rules were removed",
        };
        _findings.Add(new("NoRules", FindingSeverity.Error,
            $"The pod's network namespace holds no rules: {why}. All inbound traffic reaches the application past the proxy, and all outbound traffic leaves past it.",
            pod.RedirectMethod == RedirectMethod.InitContainer ? RestartRemedy : RestartRemedy + " Test-IstioCni tells whether the node is in order."));
    }

    private void AddMissed()
    {
        foreach (IGrouping<(PolicyClause Clause, string Name), EscapedPackets> group in missed.GroupBy(escape => (escape.Clause, NameOf(escape))))
        {
            EscapedPackets[] all = [.. group];
            foreach (EscapedPackets escape in all.Take(MostSentences))
                _findings.Add(new(group.Key.Name, FindingSeverity.Error, escape.Text + From(group.Key.Clause), RemedyOf(escape)));
            if (all.Length > MostSentences)
                _findings.Add(new(group.Key.Name, FindingSeverity.Error, $"{all.Length - MostSentences} more sets of packets break the same clause ({group.Key.Clause.Name}); they are in Escapes.", null));
        }
    }

    private static string NameOf(EscapedPackets escape) => escape.Outcome switch
    {
        OutcomeKind.Dropped or OutcomeKind.Rejected => $"{escape.Direction}Blocked",
        OutcomeKind.Redirected => $"{escape.Direction}Misdirected",
        _ => IsDisguised(escape.Clause) ? "ApplicationRunsAsProxy" : $"{escape.Direction}Escapes",
    };

    private static bool IsDisguised(PolicyClause clause) => clause.Name.EndsWith("OfContainer", StringComparison.Ordinal);

    private string RemedyOf(EscapedPackets escape) => escape switch
    {
        _ when IsDisguised(escape.Clause) => "Give the container another user and group than the proxy's, with runAsUser and runAsGroup in its security context.",
        { Outcome: OutcomeKind.Dropped or OutcomeKind.Rejected } => "Find out who added the rule; restarting the workload makes a network namespace without it: Repair-PodRedirection.",
        _ when pod.RedirectMethod is RedirectMethod.Cni or RedirectMethod.Ambient => RestartRemedy + " If the new pod has the same rules, the node's agent is to blame: Test-IstioCni.",
        _ => RestartRemedy,
    };

    // The default needs no mention; what somebody set does.
    private static string From(PolicyClause clause) => IsDisguised(clause) ? $" {clause.Sources[0]}." : clause.Sources.FirstOrDefault(IsSet) is { } source ? $" It must enter the proxy by {source}." : "";

    private static bool IsSet(string source) => source.StartsWith("annotation", StringComparison.Ordinal) || source.StartsWith("argument", StringComparison.Ordinal);

    private void AddOther(ClauseResult result)
    {
        if (result.Holds)
            return;
        foreach (ClauseAnswer answer in result.Answers)
        {
            EscapeSet set = answer.Answer;
            if (set.Verdict is EscapeVerdict.Loops || DirectionResult.IsCaughtAgain(result))
            {
                PacketFate? loop = set.Loops.Concat(set.Escapes).FirstOrDefault(fate => fate.Outcome == OutcomeKind.Redirected);
                if (loop is not null)
                {
                    _findings.Add(new("ProxyLoops", FindingSeverity.Error,
                        $"The proxy's own packets come back to it: {Words(answer.Family, loop)} is redirected to {loop.To}{VerdictText.Because(loop)}.", RestartRemedy));
                }
            }
            if (set.Verdict == EscapeVerdict.Unproven)
                AddUnproven(result.Clause, answer);
            if (set.Verdict == EscapeVerdict.Escapes && result.Clause.Kind != ClauseKind.Captured)
                AddBroken(result.Clause, answer);
        }
    }

    private void AddUnproven(PolicyClause clause, ClauseAnswer answer)
    {
        IEnumerable<string> reasons = answer.Answer.Unproven.Take(MostSentences).Select(fate => $"{Words(answer.Family, fate)} cannot be decided{VerdictText.Because(fate)}.").Concat(answer.Answer.Gaps);
        foreach (string reason in reasons)
            _findings.Add(new("NotProven", FindingSeverity.Error, $"{clause.Name} could not be proven: {reason}", "Read the rule, and judge by hand what it does; Get-PodIptables shows all of them."));
    }

    private void AddBroken(PolicyClause clause, ClauseAnswer answer)
    {
        foreach (PacketFate fate in answer.Answer.Escapes.Where(fate => clause.Kind != ClauseKind.ProxyOwn || fate.Outcome != OutcomeKind.Redirected).Take(MostSentences))
        {
            string name = clause.Kind == ClauseKind.ProxyOwn ? "ProxyBlocked" : fate.Outcome is OutcomeKind.Dropped or OutcomeKind.Rejected ? "LeftIsBlocked" : "LeftIsCaptured";
            string outcome = fate.Outcome switch
            {
                OutcomeKind.Redirected => $"is redirected to {fate.To}",
                OutcomeKind.Dropped => "is dropped",
                OutcomeKind.Rejected => "is rejected",
                OutcomeKind.SentElsewhere => $"is sent to {fate.To}",
                OutcomeKind.Sent => "leaves the pod",
                _ => "is delivered",
            };
            _findings.Add(new(name, FindingSeverity.Warning, $"{Words(answer.Family, fate)} {outcome}{VerdictText.Because(fate)}. But: {clause.Text}{Source(clause)}.", RestartRemedy));
        }
    }

    private static string Source(PolicyClause clause) => clause.Sources.Count == 0 ? "" : $" ({string.Join("; ", clause.Sources)})";

    private static string Words(IpFamily family, PacketFate fate) => $"{family} {fate.Packets}";

    private void AddBackends()
    {
        if (evidence.Backends.Count > 1)
        {
            _findings.Add(new("SeveralBackends", FindingSeverity.Warning,
                $"{string.Join(" and ", evidence.Backends)} both hold rules in this pod, and the kernel runs all of them; the clauses were proven for either order.",
                "Find out which program writes the second set; istio-init and the CNI plugin of one release use one back end. Restarting the workload leaves only what is still written."));
        }
    }

    /// <summary>What somebody left out of the mesh on purpose is no fault, and yet what an administrator looks for.</summary>
    private void AddLeftByDesign()
    {
        foreach (PolicyClause clause in policy.Clauses.Where(clause => clause.Kind == ClauseKind.Left && clause.Sources.Any(IsSet)))
            _findings.Add(new("LeftByDesign", FindingSeverity.Info, $"By design past the proxy: {clause.Text}, set by {string.Join("; ", clause.Sources.Where(IsSet))}.", null));
        if (verdict == RedirectionVerdict.NotExpected)
        {
            _findings.Add(new("NothingCaptured", FindingSeverity.Warning, "The pod's settings leave nothing to redirect: all of its traffic is past the proxy, by design.",
                "Look at its traffic.sidecar.istio.io annotations."));
        }
    }

    private void AddEvidence()
    {
        FindingSeverity severity = verdict == RedirectionVerdict.Unverified ? FindingSeverity.Error : FindingSeverity.Warning;
        foreach (string gap in evidence.Gaps)
            _findings.Add(new("NotSeen", severity, gap, "Read the rules in a way that shows all of them: -Source and -InspectorImage."));
        if (evidence.IsWeak)
        {
            _findings.Add(new("WeakEvidence", FindingSeverity.Warning, "The rules are those that istio-init wrote when the pod started; what is in force now was not seen.",
                "Use -Source Node, which reads the rules themselves."));
        }
    }
}
