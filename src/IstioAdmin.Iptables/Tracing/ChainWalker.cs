using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Model.Targets;

namespace IstioAdmin.Iptables.Tracing;

/// <summary>Walks one table's chains for one hook: jumps, gotos, returns, and what each target does to the packet.</summary>
internal sealed class ChainWalker
{
    private readonly TraceHost _host;
    private readonly Dictionary<(string Table, string Chain), PreparedChain> _chains = [];

    public ChainWalker(Ruleset ruleset, TraceHost host)
    {
        _host = host;
        foreach (Table table in ruleset.Tables)
        {
            foreach (Chain chain in table.Chains)
                _chains.Add((table.Name, chain.Name), new PreparedChain(chain));
            HashSet<string> cycles = ChainCycles.Find(table);
            foreach (Chain chain in table.Chains)
                _chains[(table.Name, chain.Name)].Link(name => cycles.Contains(name) ? null : _chains.GetValueOrDefault((table.Name, name)));
        }
    }

    /// <summary>Runs a hook's chain of a table; null when the packet goes on.</summary>
    public TraceOutcome? Walk(Hook hook, string table, PacketState packet, ICollection<TraceStep>? path)
    {
        string entry = HookOrder.Chain(hook);
        if (!_chains.TryGetValue((table, entry), out PreparedChain? start))
            return null;
        var callers = new Stack<(PreparedChain Chain, int Next)>();
        PreparedChain chain = start;
        int index = 0;
        while (true)
        {
            if (index == chain.Rules.Length)
            {
                if (callers.TryPop(out (PreparedChain Chain, int Next) caller))
                {
                    (chain, index) = caller;
                    continue;
                }
                path?.Add(new TraceStep(hook, table, entry, 0, null, true));
                return start.Chain.Policy == ChainPolicy.Drop ? new TraceOutcome.Dropped(table, entry, null) : null;
            }
            PreparedRule prepared = chain.Rules[index++];
            Rule rule = prepared.Rule;
            Fit fit = Fits(prepared, packet, out Match? doubtful);
            path?.Add(new TraceStep(hook, table, chain.Chain.Name, index, rule, fit == Fit.Unknown ? null : fit == Fit.Yes));
            if (fit == Fit.No || rule.Target is null or PassingTarget)
                continue;
            if (fit == Fit.Unknown)
                return new TraceOutcome.Undecided(rule, doubtful!.ToString());
            switch (rule.Target)
            {
                case AcceptTarget:
                    return null;
                case DropTarget:
                    return new TraceOutcome.Dropped(table, chain.Chain.Name, rule);
                case RejectTarget reject:
                    return new TraceOutcome.Rejected(rule, reject.With);
                case ReturnTarget:
                    index = chain.Rules.Length;
                    break;
                case JumpTarget or GotoTarget:
                    // A chain that is not there, or that would be walked without end.
                    if (prepared.Callee is not { } callee)
                        return new TraceOutcome.Undecided(rule, rule.Target.ToString());
                    if (rule.Target is JumpTarget)
                        callers.Push((chain, index));
                    (chain, index) = (callee, 0);
                    break;
                case UnknownTarget unknown:
                    return new TraceOutcome.Undecided(rule, unknown.Words);
                default:
                    if (TargetEffect.Apply(rule, packet, _host, out TraceOutcome? ended))
                        return ended;
                    break;
            }
        }
    }

    private Fit Fits(PreparedRule prepared, PacketState packet, out Match? doubtful)
    {
        doubtful = null;
        Fit fit = Fit.Yes;
        foreach (Match match in prepared.Matches)
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

    private sealed class PreparedChain
    {
        public PreparedChain(Chain chain)
        {
            Chain = chain;
            Rules = [.. chain.Rules.Select(rule => new PreparedRule(rule))];
        }

        public Chain Chain { get; }

        public PreparedRule[] Rules { get; }

        public void Link(Func<string, PreparedChain?> find)
        {
            foreach (PreparedRule rule in Rules)
            {
                rule.Callee = rule.Rule.Target switch
                {
                    JumpTarget jump => find(jump.Chain),
                    GotoTarget go => find(go.Chain),
                    _ => null,
                };
            }
        }
    }

    private sealed class PreparedRule
    {
        public PreparedRule(Rule rule)
        {
            Rule = rule;
            Matches = [.. rule.Matches];
        }

        public Rule Rule { get; }

        public Match[] Matches { get; }

        public PreparedChain? Callee { get; set; }
    }
}
