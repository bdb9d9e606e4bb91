using System.Management.Automation;
using IstioAdmin.Clusters;
using IstioAdmin.Completion;
using IstioAdmin.Core;
using IstioAdmin.Core.Kube;

namespace IstioAdmin.Commands;

/// <summary>The base of cmdlets that look for something by its name or namespace. A cluster from the pipeline says where to look, and no more.</summary>
/// <remarks>
/// <para>A cluster has a Name and a Namespace too, which must not be taken for those of what is looked for. So it has a parameter of its own in a set of its own,
/// and a parameter that takes its value by property name does so in <see cref="ByName"/>, and belongs to <see cref="ByCluster"/> without.</para>
/// <para><see cref="Cluster"/> cannot do both: when a parameter takes an object, PowerShell leaves open all sets that the parameter is in, not only the one that it
/// took the object in.</para>
/// </remarks>
public abstract class PipedClusterCommand : MeshCommand
{
    /// <summary>The parameter set of what is typed, and of objects that have it as properties; the default.</summary>
    protected const string ByName = "Name";

    /// <summary>The parameter set of clusters from the pipeline.</summary>
    protected const string ByCluster = "Cluster";

    /// <summary>The parameter set of objects from the pipeline, of cmdlets that cannot do without a name.</summary>
    /// <remarks>
    /// Where the default set lacks a mandatory parameter that the pipeline could give, PowerShell tries that set with all that an object has before it looks at others,
    /// and a cluster would have a name. So the mandatory parameter takes nothing from the pipeline in <see cref="ByName"/>, takes it by property name in this set, and is
    /// optional in <see cref="ByCluster"/>, where <see cref="RequireTyped"/> asks for it. No parameter takes anything by property name in <see cref="ByCluster"/> then: PowerShell
    /// would be content with that one.
    /// </remarks>
    protected const string ByObject = "Object";

    /// <inheritdoc/>
    [Parameter(ValueFromPipelineByPropertyName = true, ParameterSetName = ByName)]
    [ConnectedCluster]
    [ArgumentCompleter(typeof(ClusterCompleter))]
    [SupportsWildcards]
    public override MeshCluster[]? Cluster { get; set; }

    /// <summary>A cluster from the pipeline, or the name of one.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ByCluster)]
    [ConnectedCluster]
    [ArgumentCompleter(typeof(ClusterCompleter))]
    [SupportsWildcards]
    public virtual MeshCluster[]? InputCluster { get; set; }

    /// <inheritdoc/>
    protected override IReadOnlyList<MeshCluster> Clusters => ParameterSetName == ByCluster && InputCluster is { } piped ? piped : base.Clusters;

    /// <summary>Demands what a cluster from the pipeline does not say.</summary>
    /// <param name="given">Whether it was typed.</param>
    /// <param name="parameter">The parameter's name.</param>
    /// <exception cref="MeshException">It was not (<c>NameRequired</c>, <c>NamespaceRequired</c>).</exception>
    protected static void RequireTyped(bool given, string parameter)
    {
        if (!given)
        {
            throw new MeshException($"{parameter}Required", FailureKind.InvalidInput, $"-{parameter} is missing: a cluster from the pipeline says where to work, not on what.",
                $"Give -{parameter}.");
        }
    }
}
