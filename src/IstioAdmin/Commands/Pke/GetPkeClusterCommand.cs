using System.Management.Automation;
using IstioAdmin.Completion;
using IstioAdmin.Core.Pke;

namespace IstioAdmin.Commands;

/// <summary>Lists the clusters of an organization, with their node pools.</summary>
[Cmdlet(VerbsCommon.Get, "PkeCluster", DefaultParameterSetName = ByName), OutputType(typeof(PkeCluster))]
public sealed class GetPkeClusterCommand : PkeClusterCommand
{
    /// <inheritdoc/>
    [Parameter(Position = 0, ValueFromPipeline = true, ParameterSetName = ByName)]
    [ArgumentCompleter(typeof(PkeClusterCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public override string[] Name { get; set; } = ["*"];

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancel) => ForEachClusterAsync((cluster, _) =>
    {
        WriteObject(cluster);
        return Task.CompletedTask;
    }, cancel);
}
