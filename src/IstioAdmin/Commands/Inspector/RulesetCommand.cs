using System.Management.Automation;
using IstioAdmin.Inspection;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Commands;

/// <summary>The base of cmdlets that ask rulesets what becomes of packets.</summary>
public abstract class RulesetCommand : AsyncCommand
{
    /// <summary>The rules, as ConvertFrom-IptablesSave reads them.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNull]
    public Ruleset? Ruleset { get; set; }

    /// <summary>How the packets meet the host.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateSet("Inbound", "Outbound", "Forwarded")]
    public string Direction { get; set; } = "";

    /// <summary>The addresses of the host, each as address or interface=address.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("PodIPs")]
    [ValidateNotNullOrEmpty]
    public string[] HostAddress { get; set; } = [];

    /// <summary>The host's interface to the world.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string Interface { get; set; } = "eth0";

    /// <summary>Whether the direction is the given one.</summary>
    private protected bool Is(string direction) => string.Equals(Direction, direction, StringComparison.OrdinalIgnoreCase);

    /// <summary>The host, with other addresses when none are given.</summary>
    private protected TraceHost HostOf(params string?[] instead) =>
        HostTerms.Host(Ruleset!, HostAddress.Length > 0 ? HostAddress : [.. instead.OfType<string>()], Interface, forwards: Is("Forwarded"));
}
