using System.Management.Automation;
using System.Runtime.CompilerServices;
using IstioAdmin.Core;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;
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

    /// <summary>A dump of the pod's rules that somebody made: a file, or the text itself. Nothing is read in the cluster then.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] RulesFrom { get; set; } = [];

    /// <summary>Reads the rules of pods, from wherever the parameters say.</summary>
    private protected IAsyncEnumerable<PodRulesReading> ReadAsync(MeshCluster cluster, IAsyncEnumerable<MeshPod> pods, CancellationToken cancel) =>
        RulesFrom.Length > 0 ? FromDumpAsync(pods, cancel) : PodRulesReader.ReadAsync(cluster, pods, ReadOptions, Reporter, cancel);

    private async IAsyncEnumerable<PodRulesReading> FromDumpAsync(IAsyncEnumerable<MeshPod> pods, [EnumeratorCancellation] CancellationToken cancel)
    {
        PodRules? rules = null;
        await foreach (MeshPod pod in pods.WithCancellation(cancel))
        {
            if (rules is not null)
            {
                throw new MeshException("DumpOfOnePod", FailureKind.InvalidInput, $"-RulesFrom holds the rules of one pod, and there are several, {pod} among them.",
                    "Name the pod that the dump was made in.", pod);
            }
            rules = await DumpAsync(cancel);
            yield return new PodRulesReading(pod, rules, null);
        }
    }

    // What Get-Content gives is the lines of a text; a path has none.
    private Task<PodRules> DumpAsync(CancellationToken cancel) => RulesFrom is [var path] && !path.Contains('\n', StringComparison.Ordinal)
        ? DumpedRules.ReadFileAsync(FilePath.Of(SessionState, path, "-RulesFrom"), cancel)
        : Task.FromResult(DumpedRules.Read(string.Join('\n', RulesFrom), "-RulesFrom"));

    private protected RulesReadOptions ReadOptions => new()
    {
        Source = Enum.Parse<RulesSource>(Source, ignoreCase: true),
        InspectorImage = InspectorImage,
        InspectorNamespace = InspectorNamespace,
        Parallelism = ThrottleLimit,
        Timeout = TimeSpan.FromSeconds(Timeout),
    };
}
