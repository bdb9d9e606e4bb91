using System.Management.Automation;
using IstioAdmin.Core;
using IstioAdmin.Core.Cni;
using IstioAdmin.Core.Health;
using IstioAdmin.Core.Kube;

namespace IstioAdmin.Commands;

/// <summary>Checks Istio's CNI plugin node by node: agent, chain, files, and pods that came before it.</summary>
[Cmdlet(VerbsDiagnostic.Test, "IstioCni", DefaultParameterSetName = ByName), OutputType(typeof(MeshCheck), typeof(bool))]
public sealed class TestIstioCniCommand : PipedClusterCommand
{
    private bool _failed;

    /// <summary>Names of nodes, with wildcards; all by default.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true, ParameterSetName = ByName)]
    [Parameter(Position = 0, ParameterSetName = ByCluster)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Node { get; set; } = [];

    /// <summary>Only tell whether no check failed.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancel)
    {
        NamePattern[] nodes = [.. Node.Select(NamePattern.Parse)];
        return ForEachClusterAsync((cluster, cancel) => TestAsync(cluster, nodes, cancel), cancel);
    }

    /// <inheritdoc/>
    protected override Task EndAsync(CancellationToken cancel)
    {
        if (Quiet)
            WriteObject(!_failed);
        return Task.CompletedTask;
    }

    private async Task TestAsync(MeshCluster cluster, NamePattern[] nodes, CancellationToken cancel)
    {
        var missing = nodes.Where(node => !node.HasWildcards).Select(node => node.Text).ToHashSet(StringComparer.OrdinalIgnoreCase);
        Func<string, bool>? wants = nodes.Length == 0 ? null : name => Array.Exists(nodes, node => node.IsMatch(name));
        try
        {
            await foreach (MeshCheck check in new IstioCniTest(cluster, Reporter).RunAsync(wants, cancel))
            {
                _failed |= check.Status == CheckStatus.Fail;
                if (check.Target is { } target)
                    missing.Remove(target);
                else
                    missing.Clear();
                if (!Quiet)
                    WriteObject(check);
            }
        }
        catch (MeshException)
        {
            // What could not be checked has not passed.
            _failed = true;
            throw;
        }
        foreach (string name in missing)
        {
            _failed = true;
            WriteFailure(new MeshException("NodeNotFound", FailureKind.NotFound, $"{cluster.Server}: cluster '{cluster.Name}' has no node '{name}'.",
                "List what is there with 'kubectl get nodes', or use a wildcard.", name), name);
        }
    }
}
