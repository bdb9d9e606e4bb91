using System.Management.Automation;
using IstioAdmin.Completion;
using IstioAdmin.Inspection;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Proof.Escapes;

namespace IstioAdmin.Commands;

/// <summary>Proves for all packets of some kind that they come to what is expected, or finds those that do not.</summary>
[Cmdlet(VerbsCommon.Find, "IptablesEscape", DefaultParameterSetName = ByOutcome), OutputType(typeof(EscapeSet))]
public sealed class FindIptablesEscapeCommand : RulesetCommand
{
    private const string ByPort = "RedirectedTo";
    private const string ByOutcome = "Expect";

    /// <summary>The local port that all packets must reach.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByPort)]
    public string? RedirectedTo { get; set; }

    /// <summary>User ids of the process behind that port: its own packets are left out, and must not come back to it.</summary>
    [Parameter(ParameterSetName = ByPort)]
    [ValidateNotNull]
    public string[] ProxyUserId { get; set; } = [];

    /// <summary>Group ids of the process behind that port.</summary>
    [Parameter(ParameterSetName = ByPort)]
    [ValidateNotNull]
    public string[] ProxyGroupId { get; set; } = [];

    /// <summary>What must become of all packets; without it the answer tells what does.</summary>
    [Parameter(ParameterSetName = ByOutcome)]
    [ValidateSet("Delivered", "Redirected", "Sent", "Dropped", "Rejected", "Blocked")]
    public string? Expect { get; set; }

    /// <summary>Transport protocols; all by default.</summary>
    [Parameter(Position = 1)]
    [ArgumentCompleter(typeof(ProtocolCompleter))]
    [ValidateNotNull]
    public string[] Protocol { get; set; } = [];

    /// <summary>Where the packets go: addresses, prefixes, ranges.</summary>
    [Parameter]
    [ValidateNotNull]
    public string[] Destination { get; set; } = [];

    /// <summary>Destinations that are not asked about.</summary>
    [Parameter]
    [ValidateNotNull]
    public string[] ExceptDestination { get; set; } = [];

    /// <summary>Destination ports and ranges of ports.</summary>
    [Parameter]
    [Alias("Port")]
    [ValidateNotNull]
    public string[] DestinationPort { get; set; } = [];

    /// <summary>Destination ports that are not asked about.</summary>
    [Parameter]
    [Alias("ExceptPort")]
    [ValidateNotNull]
    public string[] ExceptDestinationPort { get; set; } = [];

    /// <summary>Where the packets come from.</summary>
    [Parameter]
    [ValidateNotNull]
    public string[] Source { get; set; } = [];

    /// <summary>Sources that are not asked about.</summary>
    [Parameter]
    [ValidateNotNull]
    public string[] ExceptSource { get; set; } = [];

    /// <summary>Source ports and ranges of ports.</summary>
    [Parameter]
    [ValidateNotNull]
    public string[] SourcePort { get; set; } = [];

    /// <summary>User ids of the sending process.</summary>
    [Parameter]
    [ValidateNotNull]
    public string[] UserId { get; set; } = [];

    /// <summary>User ids that are not asked about.</summary>
    [Parameter]
    [ValidateNotNull]
    public string[] ExceptUserId { get; set; } = [];

    /// <summary>Group ids of the sending process.</summary>
    [Parameter]
    [ValidateNotNull]
    public string[] GroupId { get; set; } = [];

    /// <summary>Group ids that are not asked about.</summary>
    [Parameter]
    [ValidateNotNull]
    public string[] ExceptGroupId { get; set; } = [];

    /// <summary>Interfaces that packets come in by; all but the loopback interface by default.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] InInterface { get; set; } = [];

    /// <summary>What conntrack knows of the connections.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ValidateSet("New", "Established", "Related", "Invalid", "Untracked")]
    public string[] State { get; set; } = ["New"];

    /// <summary>Marks of the packets.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] Mark { get; set; } = ["0"];

    /// <summary>How many boxes of one outcome are listed at the most.</summary>
    [Parameter]
    [ValidateRange(1, 1_000_000)]
    public int MaxBox { get; set; } = 256;

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancel)
    {
        if (Query() is not { } query)
            return Task.CompletedTask;
        EscapeSet answer = new EscapeFinder(Ruleset!, HostOf()).Find(query, MaxBox);
        if (answer.Verdict == EscapeVerdict.NoPackets)
            WriteWarning("The question is about no packet: its conditions exclude each other, or no packet from outside can meet them.");
        WriteObject(answer);
        return Task.CompletedTask;
    }

    private EscapeQuery? Query()
    {
        if (OfFamily(nameof(Destination), Destination) is not { } destinations || OfFamily(nameof(Source), Source) is not { } sources)
            return null;
        bool hasProxy = ProxyUserId.Length + ProxyGroupId.Length > 0;
        return new EscapeQuery
        {
            Direction = Enum.Parse<PacketDirection>(Direction, ignoreCase: true),
            Expected = RedirectedTo is { } port ? Expectation.RedirectedTo(Terms.Port(nameof(RedirectedTo), port)) : Expected(Expect),
            Proxy = hasProxy ? new ProxyIdentity(ProxyUserId.Select(id => Terms.Id(nameof(ProxyUserId), id)).ToArray(), ProxyGroupId.Select(id => Terms.Id(nameof(ProxyGroupId), id)).ToArray()) : null,
            Protocols = [.. Protocol.Select(text => Terms.Protocol(nameof(Protocol), text, Ruleset!.Family))],
            Destinations = destinations,
            ExceptDestinations = OfFamily(nameof(ExceptDestination), ExceptDestination) ?? [],
            Sources = sources,
            ExceptSources = OfFamily(nameof(ExceptSource), ExceptSource) ?? [],
            DestinationPorts = Ports(nameof(DestinationPort), DestinationPort),
            ExceptDestinationPorts = Ports(nameof(ExceptDestinationPort), ExceptDestinationPort),
            SourcePorts = Ports(nameof(SourcePort), SourcePort),
            Users = Ids(nameof(UserId), UserId),
            ExceptUsers = Ids(nameof(ExceptUserId), ExceptUserId),
            Groups = Ids(nameof(GroupId), GroupId),
            ExceptGroups = Ids(nameof(ExceptGroupId), ExceptGroupId),
            InInterfaces = InInterface,
            States = [.. State.Select(text => Terms.State(nameof(State), text))],
            Marks = [.. Mark.Select(text => Terms.Mark(nameof(Mark), text))],
        };
    }

    /// <summary>The addresses of the ruleset's family; null when there are some and none is, which leaves nothing to ask.</summary>
    private List<Interval>? OfFamily(string parameter, string[] texts)
    {
        IpFamily family = Ruleset!.Family;
        List<(IpFamily Family, Interval Addresses)> all = [.. texts.Select(text => Terms.Addresses(parameter, text))];
        List<Interval> own = [.. all.Where(a => a.Family == family).Select(a => a.Addresses)];
        if (all.Count == 0 || own.Count > 0 || parameter.StartsWith("Except", StringComparison.Ordinal))
            return own;
        WriteWarning($"The {family} ruleset is left out: -{parameter} has no {family} address.");
        return null;
    }

    private static List<PortRange> Ports(string parameter, string[] texts) => [.. texts.Select(text => Terms.Ports(parameter, text))];

    private static List<IdRange> Ids(string parameter, string[] texts) => [.. texts.Select(text => Terms.Ids(parameter, text))];

    private static Expectation? Expected(string? name) => name?.ToUpperInvariant() switch
    {
        null => null,
        "DELIVERED" => Expectation.Delivered,
        "REDIRECTED" => Expectation.Redirected,
        "SENT" => Expectation.Sent,
        "DROPPED" => Expectation.Dropped,
        "REJECTED" => Expectation.Rejected,
        _ => Expectation.Blocked,
    };
}
