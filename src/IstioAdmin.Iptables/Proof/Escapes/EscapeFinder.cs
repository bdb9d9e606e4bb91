using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Iptables.Proof.Escapes;

/// <summary>
/// Answers questions about all packets of some kind: proves that they come to what is expected, or finds those that do not, with a packet
/// to try and the rule that is to blame. Where something that is not understood decides, it says so and never "fine".
/// </summary>
public sealed class EscapeFinder
{
    /// <summary>How many boxes of one outcome are shown when nothing else is said.</summary>
    public const int DefaultMostBoxes = 256;

    private readonly Ruleset _ruleset;
    private readonly TraceHost _host;
    private readonly RulesetProver _prover;
    private RuleIndex? _rules;

    /// <summary>Prepares a ruleset.</summary>
    public EscapeFinder(Ruleset ruleset, TraceHost host)
    {
        (_ruleset, _host) = (ruleset, host);
        _prover = new RulesetProver(ruleset, host);
    }

    /// <summary>Answers a question.</summary>
    /// <param name="query">The question.</param>
    /// <param name="mostBoxes">How many boxes of one outcome are shown at the most.</param>
    public EscapeSet Find(EscapeQuery query, int mostBoxes = DefaultMostBoxes)
    {
        PacketSpace space = _prover.Space;
        PacketSet asked = query.Packets(space, _host);
        PacketSet own = query.Expected?.Port is null ? space.None : query.ProxyPackets(space, _host);
        PacketBox? question = PacketBoxes.Of(asked, 2, out _) is [var only] ? only : null;
        var met = new Fates(this, query, question, mostBoxes);
        var escapes = new Fates(this, query, question, mostBoxes);
        // The proxy's own packets are another question.
        var unproven = new Fates(this, query, own.IsEmpty ? question : null, mostBoxes);
        var loops = new Fates(this, query, null, mostBoxes);
        PacketCircumstance[] circumstances = [.. Circumstances(query)];
        foreach (PacketCircumstance circumstance in circumstances)
        {
            foreach (ProvenOutcome outcome in Prove(query, circumstance, asked))
            {
                bool doubtful = outcome.Outcome.Kind == OutcomeKind.Undecided;
                PacketSet good = doubtful ? space.None : query.Expected?.Met(outcome) ?? outcome.Packets;
                met.Add(outcome.Outcome, good, circumstance);
                (doubtful ? unproven : escapes).Add(outcome.Outcome, outcome.Packets.Except(good), circumstance);
            }
            if (own.IsEmpty)
                continue;
            foreach (ProvenOutcome outcome in Prove(query, circumstance, own))
            {
                if (outcome.Outcome.Kind == OutcomeKind.Undecided)
                    unproven.Add(outcome.Outcome, outcome.Packets, circumstance);
                // What the proxy sends to its own port on purpose is no rule's doing.
                else if (outcome.Outcome.Kind == OutcomeKind.Redirected)
                    loops.Add(outcome.Outcome, query.Expected!.Met(outcome), circumstance);
            }
        }
        EscapeVerdict verdict = (asked.IsEmpty && own.IsEmpty) || circumstances.Length == 0 ? EscapeVerdict.NoPackets
            : query.Expected is null ? EscapeVerdict.None
            : escapes.Any ? EscapeVerdict.Escapes
            : loops.Any ? EscapeVerdict.Loops
            : unproven.Any || _ruleset.Gaps.Count > 0 ? EscapeVerdict.Unproven
            : EscapeVerdict.Proven;
        var lists = new EscapeLists(
            met.List(tellPassing: query.Expected is null),
            escapes.List(tellPassing: true),
            unproven.List(),
            loops.List(),
            met.IsComplete && escapes.IsComplete && unproven.IsComplete && loops.IsComplete);
        return new EscapeSet(query, _ruleset, verdict, new Lazy<EscapeLists>(lists));
    }

    private IEnumerable<PacketCircumstance> Circumstances(EscapeQuery query)
    {
        IEnumerable<string?> interfaces = [null];
        if (query.Direction != PacketDirection.Outbound)
        {
            interfaces = query.InInterfaces.Count > 0 ? query.InInterfaces : _host.Interfaces.Select(i => i.Name).Where(name => name != TraceHost.Loopback);
            interfaces = interfaces.Where(name => !query.IsExcepted(name!));
        }
        return from name in interfaces from state in query.States from mark in query.Marks select new PacketCircumstance(name, state, mark);
    }

    private IReadOnlyList<ProvenOutcome> Prove(EscapeQuery query, PacketCircumstance circumstance, PacketSet packets, bool tellPassing = false) =>
        _prover.Prove(new PacketQuery
        {
            InInterface = circumstance.InInterface,
            State = circumstance.State,
            Mark = circumstance.Mark,
            Flags = query.Flags,
            TellPassing = tellPassing,
            Packets = _ => packets,
        });

    /// <summary>Packets by what becomes of them, and in which circumstances.</summary>
    private sealed class Fates(EscapeFinder finder, EscapeQuery query, PacketBox? question, int mostBoxes)
    {
        private readonly List<(OutcomeClass Outcome, PacketSet Packets, PacketCircumstance Circumstance)> _parts = [];

        public bool IsComplete { get; private set; } = true;

        public bool Any => _parts.Count > 0;

        public void Add(OutcomeClass outcome, PacketSet packets, PacketCircumstance circumstance)
        {
            if (!packets.IsEmpty)
                _parts.Add((outcome, packets, circumstance));
        }

        public PacketFate[] List(bool tellPassing = false)
        {
            var circumstances = new Dictionary<(OutcomeClass Outcome, PacketBox Box), List<PacketCircumstance>>();
            foreach ((OutcomeClass outcome, PacketSet packets, PacketCircumstance circumstance) in tellPassing ? Refine() : _parts)
            {
                foreach (PacketBox box in PacketBoxes.Of(packets, mostBoxes, out bool complete))
                {
                    if (!circumstances.TryGetValue((outcome, box), out List<PacketCircumstance>? known))
                        circumstances.Add((outcome, box), known = []);
                    known.Add(circumstance);
                    IsComplete &= complete;
                }
            }
            return circumstances.Select(pair => Fate(pair.Key.Outcome, pair.Key.Box, pair.Value)).ToArray();
        }

        /// <summary>Packets that pass are told apart by the rule that let them; that takes a second walk, by them alone.</summary>
        private IEnumerable<(OutcomeClass, PacketSet, PacketCircumstance)> Refine()
        {
            foreach ((OutcomeClass outcome, PacketSet packets, PacketCircumstance circumstance) in _parts)
            {
                if (outcome.Kind is not (OutcomeKind.Delivered or OutcomeKind.Sent))
                {
                    yield return (outcome, packets, circumstance);
                    continue;
                }
                foreach (ProvenOutcome part in finder.Prove(query, circumstance, packets, tellPassing: true))
                    yield return (part.Outcome, part.Packets, circumstance);
            }
        }

        private PacketFate Fate(OutcomeClass outcome, PacketBox box, List<PacketCircumstance> circumstances)
        {
            finder._rules ??= new RuleIndex(finder._ruleset);
            RuleLocation? rule = finder._rules.Find(outcome.By ?? outcome.PassedBy);
            PacketBox shown = box.Within(question);
            return new PacketFate
            {
                Outcome = outcome.Kind,
                To = FateText.To(outcome, box.Family),
                Packets = shown,
                Circumstances = circumstances,
                Rule = rule,
                Doubt = outcome.Kind == OutcomeKind.Undecided ? outcome.Where : null,
                Example = ExamplePacket.Of(box, circumstances[0], query.Flags, finder._host),
                Text = FateText.Sentence(query.Direction, shown, outcome, rule),
                Lines = FateText.Lines(query.Direction, shown, outcome, rule),
            };
        }
    }
}
