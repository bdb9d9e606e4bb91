using System.Globalization;
using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Iptables.Tracing;

/// <summary>A packet, what becomes of it, and its way there.</summary>
public sealed record PacketTrace
{
    private PacketTrace(Ruleset ruleset, Packet packet, TraceOutcome outcome, IReadOnlyList<TraceStep> steps) =>
        (Ruleset, Packet, Outcome, Steps) = (ruleset, packet, outcome, steps);

    /// <summary>The rules.</summary>
    public Ruleset Ruleset { get; }

    /// <summary>The packet.</summary>
    public Packet Packet { get; }

    /// <summary>What becomes of it.</summary>
    public TraceOutcome Outcome { get; }

    /// <summary>What becomes of it, as one word.</summary>
    public OutcomeKind Kind => Outcome.Kind;

    /// <summary>The address that it reaches or leaves for; null when it ends before.</summary>
    public string? Address => Arrival is { } at ? AddressText.Of(at.Address, Packet.Family) : null;

    /// <summary>The port that it reaches or leaves for; null when it ends before, or has none.</summary>
    public ushort? Port => Packet.Protocol.HasPorts ? Arrival?.Port : null;

    /// <summary>The rule that decides, and where it stands; null when no rule does.</summary>
    public RuleLocation? Rule => Outcome.DecidedBy is { } rule && Steps.Last(step => ReferenceEquals(step.Rule, rule)) is var step
        ? new RuleLocation(step.Table, step.Chain, step.Number, rule)
        : null;

    /// <summary>Every rule that was tried, in order, and the policies of the chains that came to their end.</summary>
    public IReadOnlyList<TraceStep> Steps { get; }

    /// <summary>What becomes of it, in words.</summary>
    public string Verdict => Outcome switch
    {
        TraceOutcome.Delivered { By: null } delivered => $"delivered as sent, to {To(delivered.Address, delivered.Port)}",
        TraceOutcome.Delivered delivered => $"redirected to {To(delivered.Address, delivered.Port)}",
        TraceOutcome.Sent { By: null } sent => $"sent as it is by {sent.Interface}, to {To(sent.Address, sent.Port)}",
        TraceOutcome.Sent sent => $"sent by {sent.Interface} to {To(sent.Address, sent.Port)} instead",
        TraceOutcome.Dropped { By: null } dropped => dropped.Table == "routing" ? $"dropped by routing: {dropped.Chain}" : $"dropped by the policy of {dropped.Chain} in table {dropped.Table}",
        TraceOutcome.Dropped dropped => $"dropped in {dropped.Chain} of table {dropped.Table}",
        TraceOutcome.Rejected rejected => $"rejected with {rejected.With}",
        TraceOutcome.Undecided undecided => $"not known: '{undecided.Part}' is not understood",
        _ => throw new InvalidOperationException("An outcome without words."),
    };

    /// <summary>The rules that matched and the policies that decided, one line each.</summary>
    public IReadOnlyList<string> Path => Steps.Where(step => step.Matched != false).Select(Line).ToArray();

    /// <summary>Every rule that was tried, one line each: <c>*</c> where it matched, <c>?</c> where that is not known.</summary>
    public IReadOnlyList<string> FullPath => Steps.Select(step => $"{(step.Matched is { } matched ? matched ? '*' : ' ' : '?')} {Line(step)}").ToArray();

    /// <summary>Follows a packet: one with an incoming interface from the wire, any other from a local process.</summary>
    public static PacketTrace Of(Ruleset ruleset, TraceHost host, Packet packet)
    {
        var steps = new List<TraceStep>();
        var tracer = new PacketTracer(ruleset, host);
        TraceOutcome outcome = packet.InInterface.Length > 0 ? tracer.Inbound(packet, steps) : tracer.Outbound(packet, steps);
        return new PacketTrace(ruleset, packet, outcome, steps);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Packet}: {Verdict}";

    private (UInt128 Address, ushort Port)? Arrival => Outcome switch
    {
        TraceOutcome.Delivered delivered => (delivered.Address, delivered.Port),
        TraceOutcome.Sent sent => (sent.Address, sent.Port),
        _ => null,
    };

    private static string Line(TraceStep step)
    {
        string number = step.Number == 0 ? "policy" : step.Number.ToString(CultureInfo.InvariantCulture);
        return $"{step.Hook,-11} {step.Table,-8} {step.Chain,-18} {number,6}  {step.Rule?.ToString() ?? "end of the chain"}";
    }

    private string To(UInt128 address, ushort port) => AddressText.Of(address, Packet.Family, Packet.Protocol.HasPorts ? port : null);
}
