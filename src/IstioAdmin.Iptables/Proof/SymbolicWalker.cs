using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Model.Targets;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Iptables.Proof;

/// <summary>Walks one table's chains with whole flows: the counterpart, for sets, of <see cref="ChainWalker"/>.</summary>
internal sealed class SymbolicWalker
{
    private readonly Dictionary<(string Table, string Chain), Chain> _chains = [];
    private readonly Dictionary<(string Table, string Chain), Chain> _callees = [];
    private readonly Divider _divider;
    private readonly TraceHost _host;
    private readonly PacketSpace _space;
    private readonly Action<OutcomeClass, PacketSet> _end;
    private readonly bool _tellPassing;
    private readonly bool _mangleRedirects;

    public SymbolicWalker(Ruleset ruleset, PacketSpace space, Divider divider, TraceHost host, bool tellPassing, Action<OutcomeClass, PacketSet> end)
    {
        _tellPassing = tellPassing;
        _mangleRedirects = tellPassing && ruleset.Find("mangle") is { } mangle && mangle.Chains.Any(chain => chain.Rules.Any(rule => rule.Target is TproxyTarget));
        foreach (Table table in ruleset.Tables)
        {
            HashSet<string> cycles = ChainCycles.Find(table);
            foreach (Chain chain in table.Chains)
            {
                _chains.Add((table.Name, chain.Name), chain);
                if (!cycles.Contains(chain.Name))
                    _callees.Add((table.Name, chain.Name), chain);
            }
        }
        (_space, _divider, _host, _end) = (space, divider, host, end);
    }

    /// <summary>Runs a hook's chain of a table; what is returned goes on.</summary>
    public List<Flow> Walk(Hook hook, string table, IEnumerable<Flow> flows)
    {
        var passed = new FlowSet();
        if (!_chains.TryGetValue((table, HookOrder.Chain(hook)), out Chain? chain))
            return [.. flows];
        var atEnd = new FlowSet();
        foreach (Flow flow in flows)
            Run(new Call(hook, table, passed), chain, flow, atEnd);
        foreach (Flow flow in atEnd.Flows)
        {
            if (chain.Policy == ChainPolicy.Drop)
                _end(new OutcomeClass(OutcomeKind.Dropped, null, $"{table} {chain.Name}"), flow.Packets);
            else
                passed.Add(flow);
        }
        return [.. passed.Flows];
    }

    /// <summary>Runs a chain; flows that fall off its end, or return, are added to <paramref name="returned"/>.</summary>
    private void Run(Call call, Chain chain, Flow entering, FlowSet returned)
    {
        var active = new FlowSet();
        active.Add(entering);
        foreach (Rule rule in chain.Rules)
        {
            if (active.IsEmpty)
                return;
            if (rule.Target is null or PassingTarget)
                continue;
            var next = new FlowSet();
            foreach (Flow flow in active.Flows)
            {
                (Division division, Match? doubtful) = Divide(rule, flow);
                PacketSet surely = flow.Packets.And(division.Surely);
                PacketSet maybe = flow.Packets.And(division.Maybe).Except(surely);
                PacketSet rest = flow.Packets.Except(division.Maybe);
                if (!rest.IsEmpty)
                    next.Add(flow with { Packets = rest });
                if (!maybe.IsEmpty)
                    _end(new OutcomeClass(OutcomeKind.Undecided, rule, doubtful!.ToString()), maybe);
                if (!surely.IsEmpty)
                    Act(call, rule, flow with { Packets = surely }, next, returned);
            }
            active = next;
        }
        foreach (Flow flow in active.Flows)
            returned.Add(flow);
    }

    private (Division Division, Match? Doubtful) Divide(Rule rule, Flow flow)
    {
        Division all = Division.Exact(_space.Any);
        Match? doubtful = null;
        foreach (Match match in rule.Matches)
        {
            Division one = _divider.Divide(match, flow.Context);
            if (one.Surely != one.Maybe)
                doubtful ??= match;
            all = all.And(one);
            if (all.Maybe.IsEmpty)
                break;
        }
        return (all, doubtful);
    }

    private void Act(Call call, Rule rule, Flow flow, FlowSet next, FlowSet returned)
    {
        switch (rule.Target)
        {
            case AcceptTarget:
                call.Passed.Add(Passing(call, rule, flow));
                break;
            case DropTarget:
                _end(new OutcomeClass(OutcomeKind.Dropped, rule, $"{call.Table} {rule.Chain}"), flow.Packets);
                break;
            case RejectTarget reject:
                _end(new OutcomeClass(OutcomeKind.Rejected, rule, reject.With), flow.Packets);
                break;
            case ReturnTarget:
                returned.Add(Passing(call, rule, flow));
                break;
            case JumpTarget jump:
                Enter(call, rule, jump.Chain, flow, next);
                break;
            case GotoTarget go:
                // Its end is the end of this chain.
                Enter(call, rule, go.Chain, flow, returned);
                break;
            case UnknownTarget unknown:
                _end(new OutcomeClass(OutcomeKind.Undecided, rule, unknown.Words), flow.Packets);
                break;
            default:
                foreach ((Flow changed, bool done) in SymbolicEffect.Apply(rule, flow, call.Hook, _host, _end))
                    (done ? call.Passed : next).Add(changed);
                break;
        }
    }

    /// <summary>Notes who lets packets go, in the places where they could have been redirected.</summary>
    private Flow Passing(Call call, Rule rule, Flow flow) =>
        _tellPassing && (call.Hook is Hook.Prerouting or Hook.Output) && (call.Table == "nat" || (_mangleRedirects && call.Table == "mangle"))
            ? flow with { Context = flow.Context with { PassedBy = rule } }
            : flow;

    private void Enter(Call call, Rule rule, string name, Flow flow, FlowSet after)
    {
        if (_callees.TryGetValue((call.Table, name), out Chain? callee))
            Run(call, callee, flow, after);
        else
            _end(new OutcomeClass(OutcomeKind.Undecided, rule, rule.Target!.ToString()), flow.Packets);
    }

    private readonly record struct Call(Hook Hook, string Table, FlowSet Passed);
}
