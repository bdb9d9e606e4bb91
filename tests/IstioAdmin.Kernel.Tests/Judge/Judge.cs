using System.Text;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Parsing;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Kernel.Tests.Judge;

/// <summary>Lets the kernel and the tracer decide the same packets under the same rules.</summary>
internal sealed class Judge(KernelWorld world, Pools pools, RulesetBackend backend, bool forwards)
{
    // Long against what a packet takes on its way, short against a run of thousands of rulesets. Who is not heard of gets a second hearing.
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(15);
    private static readonly TimeSpan LongQuiet = TimeSpan.FromMilliseconds(600);
    private static readonly TimeSpan ShortQuiet = TimeSpan.FromMilliseconds(100);
    private readonly TraceHost _host = pools.Host(forwards);
    private uint _tries;
    private (uint FirstId, string Dump, SentPacket[] Packets) _before = (0, "", []);

    /// <summary>How many packets came to which end.</summary>
    public SortedDictionary<string, long> Ends { get; } = new(StringComparer.Ordinal);

    /// <summary>Rulesets judged.</summary>
    public long Rulesets { get; private set; }

    /// <summary>Packets sent.</summary>
    public long Packets { get; private set; }

    /// <summary>Packets about which the tracer said that it cannot tell.</summary>
    public long Undecided { get; private set; }

    /// <summary>Packets that disagreed at first and agreed when they were sent alone.</summary>
    public long SecondHearings { get; private set; }

    /// <summary>Sends the packets under the rules.</summary>
    /// <exception cref="MismatchException">The kernel did with one of them what the tracer did not say.</exception>
    public void Hear(string dump, SentPacket[] packets)
    {
        var tracer = new PacketTracer(Parse(dump), _host);
        world.Load(dump);
        packets = [.. packets];
        Observation[] seen = world.Send(packets, Quiet);
        uint firstId = world.FirstId;
        HearStragglers();
        _before = (firstId, dump, packets);
        Rulesets++;
        var path = new List<TraceStep>();
        for (int i = 0; i < packets.Length; i++)
        {
            Packets++;
            path.Clear();
            TraceOutcome traced = Trace(tracer, packets[i], path);
            Count(traced);
            if (traced is TraceOutcome.Undecided)
                Undecided++;
            else if (!Verdict.Agrees(packets[i], traced, path, seen[i]))
                HearAgain(dump, packets[i]);
        }
    }

    // What came too late was taken for lost.
    private void HearStragglers()
    {
        foreach (uint id in world.Stragglers)
        {
            if (id - _before.FirstId < _before.Packets.Length)
                HearAgain(_before.Dump, _before.Packets[id - _before.FirstId]);
        }
    }

    private void HearAgain(string dump, SentPacket packet)
    {
        if (Differs(dump, packet, LongQuiet) is null)
        {
            SecondHearings++;
            return;
        }
        string smallest = Smallest(dump, packet);
        throw new MismatchException(Differs(smallest, packet, LongQuiet) ?? Differs(dump, packet, LongQuiet) ?? $"{packet} differed under\n{dump}\nbut no longer does");
    }

    /// <summary>Takes away rules, many at a time first, as long as the packet still shows the difference.</summary>
    private string Smallest(string dump, SentPacket packet)
    {
        List<string> lines = [.. dump.Split('\n')];
        bool shorter = true;
        for (int chunk = 64; shorter || chunk > 0; chunk /= 2)
        {
            shorter = false;
            int step = Math.Max(chunk, 1);
            int[] rules = [.. Enumerable.Range(0, lines.Count).Where(i => lines[i].StartsWith("-A ", StringComparison.Ordinal) && !Guards.IsGuard(lines[i]))];
            for (int end = rules.Length; end > 0; end -= step)
            {
                HashSet<int> away = [.. rules[Math.Max(end - step, 0)..end]];
                List<string> without = [.. lines.Where((_, at) => !away.Contains(at))];
                if (Differs(string.Join('\n', without), packet, ShortQuiet) is null)
                    continue;
                (lines, shorter) = (without, true);
                rules = [.. rules.Select(at => at < rules[Math.Max(end - step, 0)] ? at : -1).Where(at => at >= 0)];
                end = rules.Length + step;
            }
        }
        return string.Join('\n', lines);
    }

    /// <summary>Sends a packet alone, with a long time to arrive; null when tracer and kernel agree, or else all there is to know about it.</summary>
    private string? Differs(string dump, SentPacket packet, TimeSpan quiet)
    {
        var tracer = new PacketTracer(Parse(dump), _host);
        world.Load(dump);
        // Again the first packet of a connection: with a source port of its own, which rules cannot tell from the one before.
        SentPacket[] alone = [packet with { Packet = packet.Packet with { SourcePort = Pools.AnotherPort(packet.Packet.SourcePort, ++_tries) } }];
        Observation seen = world.Send(alone, quiet)[0];
        var path = new List<TraceStep>();
        TraceOutcome traced = Trace(tracer, alone[0], path);
        if (traced is TraceOutcome.Undecided || Verdict.Agrees(alone[0], traced, path, seen))
            return null;
        var text = new StringBuilder();
        text.AppendLine(null, $"Packet: {alone[0]}");
        text.AppendLine(null, $"Tracer: {traced}");
        text.AppendLine(null, $"Kernel: {seen}");
        text.AppendLine("Path:");
        foreach (TraceStep step in path.Where(step => step.Rule is null || !Guards.IsGuard(step.Rule.ToString())))
            text.AppendLine(null, $"  {(step.Matched == true ? '*' : ' ')} {step.Table} {step.Chain} {step.Number} {step.Rule}");
        return text.AppendLine("Ruleset:").Append(dump).ToString();
    }

    private static TraceOutcome Trace(PacketTracer tracer, SentPacket sent, List<TraceStep> path) =>
        sent.From == Place.Pod ? tracer.Outbound(sent.Packet, path) : tracer.Inbound(sent.Packet, path);

    private void Count(TraceOutcome traced)
    {
        string end = traced switch
        {
            TraceOutcome.Delivered { By: null } => "delivered",
            TraceOutcome.Delivered delivered => $"delivered by {Name(delivered.By)}",
            TraceOutcome.Sent { By: null } => "sent",
            TraceOutcome.Sent sent => $"sent elsewhere by {Name(sent.By)}",
            TraceOutcome.Dropped dropped => $"dropped in {dropped.Table}",
            TraceOutcome.Rejected rejected => $"rejected with {rejected.With}",
            _ => "undecided",
        };
        Ends[end] = Ends.GetValueOrDefault(end) + 1;
    }

    private static string Name(Rule rule) => rule.Target!.ToString().Split(' ')[1];

    private Ruleset Parse(string dump)
    {
        ParseResult result = IptablesSave.Parse(dump, new ParseOptions { Family = pools.Family });
        Assert.Empty(result.Errors);
        return Assert.Single(result.Rulesets) with { Backend = backend };
    }
}

/// <summary>Tracer and kernel disagree.</summary>
internal sealed class MismatchException(string message) : Exception(message);
