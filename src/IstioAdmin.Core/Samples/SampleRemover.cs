using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;

namespace IstioAdmin.Core.Samples;

/// <summary>Plans and runs the removal of a sample: exactly the objects that this module made.</summary>
internal static class SampleRemover
{
    /// <summary>Looks at every object that the sample can have and decides whose it is.</summary>
    /// <param name="draft">The plan without its steps.</param>
    /// <param name="objects">The objects in the order in which they are installed; they are removed the other way round.</param>
    /// <param name="reporter">Warned of objects that are left alone.</param>
    /// <param name="cancel">Cancels the requests.</param>
    public static async Task<SamplePlan> PlanAsync(SamplePlan draft, IEnumerable<SampleManifest> objects, IReporter reporter, CancellationToken cancel)
    {
        SampleManifest[] candidates = [.. objects.Reverse()];
        JsonObject?[] existing = await Task.WhenAll(candidates.Select(
            candidate => draft.Cluster.Client.GetAsync(candidate.Resource, candidate.Namespace, candidate.Name, cancel))).ConfigureAwait(false);
        List<SampleStep> steps = [];
        string? version = null;
        foreach ((SampleManifest candidate, JsonObject? found) in candidates.Zip(existing))
        {
            if (found is null)
                continue;
            bool ours = SampleOwner.Owns(draft.Sample, found);
            var step = new SampleStep
            {
                Resource = candidate.Resource,
                Namespace = candidate.Namespace,
                Name = candidate.Name,
                Action = ours ? SampleAction.Remove : SampleAction.LeaveAlone,
                Uid = (string?)found["metadata"]?["uid"],
            };
            if (ours)
                version ??= (string?)found["metadata"]?["labels"]?[SampleOwner.Version];
            else
                reporter.Warn($"{step.Target} is left alone: it was not made by IstioAdmin but by {SampleOwner.OtherManagers(found)}.");
            steps.Add(step);
        }
        return draft with { Steps = steps, Version = version };
    }

    /// <summary>Runs the plan's steps in order and says what became of each object.</summary>
    public static async Task<IReadOnlyList<SampleObject>> RunAsync(SamplePlan plan, IReporter reporter, CancellationToken cancel)
    {
        List<SampleObject> done = [];
        foreach (SampleStep step in plan.Steps)
        {
            SampleOutcome outcome = step.Action switch
            {
                SampleAction.Remove => await DeleteAsync(plan, step, cancel).ConfigureAwait(false),
                SampleAction.LeaveAlone => SampleOutcome.LeftAlone,
                SampleAction.Decline => SampleOutcome.Declined,
                SampleAction.Keep => SampleOutcome.Unchanged,
                SampleAction.Create or SampleAction.Change => throw new InvalidOperationException("An installation's plan cannot be removed."),
                _ => throw new InvalidOperationException($"Unknown action {step.Action}."),
            };
            reporter.Detail($"{step.Target}: {outcome}");
            done.Add(new SampleObject(step.Resource.Kind, step.Namespace, step.Name, outcome));
        }
        return done;
    }

    // Gone in the meantime is as good as removed: the administrator asked for it not to be there.
    private static async Task<SampleOutcome> DeleteAsync(SamplePlan plan, SampleStep step, CancellationToken cancel)
    {
        await plan.Cluster.Client.DeleteAsync(step.Resource, step.Namespace, step.Name, new DeleteOptions(Uid: step.Uid), cancel).ConfigureAwait(false);
        return SampleOutcome.Removed;
    }
}
