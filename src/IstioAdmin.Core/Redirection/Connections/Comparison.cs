using IstioAdmin.Core.Redirection.PacketPaths;
using IstioAdmin.Core.Redirection.Sources;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Model.Targets;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Core.Redirection.Connections;

/// <summary>
/// Sets what was seen of a connection against what the rules let expect. Three things are seen: how the attempt ended, which socket of the pod took
/// the connection, and the counters of the rules before and after. Counters are the pod's: other connections raise them too, so a counter that
/// stood still speaks against a prediction, and one that rose only where there is nothing better.
/// </summary>
internal static class Comparison
{
    /// <summary>Compares.</summary>
    /// <param name="predicted">What the rules let expect.</param>
    /// <param name="owner">Whose the connection was.</param>
    /// <param name="before">The rules before, with counters.</param>
    /// <param name="call">The attempt.</param>
    public static PodConnection Of(PacketPath predicted, PacketOwner owner, PodRules before, ConnectionCall call)
    {
        PacketTrace? trace = Decisive(predicted.Sender);
        IReadOnlyList<RuleHit>? hits = Hits(predicted, before, call.After, trace);
        string[] objections = [.. Objections(predicted, call, trace, hits)];
        return new()
        {
            Cluster = predicted.From.Cluster,
            Namespace = predicted.From.Namespace,
            Name = predicted.From.Name,
            To = predicted.To,
            Address = predicted.To.Address,
            Port = predicted.To.Port,
            User = owner.User,
            Group = owner.Group,
            Outcome = call.Outcome,
            TakenBy = call.Taker?.Local.ToString(),
            Predicted = predicted,
            Observed = hits ?? [],
            Agrees = objections.Length == 0,
            Text = [Happened(predicted, call), $"Predicted: {predicted.Sender.Text}", .. objections],
            Reader = before.Reader,
        };
    }

    private static string Happened(PacketPath path, ConnectionCall call)
    {
        string what = $"A connection from {path.From} to {path.To.Address} port {path.To.Port}";
        string words = call.Words.Length > 0 ? $": {call.Words}" : "";
        return call.Outcome switch
        {
            ConnectionOutcome.Connected when call.Taker is { } taker => $"{what} was taken in the pod itself, by {taker.Local}.",
            ConnectionOutcome.Connected when call.Socket is not null => $"{what} left the pod and was taken.",
            ConnectionOutcome.Connected => $"{what} was taken, and closed before it was seen by whom.",
            ConnectionOutcome.Refused => $"{what} was refused{words}.",
            ConnectionOutcome.TimedOut => $"{what} was not answered in time{words}.",
            ConnectionOutcome.Unreachable => $"{what} found no way{words}.",
            _ => $"{what} failed{words}.",
        };
    }

    private static IEnumerable<string> Objections(PacketPath path, ConnectionCall call, PacketTrace? trace, IReadOnlyList<RuleHit>? hits)
    {
        if (path.Sender.Verdict == LegVerdict.Unknown)
        {
            yield return "There is no prediction to compare with.";
            yield break;
        }
        if (hits is null)
        {
            yield return "The pod's rules were not the same afterwards, or could not be read again: their counters tell nothing.";
            yield break;
        }
        foreach ((RuleLocation at, RuleCounters _) in Expected(trace))
        {
            if (!hits.Any(hit => hit.Table == at.Table && hit.Chain == at.Chain && hit.Number == at.Number))
                yield return $"No packet came to rule {at.Number} of {at.Chain} in table {at.Table}, which this one should have met: {at.Rule}.";
        }
        if (call.Outcome == ConnectionOutcome.Connected)
        {
            if (path.Sender.Verdict == LegVerdict.Blocked)
                yield return "It should have been stopped in the pod.";
            else if (call.Socket is not null && Elsewhere(trace, call) is { } elsewhere)
                yield return elsewhere;
            if (path is { Sender.Verdict: LegVerdict.Direct, Receiver.Verdict: LegVerdict.Blocked, To.Endpoints.Count: 1 })
                yield return $"It should have been stopped at {path.Receiver.Pod}.";
        }
        else if (path.Sender.Verdict == LegVerdict.Direct)
        {
            foreach (RuleHit hit in hits.Where(hit => !hit.Predicted && Redirects(path.Sender, hit)))
                yield return $"A rule that should not have met it did, or another connection of the pod met it at the same moment: {hit}.";
        }
    }

    /// <summary>Where it was taken if not where it should have been; null when that fits.</summary>
    private static string? Elsewhere(PacketTrace? trace, ConnectionCall call) => (trace?.Outcome, call.Taker?.Local) switch
    {
        (TraceOutcome.Delivered delivered, null) => $"It should have come to port {delivered.Port} of the pod itself.",
        (TraceOutcome.Delivered delivered, { } at) when at.Port < delivered.Port || at.Port > delivered.PortLast => $"It should have come to port {delivered.Port}, not {at.Port}.",
        // Without rules there is no trace, and the pod may have called itself.
        (TraceOutcome.Delivered, _) => null,
        (null, { } at) when at.Equals(call.Socket!.Remote) => null,
        (_, { } at) => $"It should have left the pod, and was taken there by {at}.",
        _ => null,
    };

    private static bool Redirects(PacketLeg leg, RuleHit hit) => leg.Traces
        .Select(trace => trace.Ruleset.Tables.FirstOrDefault(table => table.Name == hit.Table)?.Find(hit.Chain)?.Rules.ElementAtOrDefault(hit.Number - 1))
        .Any(rule => rule?.Target is RedirectTarget or DnatTarget && rule.ToString() == hit.Text);

    /// <summary>Of two orders of the back ends, the one that the verdict comes from.</summary>
    private static PacketTrace? Decisive(PacketLeg leg) => leg.Traces.Count <= 1
        ? leg.Traces.Count == 0 ? null : leg.Traces[0]
        : leg.Traces.FirstOrDefault(trace => leg.Verdict switch
        {
            LegVerdict.Blocked => trace.Outcome is TraceOutcome.Dropped or TraceOutcome.Rejected,
            LegVerdict.Proxied or LegVerdict.Dns => trace.Outcome is TraceOutcome.Delivered { By: not null },
            _ => true,
        });

    /// <summary>The rules that count packets and that the packet should have met.</summary>
    private static IEnumerable<(RuleLocation At, RuleCounters Before)> Expected(PacketTrace? trace) => trace is null ? [] : trace.Steps
        .Where(step => step is { Matched: true, Rule.Counters: not null })
        .Select(step => (new RuleLocation(step.Table, step.Chain, step.Number, step.Rule!), step.Rule!.Counters!.Value))
        .DistinctBy(step => (step.Item1.Table, step.Item1.Chain, step.Item1.Number));

    /// <summary>The rules whose counters rose; null when the rules were others afterwards.</summary>
    private static List<RuleHit>? Hits(PacketPath path, PodRules before, PodRules? after, PacketTrace? trace)
    {
        if (after is null)
            return null;
        IpFamily family = path.To.Family;
        // The rules are the same in both orders of the back ends.
        IEnumerable<Ruleset> old = ReadRulesets.Of(before, family).Take(1), now = ReadRulesets.Of(after, family).Take(1);
        if (old.Any() != now.Any())
            return null;
        HashSet<(string, string, int)> expected = [.. Expected(trace).Select(step => (step.At.Table, step.At.Chain, step.At.Number))];
        var hits = new List<RuleHit>();
        foreach ((Ruleset was, Ruleset @is) in old.Zip(now))
        {
            (Table Table, Chain Chain, int Number, Rule Rule)[] first = [.. Numbered(was)], second = [.. Numbered(@is)];
            if (!first.Select(rule => (rule.Table.Name, rule.Chain.Name, rule.Rule.ToString())).SequenceEqual(second.Select(rule => (rule.Table.Name, rule.Chain.Name, rule.Rule.ToString()))))
                return null;
            for (int i = 0; i < first.Length; i++)
            {
                (Table table, Chain chain, int number, Rule rule) = second[i];
                if (rule.Counters is { } counted && first[i].Rule.Counters is { } at && counted.Packets > at.Packets)
                    hits.Add(new(table.Name, chain.Name, number, rule.ToString(), counted.Packets - at.Packets, expected.Contains((table.Name, chain.Name, number))));
            }
        }
        return hits;
    }

    private static IEnumerable<(Table Table, Chain Chain, int Number, Rule Rule)> Numbered(Ruleset ruleset) =>
        from table in ruleset.Tables
        from chain in table.Chains
        from rule in chain.Rules.Select((rule, i) => (Rule: rule, Number: i + 1))
        select (table, chain, rule.Number, rule.Rule);
}
