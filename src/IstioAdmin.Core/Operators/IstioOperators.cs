using System.Runtime.CompilerServices;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Changes;
using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Core.Operators;

/// <summary>
/// Finds, installs and removes the operators that run meshes. A change is done in two steps, a plan and its run, so that whoever asks can see and
/// approve each object first.
/// </summary>
public static class IstioOperators
{
    /// <summary>Finds operators, whoever installed them.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="kinds">Which ones; empty for all.</param>
    /// <param name="ns">One namespace, or null for all.</param>
    /// <param name="cancel">Ends the search.</param>
    /// <exception cref="MeshException">Deployments or stateful sets could not be listed.</exception>
    public static async IAsyncEnumerable<IstioOperator> FindAsync(
        MeshCluster cluster, IReadOnlyList<IstioOperatorKind> kinds, string? ns, [EnumeratorCancellation] CancellationToken cancel)
    {
        IReadOnlyList<MeshOperator> operators = kinds.Count == 0 ? MeshOperator.All : [.. kinds.Select(MeshOperator.Of)];
        await foreach ((MeshOperator kind, OperatorWorkload workload) in OperatorFinder.WorkloadsAsync(cluster.Client, operators, ns, cancel).ConfigureAwait(false))
            yield return await OperatorFinder.DescribeAsync(cluster, kind, workload, cancel).ConfigureAwait(false);
    }

    /// <summary>The release lines that can be installed without a chart, oldest first: <c>1.1</c>, <c>1.2</c>.</summary>
    public static IReadOnlyList<string> Versions(IstioOperatorKind kind) => [.. MeshOperator.Of(kind).Package.Lines.Select(line => line.Version)];

    /// <summary>Plans an installation, or with <see cref="OperatorOptions.Update"/> an update. Nothing in the cluster changes.</summary>
    /// <exception cref="MeshException">
    /// The Kubernetes version is not supported (<c>KubernetesNotSupported</c>), the version is unknown (<c>OperatorVersionNotFound</c>), only a chart
    /// will do (<c>OperatorChartRequired</c>), another installation is in the way (<c>OperatorExists</c>, <c>OperatorObjectExists</c>), there is none to
    /// update (<c>OperatorNotFound</c>), or the server would refuse one of the objects.
    /// </exception>
    public static Task<ChangePlan> PlanInstallAsync(MeshCluster cluster, OperatorOptions options, IReporter reporter, CancellationToken cancel) =>
        OperatorInstaller.PlanAsync(cluster, options, reporter, cancel);

    /// <summary>Runs an installation's plan.</summary>
    /// <param name="plan">What <see cref="PlanInstallAsync"/> returned.</param>
    /// <param name="options">What it was given.</param>
    /// <param name="wait">How long to wait until the operator is ready; null does not wait.</param>
    /// <param name="reporter">Told about progress.</param>
    /// <param name="cancel">Cancels the work; what has been applied by then stays.</param>
    /// <exception cref="MeshException">An object could not be applied, or time ran out (<c>OperatorNotReady</c>).</exception>
    public static Task<IstioOperator> InstallAsync(ChangePlan plan, OperatorOptions options, TimeSpan? wait, IReporter reporter, CancellationToken cancel) =>
        OperatorInstaller.RunAsync(plan, options, wait, reporter, cancel);

    /// <summary>Plans a removal. Nothing in the cluster changes.</summary>
    /// <exception cref="MeshException">
    /// There are meshes (<c>MeshExists</c>), or somebody else installed the operator (<c>OperatorNotOurs</c>); or the server refuses to be asked.
    /// </exception>
    public static Task<ChangePlan> PlanRemovalAsync(MeshCluster cluster, OperatorRemovalOptions options, IReporter reporter, CancellationToken cancel) =>
        OperatorRemover.PlanAsync(cluster, options, reporter, cancel);

    /// <summary>Runs a removal's plan.</summary>
    /// <param name="plan">What <see cref="PlanRemovalAsync"/> returned.</param>
    /// <param name="options">What it was given.</param>
    /// <param name="wait">How long to wait until the operator's pods are gone; null does not wait.</param>
    /// <param name="reporter">Told about progress.</param>
    /// <param name="cancel">Cancels the work; what has been deleted by then is gone.</param>
    /// <exception cref="MeshException">An object could not be deleted, or time ran out (<c>RemovalTimedOut</c>).</exception>
    public static Task<IstioOperator> RemoveAsync(ChangePlan plan, OperatorRemovalOptions options, TimeSpan? wait, IReporter reporter, CancellationToken cancel) =>
        OperatorRemover.RunAsync(plan, options, wait, reporter, cancel);
}
