using System.Management.Automation;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.Verdicts;

namespace IstioAdmin.Commands;

/// <summary>Proves of pods that all traffic that should enter the sidecar does, or shows the packet that escapes.</summary>
[Cmdlet(VerbsDiagnostic.Test, "PodRedirection", DefaultParameterSetName = ByName), OutputType(typeof(PodRedirection), typeof(bool))]
public sealed class TestPodRedirectionCommand : PodRulesCommand
{
    // One for all clusters: what is proven of rules is proven everywhere.
    private readonly RedirectionJudge _judge = new();
    private bool _anyBad;

    /// <summary>Return only whether all is well.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessPodsAsync(MeshCluster cluster, IAsyncEnumerable<MeshPod> pods, CancellationToken cancel)
    {
        int tested = 0;
        await foreach (PodRedirection result in PodRedirections.JudgeAsync(pods, wanted => ReadAsync(cluster, wanted, cancel), _judge, cancel))
        {
            _anyBad |= !result.IsGood;
            Reporter.Progress($"Testing the redirection of pods in cluster {cluster.Name}", $"{++tested} tested; {result}");
            if (!Quiet)
                WriteObject(result);
        }
    }

    /// <inheritdoc/>
    protected override async Task EndAsync(CancellationToken cancel)
    {
        await base.EndAsync(cancel);
        if (Quiet)
            WriteObject(!_anyBad && !HasFailed);
    }
}
