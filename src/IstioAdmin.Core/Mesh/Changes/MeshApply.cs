using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Applying;
using IstioAdmin.Core.Kube.Failures;

namespace IstioAdmin.Core.Mesh.Changes;

/// <summary>
/// Applies manifests to resources that a controller writes too. Banzai Cloud's operator writes every default into the spec and so owns each
/// field that nobody has set; to set one is no quarrel with anybody. A field that another person or a GitOps controller has set is.
/// </summary>
internal static class MeshApply
{
    // An operator that reconciles writes the resource often.
    private const int MostTries = 5;

    /// <summary>Applies.</summary>
    /// <param name="client">The cluster.</param>
    /// <param name="resource">The kind.</param>
    /// <param name="manifest">What the object should be.</param>
    /// <param name="controllers">Names under which its controller writes where nobody writes a status.</param>
    /// <param name="options">How to apply; with force every field is taken over.</param>
    /// <param name="reporter">Told which of the controller's fields are taken over.</param>
    /// <param name="cancel">Cancels the requests.</param>
    /// <exception cref="ApplyConflictException">Somebody else than the controller manages some of the fields.</exception>
    public static async Task<AppliedObject> ApplyAsync(
        KubeClient client, KubeResource resource, JsonObject manifest, IReadOnlyList<string> controllers, ApplyOptions options, IReporter reporter, CancellationToken cancel)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await client.ApplyAsync(resource, manifest, options, cancel).ConfigureAwait(false);
            }
            catch (ApplyConflictException conflict) when (!options.Force)
            {
                string? ns = resource.Namespaced ? conflict.Target is KubeSubject about ? about.Namespace : null : null;
                string name = (string)manifest["metadata"]!["name"]!;
                JsonObject? live = await client.GetAsync(resource, ns, name, cancel).ConfigureAwait(false);
                if (live is null)
                    continue;
                IReadOnlyList<string> writers = ManagedFields.StatusWriters(live);
                IReadOnlyList<string> own = writers.Count > 0 ? writers : controllers;
                FieldConflict[] quarrels = [.. conflict.Conflicts.Where(field => !own.Contains(field.Manager))];
                if (quarrels.Length > 0)
                    throw quarrels.Length == conflict.Conflicts.Count ? conflict : new ApplyConflictException(client, resource.Subject("patch", ns, name), quarrels);
                reporter.Detail($"{resource.Kind} {name}: takes over what its operator has filled in: {string.Join(", ", conflict.Conflicts.Select(field => field.Field).Distinct())}.");
                var bound = (JsonObject)manifest.DeepClone();
                // Only the fields that were looked at are taken over, not what somebody else sets in this moment.
                bound["metadata"]!["resourceVersion"] = (string?)live["metadata"]?["resourceVersion"];
                try
                {
                    return await client.ApplyAsync(resource, bound, options with { Force = true }, cancel).ConfigureAwait(false);
                }
                catch (KubeStatusException changed) when (changed.Kind == FailureKind.Conflict && attempt < MostTries)
                {
                    // The operator wrote in between.
                    await Task.Delay(TimeSpan.FromMilliseconds(50 * attempt), cancel).ConfigureAwait(false);
                }
            }
        }
    }
}
