using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Applying;

namespace IstioAdmin.Core.Samples;

/// <summary>Plans and runs the installation of a sample, whatever its objects are.</summary>
internal static class SampleInstaller
{
    /// <summary>
    /// Asks the server, object by object and without keeping anything, what applying would do. Permissions, admission and conflicts thus
    /// show before the first object is written.
    /// </summary>
    public static async Task<SamplePlan> PlanAsync(SamplePlan draft, IReadOnlyList<SampleManifest> manifests, IReporter reporter, CancellationToken cancel)
    {
        KubeClient client = draft.Cluster.Client;
        JsonObject?[] existing = await Task.WhenAll(manifests.Select(
            manifest => client.GetAsync(manifest.Resource, manifest.Namespace, manifest.Name, cancel))).ConfigureAwait(false);
        RefuseTerminating(draft, manifests, existing);
        if (!draft.Force)
            RefuseForeign(draft, manifests, existing);
        SampleAction[] actions = await Task.WhenAll(manifests.Zip(existing,
            (manifest, current) => RehearseAsync(draft, manifest, current, reporter, cancel))).ConfigureAwait(false);
        return draft with
        {
            Steps = [.. manifests.Zip(actions, (manifest, action) => new SampleStep
            {
                Resource = manifest.Resource,
                Namespace = manifest.Namespace,
                Name = manifest.Name,
                Action = action,
                Manifest = manifest.Manifest,
            })],
        };
    }

    /// <summary>Runs the plan's steps in order and says what became of each object.</summary>
    public static async Task<IReadOnlyList<SampleObject>> RunAsync(SamplePlan plan, IReporter reporter, CancellationToken cancel)
    {
        List<SampleObject> done = [];
        foreach (SampleStep step in plan.Steps)
        {
            SampleOutcome outcome = step.Action switch
            {
                SampleAction.Create or SampleAction.Change => await ApplyAsync(plan, step, done, cancel).ConfigureAwait(false),
                SampleAction.Decline => SampleOutcome.Declined,
                SampleAction.LeaveAlone => SampleOutcome.LeftAlone,
                SampleAction.Keep => SampleOutcome.Unchanged,
                SampleAction.Remove => throw new InvalidOperationException("A removal's plan cannot be installed."),
                _ => throw new InvalidOperationException($"Unknown action {step.Action}."),
            };
            reporter.Detail($"{step.Target}: {outcome}");
            done.Add(new SampleObject(step.Resource.Kind, step.Namespace, step.Name, outcome));
        }
        return done;
    }

    private static async Task<SampleAction> RehearseAsync(SamplePlan plan, SampleManifest manifest, JsonObject? existing, IReporter reporter, CancellationToken cancel)
    {
        try
        {
            AppliedObject applied = await plan.Cluster.Client.ApplyAsync(manifest.Resource, (JsonObject)manifest.Manifest.DeepClone(),
                new ApplyOptions(plan.Force, DryRun: true), cancel).ConfigureAwait(false);
            return applied.Outcome switch
            {
                ApplyOutcome.Created => SampleAction.Create,
                ApplyOutcome.Changed => SampleAction.Change,
                ApplyOutcome.Unchanged => SampleAction.Keep,
                _ => throw new InvalidOperationException($"Unknown outcome {applied.Outcome}."),
            };
        }
        // An admission webhook with side effects makes the server refuse every dry run (apiserver, NewDryRunUnsupportedErr).
        catch (MeshException e) when (e.Kind == FailureKind.Rejected && e.Message.Contains("does not support dry run", StringComparison.Ordinal))
        {
            reporter.Detail($"{manifest.Resource.Kind} {manifest.Namespace}/{manifest.Name} cannot be tried out beforehand: {e.Message}");
            return existing is null ? SampleAction.Create : SampleAction.Change;
        }
    }

    private static async Task<SampleOutcome> ApplyAsync(SamplePlan plan, SampleStep step, List<SampleObject> done, CancellationToken cancel)
    {
        try
        {
            AppliedObject applied = await plan.Cluster.Client.ApplyAsync(step.Resource, (JsonObject)step.Manifest!.DeepClone(),
                new ApplyOptions(plan.Force), cancel).ConfigureAwait(false);
            return applied.Outcome switch
            {
                ApplyOutcome.Created => SampleOutcome.Created,
                ApplyOutcome.Changed => SampleOutcome.Changed,
                ApplyOutcome.Unchanged => SampleOutcome.Unchanged,
                _ => throw new InvalidOperationException($"Unknown outcome {applied.Outcome}."),
            };
        }
        catch (MeshException e)
        {
            List<string> written = [.. done.Where(item => item.Outcome is SampleOutcome.Created or SampleOutcome.Changed).Select(item => item.ToString())];
            if (written.Count == 0)
                throw;
            throw new MeshException("SampleIncomplete", e.Kind,
                $"{plan.Sample} is installed only in part, because {step.Target} failed: {e.Message} Written before that: {string.Join(", ", written)}.",
                $"{(e.Remedy is null ? "" : e.Remedy + " ")}Then run the command again: it completes what is missing and leaves the rest as it is.",
                step.Target, e);
        }
    }

    private static void RefuseTerminating(SamplePlan plan, IReadOnlyList<SampleManifest> manifests, JsonObject?[] existing)
    {
        List<string> terminating = [.. Found(manifests, existing)
            .Where(found => found.Existing["metadata"]?["deletionTimestamp"] is not null)
            .Select(found => $"{found.Manifest.Resource.Kind} {found.Manifest.Namespace}/{found.Manifest.Name}")];
        if (terminating.Count > 0)
        {
            throw new MeshException("SampleTerminating", FailureKind.Conflict,
                $"{plan.Cluster.Server} is still deleting {string.Join(", ", terminating)}.",
                "Wait until that is done, and look at the objects' finalizers if it takes long; then run the command again.", plan.Namespace);
        }
    }

    private static void RefuseForeign(SamplePlan plan, IReadOnlyList<SampleManifest> manifests, JsonObject?[] existing)
    {
        List<string> foreign = [.. Found(manifests, existing)
            .Where(found => !SampleOwner.Owns(plan.Sample, found.Existing))
            .Select(found => $"{found.Manifest.Resource.Kind} {found.Manifest.Namespace}/{found.Manifest.Name} (managed by {SampleOwner.OtherManagers(found.Existing)})")];
        if (foreign.Count > 0)
        {
            throw new MeshException("SampleObjectExists", FailureKind.Conflict,
                $"Namespace {plan.Namespace} on {plan.Cluster.Server} already has objects of {plan.Sample} that IstioAdmin did not make: {string.Join(", ", foreign)}.",
                "Remove them, name another namespace, or use -Force to take them over; from then on they are removed with the rest.", plan.Namespace);
        }
    }

    private static IEnumerable<(SampleManifest Manifest, JsonObject Existing)> Found(IReadOnlyList<SampleManifest> manifests, JsonObject?[] existing) =>
        manifests.Zip(existing).Where(pair => pair.Second is not null).Select(pair => (pair.First, pair.Second!));
}
