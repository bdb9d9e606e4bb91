using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Model.Targets;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Iptables.Proof;

/// <summary>Walks the chains of one table with whole flows: the counterpart, for sets, of <see cref="ChainWalker"/>.</summary>
internal sealed class SymbolicWalker
{
    private readonly Dictionary<Table, Dictionary<string, Chain>> _callees = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Rule, Prepared> _prepared = new(ReferenceEqualityComparer.Instance);
    private readonly Ruleset _ruleset;
    private readonly Divider _divider;
    private readonly TraceHost _host;
    private readonly PacketSpace _space;
    private readonly Action<OutcomeClass, PacketSet> _end;
    private readonly bool _tellPassing;
    private readonly HashSet<Table> _transparent = new(ReferenceEqualityComparer.Instance);

    public SymbolicWalker(Ruleset ruleset, PacketSpace space, Divider divider, TraceHost host, bool tellPassing, Action<OutcomeClass, PacketSet> end)
    {
        _tellPassing = tellPassing;
        if (tellPassing)
            _transparent.UnionWith(ruleset.Tables.Where(table => table.Chains.Any(chain => chain.Rules.Any(HasTproxy))));
        foreach (Table table in ruleset.Tables)
        {
            HashSet<string> cycles = ChainCycles.Find(table);
            _callees.Add(table, table.Chains.Where(chain => !cycles.Contains(chain.Name)).ToDictionary(chain => chain.Name, StringComparer.Ordinal));
        }
        (_ruleset, _space, _divider, _host, _end) = (ruleset, space, divider, host, end);
    }

    /// <summary>Runs a chain that a hook calls; what is returned goes on to the hook's next one.</summary>
    public List<Flow> Walk(PlacedChain placed, IEnumerable<Flow> flows)
    {
        var passed = new FlowSet();
        Chain chain = placed.Chain;
        var atEnd = new FlowSet();
        foreach (Flow flow in flows)
            Run(new Call(placed, passed), chain, flow, atEnd);
        foreach (Flow flow in atEnd.Flows)
        {
            if (chain.Policy == ChainPolicy.Drop)
                _end(new OutcomeClass(OutcomeKind.Dropped, null, $"{placed.Table.Name} {chain.Name}"), flow.Packets);
            else
                passed.Add(flow);
        }
        return [.. passed.Flows];
    }

    /// <summary>Runs a chain; flows that fall off its end, or return, are added to <paramref name="returned"/>.</summary>
    private void Run(Call call, Chain chain, Flow entering, FlowSet returned)
    {
        // What goes on to the next rule, by context.
        var active = new Dictionary<FlowContext, Remainder> { [entering.Context] = new(entering.Packets) };
        var taken = new List<(FlowContext Context, Remainder Left, PacketSet Packets)>();
        foreach (Rule rule in chain.Rules)
        {
            (Match[] matches, Target[] steps) = Prepare(rule);
            if (steps.Length == 0)
                continue;
            taken.Clear();
            var next = new FlowSet();
            bool any = false;
            foreach ((FlowContext context, Remainder rest) in active)
            {
                if (rest.IsEmpty)
                    continue;
                any = true;
                (Division division, Match? doubtful) = Divide(matches, context);
                if (division.Maybe.IsEmpty)
                    continue;
                PacketSet maybe = rest.And(division.Maybe);
                if (maybe.IsEmpty)
                    continue;
                PacketSet surely = division.Surely == division.Maybe ? maybe : maybe.And(division.Surely);
                taken.Add((context, rest, maybe));
                if (surely != maybe)
                    _end(new OutcomeClass(OutcomeKind.Undecided, rule, doubtful!.ToString()), maybe.Except(surely));
                if (!surely.IsEmpty)
                    Act(call, rule, steps, new Flow(surely, context), next, returned);
            }
            if (!any)
                return;
            // Most of what comes back from a rule is what it took: that need not be taken out first.
            foreach ((FlowContext context, Remainder rest, PacketSet packets) in taken)
            {
                PacketSet back = next.Remove(context, _space);
                PacketSet gone = packets.Except(back);
                if (!gone.IsEmpty)
                    rest.Take(gone);
                PacketSet come = back.Except(packets);
                if (!come.IsEmpty)
                    rest.Add(come);
            }
            foreach (Flow flow in next.Flows)
            {
                if (active.TryGetValue(flow.Context, out Remainder? known))
                    known.Add(flow.Packets);
                else
                    active.Add(flow.Context, new Remainder(flow.Packets));
            }
        }
        foreach ((FlowContext context, Remainder rest) in active)
            returned.Add(new Flow(rest.Value(), context));
    }

    private Prepared Prepare(Rule rule)
    {
        if (!_prepared.TryGetValue(rule, out Prepared prepared))
        {
            prepared = new Prepared([.. KernelView.Of(rule, _ruleset)], [.. SequenceTarget.Steps(rule.Target).Where(target => target is not PassingTarget)]);
            _prepared.Add(rule, prepared);
        }
        return prepared;
    }

    private (Division Division, Match? Doubtful) Divide(Match[] matches, FlowContext context)
    {
        Division all = Division.Exact(_space.Any);
        Match? doubtful = null;
        foreach (Match match in matches)
        {
            Division one = _divider.Divide(match, context);
            if (one.Surely != one.Maybe)
                doubtful ??= match;
            all = all.And(one);
            if (all.Maybe.IsEmpty)
                break;
        }
        return (all, doubtful);
    }

    private void Act(Call call, Rule rule, ReadOnlySpan<Target> steps, Flow flow, FlowSet next, FlowSet returned)
    {
        if (steps.IsEmpty)
        {
            next.Add(flow);
            return;
        }
        Target target = steps[0];
        switch (target)
        {
            case AcceptTarget:
                call.Passed.Add(Passing(call, rule, flow));
                break;
            case DropTarget:
                _end(new OutcomeClass(OutcomeKind.Dropped, rule, $"{call.Placed.Table.Name} {rule.Chain}"), flow.Packets);
                break;
            case RejectTarget reject:
                Reject(call, rule, reject, flow);
                break;
            case ReturnTarget:
                returned.Add(Passing(call, rule, flow));
                break;
            case JumpTarget jump:
                Enter(call, rule, jump, jump.Chain, flow, next);
                break;
            case GotoTarget go:
                // Its end is the end of this chain.
                Enter(call, rule, go, go.Chain, flow, returned);
                break;
            case UnknownTarget unknown:
                _end(new OutcomeClass(OutcomeKind.Undecided, rule, unknown.Words), flow.Packets);
                break;
            default:
                foreach ((Flow changed, bool done) in SymbolicEffect.Apply(target, rule, flow, call.Placed.Base.Hook, _host, _end))
                {
                    if (done)
                        call.Passed.Add(changed);
                    else
                        Act(call, rule, steps[1..], changed, next, returned);
                }
                break;
        }
    }

    private static bool HasTproxy(Rule rule) => SequenceTarget.Steps(rule.Target).Any(step => step is TproxyTarget);

    /// <summary>Notes who lets packets go, in the places where they could have been redirected.</summary>
    private Flow Passing(Call call, Rule rule, Flow flow) =>
        _tellPassing && (call.Placed.Base.Hook is Hook.Prerouting or Hook.Output) && (call.Placed.IsNat || _transparent.Contains(call.Placed.Table))
            ? flow with { Context = flow.Context with { PassedBy = rule } }
            : flow;

    private void Reject(Call call, Rule rule, RejectTarget reject, Flow flow)
    {
        PacketSet heard = flow.Packets;
        if (flow.Context.Transparent && ChainWalker.IsUnheard(reject, _space.Family))
        {
            heard = flow.Context.Destination is not { } written
                ? heard.And(_divider.Local())
                : _host.IsLocal(_space.Family, written.First, written.Last) == true ? heard : _space.None;
            bool mixed = flow.Context.Destination is { } range && _host.IsLocal(_space.Family, range.First, range.Last) is null;
            PacketSet unheard = flow.Packets.Except(heard);
            if (!unheard.IsEmpty)
                _end(mixed ? new OutcomeClass(OutcomeKind.Undecided, rule, reject.ToString()) : new OutcomeClass(OutcomeKind.Dropped, rule, $"{call.Placed.Table.Name} {rule.Chain}"), unheard);
        }
        if (!heard.IsEmpty)
            _end(new OutcomeClass(OutcomeKind.Rejected, rule, reject.With), heard);
    }

    private void Enter(Call call, Rule rule, Target target, string name, Flow flow, FlowSet after)
    {
        if (_callees[call.Placed.Table].TryGetValue(name, out Chain? callee))
            Run(call, callee, flow, after);
        else
            _end(new OutcomeClass(OutcomeKind.Undecided, rule, target.ToString()), flow.Packets);
    }

    private readonly record struct Prepared(Match[] Matches, Target[] Steps);

    private readonly record struct Call(PlacedChain Placed, FlowSet Passed);
}
