using System.Management.Automation;
using IstioAdmin.Core.Redirection.Sources;

namespace IstioAdmin.Commands;

/// <summary>The base of cmdlets that read the rules of pods.</summary>
public abstract class PodRulesCommand : PodCommand
{
    /// <summary>Where the rules are read; the cheapest way that works by default.</summary>
    [Parameter]
    [ValidateSet("Auto", "Node", "Ephemeral", "InitLog", "Local")]
    public string Source { get; set; } = "Auto";

    /// <summary>Image of what is started to read rules, with sh, nsenter, iptables-save and nft in it; an image that the node's sidecars run by default.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? InspectorImage { get; set; }

    /// <summary>Namespace of inspector pods; the one of the CNI agent, or kube-system, by default.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? InspectorNamespace { get; set; }

    /// <summary>How many nodes are read at a time.</summary>
    [Parameter]
    [ValidateRange(1, 1000)]
    public int ThrottleLimit { get; set; } = 16;

    /// <summary>Seconds that reading one node may take.</summary>
    [Parameter]
    [ValidateRange(1, 86400)]
    public int Timeout { get; set; } = 60;

    private protected RulesReadOptions ReadOptions => new()
    {
        Source = Enum.Parse<RulesSource>(Source, ignoreCase: true),
        InspectorImage = InspectorImage,
        InspectorNamespace = InspectorNamespace,
        Parallelism = ThrottleLimit,
        Timeout = TimeSpan.FromSeconds(Timeout),
    };
}
