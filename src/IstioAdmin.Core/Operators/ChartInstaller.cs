using IstioAdmin.Core.Kube.Changes;
using IstioAdmin.Core.Operators.Helm;

namespace IstioAdmin.Core.Operators;

/// <summary>Plans installations from Helm charts. Helm does the work, so that its own commands know the release afterwards.</summary>
internal static class ChartInstaller
{
    public static async Task<ChangePlan> PlanAsync(
        ChangePlan draft, IOperatorPackage package, IReadOnlyList<OperatorWorkload> existing, OperatorOptions options, IReporter reporter, CancellationToken cancel)
    {
        if (options.Image is not null || options.PullSecrets.Count > 0)
        {
            throw new MeshException("OperatorOptionInvalid", FailureKind.InvalidInput, "-Image and -ImagePullSecret are for the objects that this module brings, not for charts.",
                "Name the image with -Values, under the name that the chart has for it.", options.Chart);
        }
        HelmProgram helm = await HelmProgram.FindAsync(draft.Cluster.Client, cancel).ConfigureAwait(false);
        string name = options.ReleaseName
            ?? existing.FirstOrDefault(workload => workload.Namespace == draft.Namespace && workload.Release is not null)?.Release
            ?? package.Name;
        if (!options.Force && existing.FirstOrDefault(workload => workload.Namespace != draft.Namespace || workload.Release != name) is { } other)
        {
            throw new MeshException("OperatorExists", FailureKind.Conflict,
                $"{draft.Cluster.Server} already has this operator: {other.Reference}, image {other.Image}, installed by {other.InstalledBy(package.PartOf)}.",
                "Name its namespace and release (-Namespace, -ReleaseName), remove it with Uninstall-IstioOperator, or let Helm take its objects over with -Force.",
                other.Reference);
        }
        var release = new HelmRelease(helm, draft.Namespace, name);
        string? status = await release.StatusAsync(cancel).ConfigureAwait(false);
        bool pending = status?.StartsWith("pending", StringComparison.Ordinal) == true;
        if (pending && !options.Force)
        {
            throw new MeshException("HelmReleasePending", FailureKind.Conflict,
                $"Helm release {draft.Namespace}/{name} on {draft.Cluster.Server} is {status}: somebody is changing it, or an earlier run was broken off.",
                "If nobody is, -Force clears what is pending and goes on.", name);
        }
        if (pending)
            reporter.Warn($"Helm release {draft.Namespace}/{name} is {status}; that will be cleared first.");
        (string rendered, string? version) = pending ? ("", options.Version) : await release.UpgradeAsync(options, dryRun: true, cancel).ConfigureAwait(false);
        bool same = status == "deployed" && rendered.Length > 0 && rendered == await release.ManifestAsync(cancel).ConfigureAwait(false);
        return draft with
        {
            Version = version,
            Steps =
            [
                new ChangeStep
                {
                    Resource = HelmRelease.Resource,
                    Namespace = draft.Namespace,
                    Name = name,
                    Action = same ? ChangeAction.Keep : status is null ? ChangeAction.Create : ChangeAction.Change,
                    Perform = async token =>
                    {
                        if (pending)
                            await release.ClearAsync(status!, token).ConfigureAwait(false);
                        await release.UpgradeAsync(options, dryRun: false, token).ConfigureAwait(false);
                        return status is null ? ChangeOutcome.Created : ChangeOutcome.Changed;
                    },
                },
            ],
        };
    }
}
