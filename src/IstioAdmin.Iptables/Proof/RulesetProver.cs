using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Iptables.Proof;

/// <summary>
/// Decides for a whole family of packets at once what becomes of each: follows sets of packets through the hooks as
/// <see cref="PacketTracer"/> follows one, dividing them wherever a rule treats them differently. The outcomes are disjoint
/// and together hold every packet asked about.
/// </summary>
public sealed class RulesetProver
{
    private readonly Ruleset _ruleset;
    private readonly TraceHost _host;
    private readonly Divider _divider;
    private readonly PlacedChain[][] _chains;
    private readonly PacketSet _local;
    private readonly PacketSet _martianSources;
    private readonly PacketSet _martianDestinations;

    /// <summary>Prepares a ruleset.</summary>
    public RulesetProver(Ruleset ruleset, TraceHost host)
    {
        _ruleset = ruleset;
        _host = host;
        Space = new PacketSpace(ruleset.Family);
        _divider = new Divider(Space, host);
        _chains = [.. HookOrder.Hooks.Select(hook => HookOrder.Of(ruleset, hook))];
        _local = _divider.Local();
        _martianSources = Space.Where(PacketField.Source, Martians.Sources(Space.Family, host));
        _martianDestinations = Space.Where(PacketField.Destination, Martians.Destinations(Space.Family));
    }

    /// <summary>The space of the packets; sets to compare with are made in it.</summary>
    public PacketSpace Space { get; }

    /// <summary>Divides the packets of a query by what becomes of them.</summary>
    public IReadOnlyList<ProvenOutcome> Prove(PacketQuery query)
    {
        var run = new Walk(this, query);
        PacketSet packets = query.Packets?.Invoke(Space) ?? Space.Any;
        if (query.InInterface is { } enters)
            run.Enter([new Flow(packets, run.Start with { In = enters })], arrivedByLoopback: false);
        else
            run.Send(packets);
        return run.Outcomes();
    }

    private sealed class Walk
    {
        private readonly RulesetProver _prover;
        private readonly PacketQuery _query;
        private readonly SymbolicWalker _walker;
        private readonly Dictionary<OutcomeClass, GrowingSet> _outcomes = [];

        public Walk(RulesetProver prover, PacketQuery query)
        {
            (_prover, _query) = (prover, query);
            _walker = new SymbolicWalker(prover._ruleset, prover.Space, prover._divider, prover._host, query.TellPassing, End);
        }

        public FlowContext Start => new() { Mark = _query.Mark, ConnectionMark = _query.ConnectionMark, Flags = _query.Flags };

        public ProvenOutcome[] Outcomes() => _outcomes.Select(pair => new ProvenOutcome(pair.Key, pair.Value.Total()!.Value)).ToArray();

        public void Send(PacketSet packets)
        {
            FlowContext sent = Start with { Owned = true };
            var flows = new List<Flow>();
            foreach ((PacketSet part, bool local) in SplitLocal(packets, null))
                flows.Add(new Flow(part, sent with { Out = local ? TraceHost.Loopback : _prover._host.DefaultInterface }));
            flows = Run(Hook.Output, flows, firstSight: true);
            flows = Run(Hook.Postrouting, Reroute(flows), firstSight: true);
            var back = new List<Flow>();
            foreach (Flow flow in flows)
            {
                if (flow.Context.Out == TraceHost.Loopback)
                    back.Add(flow with { Context = flow.Context with { In = TraceHost.Loopback, Out = "", Owned = false } });
                else
                    EndSent(flow);
            }
            Enter(back, arrivedByLoopback: true);
        }

        public void Enter(List<Flow> flows, bool arrivedByLoopback)
        {
            // IPv6 looks before the first hook as well, IPv4 only when it routes.
            if (!arrivedByLoopback && _prover.Space.Family == IpFamily.IPv6)
                flows = DropMartians(flows);
            var delivered = new List<Flow>();
            var forwarded = new List<Flow>();
            List<Flow> arrived = Run(Hook.Prerouting, flows, firstSight: !arrivedByLoopback);
            arrived.RemoveAll(flow => !flow.Context.Transparent && IsMixed(flow));
            if (!arrivedByLoopback)
                arrived = DropMartians(arrived);
            foreach (Flow flow in arrived)
            {
                if (flow.Context.Transparent)
                {
                    delivered.Add(flow);
                    continue;
                }
                foreach ((PacketSet part, bool local) in SplitLocal(flow.Packets, flow.Context.Destination))
                    (local ? delivered : forwarded).Add(flow with { Packets = part });
            }
            foreach (Flow flow in Run(Hook.Input, delivered, firstSight: !arrivedByLoopback))
                EndArrived(flow, OutcomeKind.Delivered, OutcomeKind.Redirected, "");
            Forward(forwarded);
        }

        private void Forward(List<Flow> flows)
        {
            if (!_prover._host.Forwards)
            {
                foreach (Flow flow in flows)
                    End(new OutcomeClass(OutcomeKind.Dropped, null, "routing not for this host, and it forwards nothing"), flow.Packets);
                return;
            }
            // Whatever is not local goes out by the default interface.
            var leaving = flows.ConvertAll(flow => flow with { Context = flow.Context with { Out = _prover._host.DefaultInterface } });
            foreach (Flow flow in Run(Hook.Postrouting, Run(Hook.Forward, leaving, firstSight: true), firstSight: true))
                EndSent(flow);
        }

        private void EndSent(Flow flow) => EndArrived(flow, OutcomeKind.Sent, OutcomeKind.SentElsewhere, flow.Context.Out);

        private void EndArrived(Flow flow, OutcomeKind asSent, OutcomeKind changed, string where)
        {
            FlowContext context = flow.Context;
            End(new OutcomeClass(context.RedirectedBy is null ? asSent : changed, context.RedirectedBy, where)
            {
                Address = context.Destination,
                Port = context.Transparent && asSent == OutcomeKind.Delivered ? context.TransparentPort : context.DestinationPort,
                PassedBy = context.RedirectedBy is null ? context.PassedBy : null,
            }, flow.Packets);
        }

        private List<Flow> Reroute(List<Flow> flows)
        {
            var routed = new List<Flow>();
            foreach (Flow flow in flows)
            {
                if (flow.Context.RedirectedBy is null)
                {
                    routed.Add(flow);
                    continue;
                }
                if (IsMixed(flow))
                    continue;
                foreach ((PacketSet part, bool local) in SplitLocal(flow.Packets, flow.Context.Destination))
                    routed.Add(new Flow(part, flow.Context with { Out = local ? TraceHost.Loopback : _prover._host.DefaultInterface }));
            }
            return routed;
        }

        /// <summary>Ends flows whose destination the kernel picks from a range that is partly this host's.</summary>
        private bool IsMixed(Flow flow)
        {
            if (flow.Context.Destination is not { } written || _prover._host.IsLocal(_prover.Space.Family, written.First, written.Last) is not null)
                return false;
            Rule by = flow.Context.RedirectedBy!;
            End(new OutcomeClass(OutcomeKind.Undecided, by, by.Target!.ToString()), flow.Packets);
            return true;
        }

        /// <summary>Ends what OUTPUT's nat sends out of the host although it comes from 127.0.0.0/8.</summary>
        private List<Flow> DropMartianSources(List<Flow> flows)
        {
            if (_prover.Space.Family != IpFamily.IPv4)
                return flows;
            PacketSet loopback = _prover.Space.Where(PacketField.Source, [TraceHost.LoopbackNet]);
            var kept = new List<Flow>(flows.Count);
            foreach (Flow flow in flows)
            {
                PacketSet martian = flow.Context switch
                {
                    { Translated: false } or { RedirectedBy: null } => _prover.Space.None,
                    { Source: { } from } => TraceHost.IsLoopback(IpFamily.IPv4, from.First) ? flow.Packets : _prover.Space.None,
                    _ => flow.Packets.And(loopback),
                };
                PacketSet rest = flow.Packets.Except(martian);
                if (!rest.IsEmpty)
                    kept.Add(flow with { Packets = rest });
                if (martian.IsEmpty || IsMixed(flow with { Packets = martian }))
                    continue;
                foreach ((PacketSet part, bool local) in SplitLocal(martian, flow.Context.Destination))
                {
                    if (local)
                        kept.Add(flow with { Packets = part });
                    else
                        End(new OutcomeClass(OutcomeKind.Dropped, null, "routing martian source"), part);
                }
            }
            return kept;
        }

        private List<Flow> DropMartians(List<Flow> flows)
        {
            var kept = new List<Flow>();
            foreach (Flow flow in flows)
            {
                PacketSet source = flow.Context.Source is { } from
                    ? Martians.Sources(_prover.Space.Family, _prover._host).Any(net => net.Contains(from.First)) ? flow.Packets : _prover.Space.None
                    : flow.Packets.And(_prover._martianSources);
                PacketSet rest = flow.Packets.Except(source);
                PacketSet destination = flow.Context.Destination is { } written
                    ? Martians.Destinations(_prover.Space.Family).Any(net => net.Contains(written.First)) ? rest : _prover.Space.None
                    : rest.And(_prover._martianDestinations);
                rest = rest.Except(destination);
                if (!source.IsEmpty)
                    End(new OutcomeClass(OutcomeKind.Dropped, null, "routing martian source"), source);
                if (!destination.IsEmpty)
                    End(new OutcomeClass(OutcomeKind.Dropped, null, "routing martian destination"), destination);
                if (!rest.IsEmpty)
                    kept.Add(flow with { Packets = rest });
            }
            return kept;
        }

        private IEnumerable<(PacketSet Packets, bool Local)> SplitLocal(PacketSet packets, Interval? written)
        {
            if (written is { } address)
            {
                yield return (packets, _prover._host.IsLocal(_prover.Space.Family, address.First));
                yield break;
            }
            PacketSet local = packets.And(_prover._local);
            PacketSet remote = packets.Except(_prover._local);
            if (!local.IsEmpty)
                yield return (local, true);
            if (!remote.IsEmpty)
                yield return (remote, false);
        }

        private List<Flow> Run(Hook hook, List<Flow> flows, bool firstSight)
        {
            bool untracked = firstSight && hook is Hook.Prerouting or Hook.Output;
            flows = flows.ConvertAll(flow => flow with
            {
                Context = flow.Context with
                {
                    Translated = false,
                    State = untracked && flow.Context.State != ConnectionStates.Untracked ? ConnectionStates.Invalid : flow.Context.State,
                },
            });
            foreach (PlacedChain placed in _prover._chains[(int)hook])
            {
                if (!placed.BeforeConntrack)
                    flows = flows.ConvertAll(Track);
                var seen = new List<Flow>(flows.Count);
                var unseen = new List<Flow>();
                foreach (Flow flow in flows)
                {
                    bool skips = placed.IsNat
                        && (flow.Context.Translated || !firstSight || _query.State is not (ConnectionStates.New or ConnectionStates.Related) || !flow.Context.Tracked);
                    (skips ? unseen : seen).Add(flow);
                }
                flows = _walker.Walk(placed, seen);
                if (hook == Hook.Output && placed.IsNat)
                    flows = DropMartianSources(flows);
                flows.AddRange(unseen);
            }
            return flows.ConvertAll(Track);
        }

        private Flow Track(Flow flow) => flow.Context.Templated || flow.Context.State is ConnectionStates.None or ConnectionStates.Invalid
            ? flow with { Context = flow.Context with { State = _query.State, Templated = false } }
            : flow;

        private void End(OutcomeClass outcome, PacketSet packets)
        {
            if (packets.IsEmpty)
                return;
            if (!_outcomes.TryGetValue(outcome, out GrowingSet? known))
                _outcomes.Add(outcome, known = new GrowingSet());
            known.Add(packets);
        }
    }
}
