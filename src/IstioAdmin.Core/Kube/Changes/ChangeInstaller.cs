using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube.Applying;

namespace IstioAdmin.Core.Kube.Changes;

/// <summary>Plans the installation of a set of objects, whatever they are.</summary>
internal static class ChangeInstaller
{
    /// <summary>
    /// Asks the server, object by object and without keeping anything, what applying would do. Permissions, admission and conflicts thus
    /// show before the first object is written.
    /// </summary>
    public static async Task<ChangePlan> PlanAsync(ChangePlan draft, IReadOnlyList<ObjectManifest> manifests, IReporter reporter, CancellationToken cancel)
    {
        KubeClient client = draft.Cluster.Client;
        JsonObject?[] existing = await Task.WhenAll(manifests.Select(
            manifest => client.GetAsync(manifest.Resource, manifest.Namespace, manifest.Name, cancel))).ConfigureAwait(false);
        RefuseTerminating(draft, manifests, existing);
        if (!draft.Force)
            RefuseForeign(draft, manifests, existing);
        // In a namespace that the plan itself creates nothing can be tried out.
        HashSet<string?> unborn = [.. manifests.Zip(existing).Where(pair => pair.First.Resource.Kind == KubeResource.Namespaces.Kind && pair.Second is null).Select(pair => pair.First.Name)];
        ChangeAction[] actions = await Task.WhenAll(manifests.Zip(existing, (manifest, current) => unborn.Contains(manifest.Namespace)
            ? Task.FromResult(ChangeAction.Create)
            : RehearseAsync(draft, manifest, current, reporter, cancel))).ConfigureAwait(false);
        return draft with
        {
            Steps = [.. manifests.Zip(actions, (manifest, action) => new ChangeStep
            {
                Resource = manifest.Resource,
                Namespace = manifest.Namespace,
                Name = manifest.Name,
                Action = action,
                Manifest = manifest.Manifest,
            })],
        };
    }

    private static async Task<ChangeAction> RehearseAsync(ChangePlan plan, ObjectManifest manifest, JsonObject? existing, IReporter reporter, CancellationToken cancel)
    {
        try
        {
            AppliedObject applied = await plan.Cluster.Client.ApplyAsync(manifest.Resource, (JsonObject)manifest.Manifest.DeepClone(),
                new ApplyOptions(plan.Force, DryRun: true), cancel).ConfigureAwait(false);
            return applied.Outcome switch
            {
                ApplyOutcome.Created => ChangeAction.Create,
                ApplyOutcome.Changed => ChangeAction.Change,
                ApplyOutcome.Unchanged => ChangeAction.Keep,
                _ => throw new InvalidOperationException($"Unknown outcome {applied.Outcome}."),
            };
        }
        // An admission webhook with side effects makes the server refuse every dry run (apiserver, NewDryRunUnsupportedErr).
        catch (MeshException e) when (e.Kind == FailureKind.Rejected && e.Message.Contains("does not support dry run", StringComparison.Ordinal))
        {
            reporter.Detail($"{manifest} cannot be tried out beforehand: {e.Message}");
            return existing is null ? ChangeAction.Create : ChangeAction.Change;
        }
        // To somebody who may bind roles by his own rights alone, the server says what a binding grants, which it cannot before there is its role.
        catch (MeshException e) when (e.Kind == FailureKind.NotFound && existing is null && manifest.Resource == KubeResource.ClusterRoleBindings)
        {
            reporter.Detail($"{manifest} cannot be tried out before its role is there: {e.Message}");
            return ChangeAction.Create;
        }
    }

    private static void RefuseTerminating(ChangePlan plan, IReadOnlyList<ObjectManifest> manifests, JsonObject?[] existing)
    {
        List<string> terminating = [.. Found(manifests, existing)
            .Where(found => found.Existing["metadata"]?["deletionTimestamp"] is not null)
            .Select(found => $"{found.Manifest}")];
        if (terminating.Count > 0)
        {
            throw new MeshException($"{plan.ErrorNoun}Terminating", FailureKind.Conflict,
                $"{plan.Cluster.Server} is still deleting {string.Join(", ", terminating)}.",
                "Wait until that is done, and look at the objects' finalizers if it takes long; then run the command again.", plan.Namespace);
        }
    }

    private static void RefuseForeign(ChangePlan plan, IReadOnlyList<ObjectManifest> manifests, JsonObject?[] existing)
    {
        List<string> foreign = [.. Found(manifests, existing)
            .Where(found => !ObjectOwner.Owns(plan.PartOf, found.Existing))
            .Select(found => $"{found.Manifest} (managed by {ObjectOwner.OtherManagers(found.Existing)})")];
        if (foreign.Count > 0)
        {
            throw new MeshException($"{plan.ErrorNoun}ObjectExists", FailureKind.Conflict,
                $"Namespace {plan.Namespace} on {plan.Cluster.Server} already has objects of {plan.PartOf} that IstioAdmin did not make: {string.Join(", ", foreign)}.",
                "Remove them, name another namespace, or use -Force to take them over; from then on they are removed with the rest.", plan.Namespace);
        }
    }

    private static IEnumerable<(ObjectManifest Manifest, JsonObject Existing)> Found(IReadOnlyList<ObjectManifest> manifests, JsonObject?[] existing) =>
        manifests.Zip(existing).Where(pair => pair.Second is not null).Select(pair => (pair.First, pair.Second!));
}
