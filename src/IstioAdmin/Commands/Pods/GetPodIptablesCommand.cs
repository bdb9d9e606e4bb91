using System.Management.Automation;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.Sources;
using IstioAdmin.Core.Redirection.Verdicts;

namespace IstioAdmin.Commands;

/// <summary>Reads the netfilter rules out of running pods.</summary>
[Cmdlet(VerbsCommon.Get, "PodIptables", DefaultParameterSetName = ByName), OutputType(typeof(PodIptables), typeof(string))]
public sealed class GetPodIptablesCommand : PodRulesCommand
{
    /// <summary>Return the text as it was printed.</summary>
    [Parameter]
    public SwitchParameter Raw { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessPodsAsync(MeshCluster cluster, IAsyncEnumerable<MeshPod> pods, CancellationToken cancel)
    {
        await foreach (PodRulesReading reading in ReadAsync(cluster, pods, cancel))
        {
            if (reading.Rules is not { } rules)
            {
                WriteFailure(reading.Failure!, target: reading.Pod);
                continue;
            }
            foreach (string gap in rules.Gaps)
                WriteVerbose($"Pod {reading.Pod}: {gap}");
            foreach (PodIptables found in PodIptables.Of(reading.Pod, rules))
                WriteObject(Raw ? found.Text : found);
        }
    }
}
