using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Model.Targets;

namespace IstioAdmin.Iptables.Tracing;

/// <summary>Walks the chains of one table for one hook: jumps, gotos, returns, and what each target does to the packet.</summary>
internal sealed class ChainWalker
{
    private readonly TraceHost _host;
    private readonly Dictionary<Chain, PreparedChain> _chains = new(ReferenceEqualityComparer.Instance);

    public ChainWalker(Ruleset ruleset, TraceHost host)
    {
        _host = host;
        foreach (Table table in ruleset.Tables)
        {
            var byName = table.Chains.ToDictionary(chain => chain.Name, chain => new PreparedChain(chain, ruleset), StringComparer.Ordinal);
            HashSet<string> cycles = ChainCycles.Find(table);
            foreach (PreparedChain chain in byName.Values)
            {
                _chains.Add(chain.Chain, chain);
                chain.Link(name => cycles.Contains(name) ? null : byName.GetValueOrDefault(name));
            }
        }
    }

    /// <summary>A chain as it is walked.</summary>
    public PreparedChain Find(Chain chain) => _chains[chain];

    /// <summary>Runs a chain that a hook calls; null when the packet goes on to the hook's next one.</summary>
    /// <param name="placed">The chain and its place.</param>
    /// <param name="start">The chain, as <see cref="Find"/> gives it.</param>
    /// <param name="packet">The packet.</param>
    /// <param name="path">Takes every rule that is tried; null when only the outcome matters.</param>
    public TraceOutcome? Walk(PlacedChain placed, PreparedChain start, PacketState packet, ICollection<TraceStep>? path)
    {
        (Hook hook, string table, string entry) = (placed.Base.Hook, placed.Table.Name, placed.Chain.Name);
        var callers = default(CallStack<PreparedChain>);
        PreparedChain chain = start;
        int index = 0;
        while (true)
        {
            if (index == chain.Rules.Length)
            {
                if (callers.TryPop(out PreparedChain caller, out int next))
                {
                    (chain, index) = (caller, next);
                    continue;
                }
                path?.Add(new TraceStep(hook, table, entry, 0, null, true));
                return start.Chain.Policy == ChainPolicy.Drop ? new TraceOutcome.Dropped(table, entry, null) : null;
            }
            if (path is null)
            {
                QuickTest[] tests = chain.Tests;
                while (index < tests.Length && tests[index].Excludes(packet))
                    index++;
                if (index == tests.Length)
                    continue;
            }
            PreparedRule prepared = chain.Rules[index++];
            Rule rule = prepared.Rule;
            // A quick test that found nothing has answered for its matches, but where NAT left a choice.
            bool answered = path is null && packet.Source == packet.SourceLast && packet.Destination == packet.DestinationLast;
            Fit fit = Fits(answered ? prepared.OtherMatches : prepared.Matches, packet, out Match? doubtful);
            path?.Add(new TraceStep(hook, table, chain.Chain.Name, index, rule, fit == Fit.Unknown ? null : fit == Fit.Yes));
            if (fit == Fit.No || prepared.Steps.Length == 0)
                continue;
            if (fit == Fit.Unknown)
                return new TraceOutcome.Undecided(rule, doubtful!.ToString());
            foreach (Target target in prepared.Steps)
            {
                switch (target)
                {
                    case AcceptTarget:
                        return null;
                    case DropTarget:
                        return new TraceOutcome.Dropped(table, chain.Chain.Name, rule);
                    case RejectTarget reject:
                        if (packet.TransparentPort is null || !IsUnheard(reject, packet.Packet.Family))
                            return new TraceOutcome.Rejected(rule, reject.With);
                        return _host.IsLocal(packet.Packet.Family, packet.Destination, packet.DestinationLast) switch
                        {
                            true => new TraceOutcome.Rejected(rule, reject.With),
                            false => new TraceOutcome.Dropped(table, chain.Chain.Name, rule),
                            null => new TraceOutcome.Undecided(rule, reject.ToString()),
                        };
                    case ReturnTarget:
                        index = chain.Rules.Length;
                        break;
                    case JumpTarget or GotoTarget:
                        // A chain that is not there, or that would be walked without end.
                        if (prepared.Callee is not { } callee)
                            return new TraceOutcome.Undecided(rule, target.ToString());
                        if (target is JumpTarget)
                            callers.Push(chain, index);
                        (chain, index) = (callee, 0);
                        break;
                    case UnknownTarget unknown:
                        return new TraceOutcome.Undecided(rule, unknown.Words);
                    default:
                        if (TargetEffect.Apply(target, rule, packet, _host, out TraceOutcome? ended))
                            return ended;
                        break;
                }
            }
        }
    }

    /// <summary>
    /// IPv4's ICMP errors come from the address that the packet was sent to, when it was to be delivered here. Of what TPROXY took that is
    /// not one of the host's own, and routing refuses it (net/ipv4/icmp.c, __icmp_send): the sender hears nothing.
    /// </summary>
    internal static bool IsUnheard(RejectTarget reject, IpFamily family) => family == IpFamily.IPv4 && reject.With != "tcp-reset";

    private Fit Fits(Match[] matches, PacketState packet, out Match? doubtful)
    {
        doubtful = null;
        Fit fit = Fit.Yes;
        foreach (Match match in matches)
        {
            switch (Condition.Test(match, packet, _host))
            {
                case Fit.No:
                    return Fit.No;
                case Fit.Unknown:
                    doubtful ??= match;
                    fit = Fit.Unknown;
                    break;
            }
        }
        return fit;
    }

    /// <summary>A chain as it is walked: callees found, matches laid out.</summary>
    internal sealed class PreparedChain
    {
        public PreparedChain(Chain chain, Ruleset ruleset)
        {
            Chain = chain;
            Rules = [.. chain.Rules.Select(rule => new PreparedRule(rule, ruleset))];
            Tests = [.. Rules.Select(rule => rule.Test)];
        }

        public Chain Chain { get; }

        public PreparedRule[] Rules { get; }

        public QuickTest[] Tests { get; }

        public void Link(Func<string, PreparedChain?> find)
        {
            foreach (PreparedRule rule in Rules)
            {
                // A verdict is the last thing that a rule does.
                rule.Callee = rule.Steps.LastOrDefault() switch
                {
                    JumpTarget jump => find(jump.Chain),
                    GotoTarget go => find(go.Chain),
                    _ => null,
                };
            }
        }
    }

    /// <summary>A rule as it is walked.</summary>
    internal sealed class PreparedRule
    {
        public PreparedRule(Rule rule, Ruleset ruleset)
        {
            Rule = rule;
            Matches = [.. KernelView.Of(rule, ruleset)];
            Test = QuickTest.Of(Matches, out Match[] others);
            OtherMatches = others;
            Steps = [.. SequenceTarget.Steps(rule.Target).Where(target => target is not PassingTarget)];
        }

        public Rule Rule { get; }

        public Match[] Matches { get; }

        public QuickTest Test { get; }

        public Match[] OtherMatches { get; }

        public Target[] Steps { get; }

        public PreparedChain? Callee { get; set; }
    }
}
