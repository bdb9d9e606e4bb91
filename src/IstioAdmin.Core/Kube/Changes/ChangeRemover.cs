using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Kube.Changes;

/// <summary>Plans a removal: exactly the objects that this module made.</summary>
internal static class ChangeRemover
{
    /// <summary>Looks at every object that there can be and decides whose it is.</summary>
    /// <param name="draft">The plan without its steps.</param>
    /// <param name="objects">The objects in the order in which they are installed; they are removed the other way round.</param>
    /// <param name="reporter">Warned of objects that are left alone.</param>
    /// <param name="cancel">Cancels the requests.</param>
    public static async Task<ChangePlan> PlanAsync(ChangePlan draft, IEnumerable<ObjectManifest> objects, IReporter reporter, CancellationToken cancel)
    {
        ObjectManifest[] candidates = [.. objects.Reverse()];
        JsonObject?[] existing = await Task.WhenAll(candidates.Select(
            candidate => draft.Cluster.Client.GetAsync(candidate.Resource, candidate.Namespace, candidate.Name, cancel))).ConfigureAwait(false);
        List<ChangeStep> steps = [];
        string? version = null;
        foreach ((ObjectManifest candidate, JsonObject? found) in candidates.Zip(existing))
        {
            if (found is null)
                continue;
            bool ours = ObjectOwner.Owns(draft.PartOf, found);
            var step = new ChangeStep
            {
                Resource = candidate.Resource,
                Namespace = candidate.Namespace,
                Name = candidate.Name,
                Action = ours ? ChangeAction.Remove : ChangeAction.LeaveAlone,
                Uid = (string?)found["metadata"]?["uid"],
            };
            if (ours)
                version ??= (string?)found["metadata"]?["labels"]?[ObjectOwner.Version];
            else
                reporter.Warn($"{step.Target} is left alone: it was not made by IstioAdmin but by {ObjectOwner.OtherManagers(found)}.");
            steps.Add(step);
        }
        return draft with { Steps = steps, Version = version, Removes = true };
    }
}
