using System.Management.Automation;
using IstioAdmin.Completion;
using IstioAdmin.Core;
using IstioAdmin.Inspection;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Commands;

/// <summary>Follows one packet through a ruleset, hook by hook, as the kernel would.</summary>
[Cmdlet(VerbsDiagnostic.Trace, "IptablesPacket"), OutputType(typeof(PacketTrace))]
public sealed class TraceIptablesPacketCommand : RulesetCommand
{
    /// <summary>The transport protocol, by name or number.</summary>
    [Parameter(Position = 1)]
    [ArgumentCompleter(typeof(ProtocolCompleter))]
    public string Protocol { get; set; } = "tcp";

    /// <summary>Where it goes.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Destination { get; set; }

    /// <summary>The port it goes to.</summary>
    [Parameter(Position = 2)]
    [Alias("Port")]
    public string DestinationPort { get; set; } = "80";

    /// <summary>Where it comes from.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Source { get; set; }

    /// <summary>The port it comes from.</summary>
    [Parameter]
    public string SourcePort { get; set; } = "40000";

    /// <summary>The interface it comes in by; the host's interface to the world when nothing else is said.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? InInterface { get; set; }

    /// <summary>User id of the process that sends it.</summary>
    [Parameter]
    public string UserId { get; set; } = "0";

    /// <summary>Group id of the process that sends it.</summary>
    [Parameter]
    public string GroupId { get; set; } = "0";

    /// <summary>Supplementary groups of that process.</summary>
    [Parameter]
    [ValidateNotNull]
    public string[] SupplementaryGroupId { get; set; } = [];

    /// <summary>Its mark.</summary>
    [Parameter]
    public string Mark { get; set; } = "0";

    /// <summary>The mark of its connection.</summary>
    [Parameter]
    public string ConnectionMark { get; set; } = "0";

    /// <summary>What conntrack knows of its connection.</summary>
    [Parameter]
    [ValidateSet("New", "Established", "Related", "Invalid", "Untracked")]
    public string State { get; set; } = "New";

    /// <summary>Its TCP flags.</summary>
    [Parameter]
    [ValidateNotNull]
    [ValidateSet("Fin", "Syn", "Rst", "Psh", "Ack", "Urg")]
    public string[] TcpFlag { get; set; } = ["Syn"];

    /// <summary>ICMP type.</summary>
    [Parameter]
    public byte? IcmpType { get; set; }

    /// <summary>ICMP code.</summary>
    [Parameter]
    public byte IcmpCode { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancel)
    {
        TraceHost host = Is("Inbound") ? HostOf(Destination) : Is("Outbound") ? HostOf(Source) : HostOf();
        WriteObject(PacketTrace.Of(Ruleset!, host, Packet(host)));
        return Task.CompletedTask;
    }

    private Packet Packet(TraceHost host)
    {
        IpFamily family = Ruleset!.Family;
        IpProtocol protocol = Terms.Protocol(nameof(Protocol), Protocol, family);
        UInt128 own = host.AddressesFromOutside(family).First();
        UInt128 elsewhere = Terms.Address("", family == IpFamily.IPv4 ? "198.51.100.1" : "2001:db8:ffff::1").Address;
        if (Destination is null && !Is("Inbound"))
        {
            throw new MeshException("DestinationMissing", FailureKind.InvalidInput, $"A packet that goes {(Is("Outbound") ? "out" : "through")} needs -Destination.",
                "Give the address that it is sent to.");
        }
        PacketOwner owner = Owner();
        return new Packet
        {
            Family = family,
            Protocol = protocol,
            Source = Source is null ? Is("Outbound") ? own : elsewhere : InFamily(nameof(Source), Source, family),
            Destination = Destination is null ? own : InFamily(nameof(Destination), Destination, family),
            SourcePort = protocol.HasPorts ? Terms.Port(nameof(SourcePort), SourcePort) : (ushort)0,
            DestinationPort = protocol.HasPorts ? Terms.Port(nameof(DestinationPort), DestinationPort) : (ushort)0,
            InInterface = Is("Outbound") ? "" : InInterface ?? host.DefaultInterface,
            Owner = Is("Outbound") ? owner : null,
            Mark = Terms.Mark(nameof(Mark), Mark),
            ConnectionMark = Terms.Mark(nameof(ConnectionMark), ConnectionMark),
            State = Terms.State(nameof(State), State),
            Flags = TcpFlag.Aggregate(TcpControlBits.None, (flags, name) => flags | Enum.Parse<TcpControlBits>(name, ignoreCase: true)),
            // An echo request when nothing else is said.
            IcmpType = IcmpType ?? (protocol == IpProtocol.Icmp ? (byte)8 : protocol == IpProtocol.IcmpV6 ? (byte)128 : (byte)0),
            IcmpCode = IcmpCode,
        };
    }

    private PacketOwner Owner() => new(Terms.Id(nameof(UserId), UserId), Terms.Id(nameof(GroupId), GroupId))
    {
        SupplementaryGroups = SupplementaryGroupId.Select(id => Terms.Id(nameof(SupplementaryGroupId), id)).ToArray(),
    };

    private static UInt128 InFamily(string parameter, string text, IpFamily family)
    {
        (IpFamily given, UInt128 address) = Terms.Address(parameter, text);
        return given == family ? address : throw new MeshException("OtherFamily", FailureKind.InvalidInput, $"-{parameter}: {text} is an {given} address, and the ruleset is for {family}.",
            $"Give an {family} address, or the {given} ruleset.", text);
    }
}
