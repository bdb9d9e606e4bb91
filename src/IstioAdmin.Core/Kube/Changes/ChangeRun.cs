using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube.Applying;

namespace IstioAdmin.Core.Kube.Changes;

/// <summary>Runs plans.</summary>
internal static class ChangeRun
{
    /// <summary>Runs the plan's steps in order and says what became of each object.</summary>
    /// <exception cref="MeshException">
    /// A step failed. Where others had been done before, the error is the plan's own (<c>SampleIncomplete</c> and the like) and names them.
    /// </exception>
    public static async Task<IReadOnlyList<ChangedObject>> RunAsync(ChangePlan plan, IReporter reporter, CancellationToken cancel)
    {
        List<ChangedObject> done = [];
        foreach (ChangeStep step in plan.Steps)
        {
            ChangeOutcome outcome = step.Action switch
            {
                ChangeAction.Create or ChangeAction.Change or ChangeAction.Remove => await WriteAsync(plan, step, done, cancel).ConfigureAwait(false),
                ChangeAction.Decline => ChangeOutcome.Declined,
                ChangeAction.LeaveAlone => ChangeOutcome.LeftAlone,
                ChangeAction.Keep => ChangeOutcome.Unchanged,
                _ => throw new InvalidOperationException($"Unknown action {step.Action}."),
            };
            reporter.Detail($"{step.Target}: {outcome}");
            done.Add(new ChangedObject(step.Resource.Kind, step.Namespace, step.Name, outcome));
        }
        return done;
    }

    private static async Task<ChangeOutcome> WriteAsync(ChangePlan plan, ChangeStep step, List<ChangedObject> done, CancellationToken cancel)
    {
        try
        {
            if (step.Perform is { } perform)
                return await perform(cancel).ConfigureAwait(false);
            return step.Action == ChangeAction.Remove
                ? await DeleteAsync(plan.Cluster.Client, step, cancel).ConfigureAwait(false)
                : await ApplyAsync(plan, step, cancel).ConfigureAwait(false);
        }
        catch (MeshException e)
        {
            string[] written = [.. done
                .Where(item => item.Outcome is ChangeOutcome.Created or ChangeOutcome.Changed or ChangeOutcome.Removed)
                .Select(item => item.ToString())];
            if (written.Length == 0)
                throw;
            (string state, string verb, string again) = plan.Removes
                ? ("removed", "Done", "it removes what is left")
                : ("installed", "Written", "it completes what is missing and leaves the rest as it is");
            throw new MeshException($"{plan.ErrorNoun}Incomplete", e.Kind,
                $"{plan.PartOf} is {state} only in part, because {step.Target} failed: {e.Message} {verb} before that: {string.Join(", ", written)}.",
                $"{(e.Remedy is null ? "" : e.Remedy + " ")}Then run the command again: {again}.", step.Target, e);
        }
    }

    private static async Task<ChangeOutcome> ApplyAsync(ChangePlan plan, ChangeStep step, CancellationToken cancel)
    {
        AppliedObject applied = await plan.Cluster.Client.ApplyAsync(step.Resource, (JsonObject)step.Manifest!.DeepClone(),
            new ApplyOptions(plan.Force), cancel).ConfigureAwait(false);
        return applied.Outcome switch
        {
            ApplyOutcome.Created => ChangeOutcome.Created,
            ApplyOutcome.Changed => ChangeOutcome.Changed,
            ApplyOutcome.Unchanged => ChangeOutcome.Unchanged,
            _ => throw new InvalidOperationException($"Unknown outcome {applied.Outcome}."),
        };
    }

    // Gone in the meantime is as good as removed: the administrator asked for it not to be there.
    private static async Task<ChangeOutcome> DeleteAsync(KubeClient client, ChangeStep step, CancellationToken cancel)
    {
        await client.DeleteAsync(step.Resource, step.Namespace, step.Name, new DeleteOptions(Uid: step.Uid), cancel).ConfigureAwait(false);
        return ChangeOutcome.Removed;
    }
}
