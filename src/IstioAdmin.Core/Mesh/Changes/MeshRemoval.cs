using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Applying;
using IstioAdmin.Core.Mesh.Settings;
using IstioAdmin.Core.Mesh.Waiting;
using IstioAdmin.Core.Operators;

namespace IstioAdmin.Core.Mesh.Changes;

/// <summary>Removes meshes.</summary>
public static class MeshRemoval
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Suspicious = TimeSpan.FromSeconds(10);

    /// <summary>Removes a mesh, with what this module has made beside it, and waits until it is gone.</summary>
    /// <param name="cluster">The mesh's cluster.</param>
    /// <param name="mesh">The mesh.</param>
    /// <param name="patience">How long to wait; null does not wait.</param>
    /// <param name="reporter">Told about progress, and warned of what stays behind and does harm.</param>
    /// <param name="cancel">Ends the work; the deletion goes on.</param>
    /// <returns>The mesh as it was last seen.</returns>
    /// <exception cref="MeshException">The server refused, or the mesh is still there when time has run out (<c>MeshRemovalTimedOut</c>); the message says who is missing.</exception>
    public static async Task<IstioMesh> RemoveAsync(MeshCluster cluster, IstioMesh mesh, TimeSpan? patience, IReporter reporter, CancellationToken cancel)
    {
        MeshOperator known = MeshOperator.Of(mesh.Operator);
        await RemoveCompanionsAsync(cluster, known, mesh, reporter, cancel).ConfigureAwait(false);
        await cluster.Client.DeleteAsync(known.Mesh, known.Mesh.Namespaced ? mesh.Namespace : null, mesh.Name,
            new DeleteOptions(Uid: mesh.Resource.TextAt("metadata.uid")), cancel).ConfigureAwait(false);
        IstioMesh last = await IstioMeshes.ReadAsync(cluster, mesh, cancel).ConfigureAwait(false) ?? mesh with { State = MeshState.Removed };
        if (patience is not { } limit)
            return last;
        last = await UntilGoneAsync(cluster, known, last, limit, reporter, cancel).ConfigureAwait(false);
        await WarnOfLeftoversAsync(cluster, mesh, reporter, cancel).ConfigureAwait(false);
        return last;
    }

    private static async Task<IstioMesh> UntilGoneAsync(MeshCluster cluster, MeshOperator known, IstioMesh mesh, TimeSpan patience, IReporter reporter, CancellationToken cancel)
    {
        IstioMesh? left = mesh;
        bool warned = false;
        long begun = Environment.TickCount64;
        while (mesh.State != MeshState.Removed && left is not null)
        {
            TimeSpan waited = TimeSpan.FromMilliseconds(Environment.TickCount64 - begun);
            if (waited >= patience)
                throw await LateAsync(cluster, known, left, patience, cancel).ConfigureAwait(false);
            if (!warned && waited >= Suspicious && (await OperatorPods.FindAsync(cluster, known, cancel).ConfigureAwait(false)).Trouble is { } trouble)
            {
                warned = true;
                reporter.Warn($"Mesh {mesh} waits for its operator to let it go (finalizer {known.Dialect.Finalizer}), and {trouble}.");
            }
            reporter.Progress($"Removing mesh {mesh}", $"its operator has not let it go yet{(left.Status is null ? "" : $"; status {left.Status}")}");
            await Task.Delay(Interval, cancel).ConfigureAwait(false);
            left = await IstioMeshes.ReadAsync(cluster, left, cancel).ConfigureAwait(false);
            // One of the same name that was made in the meantime is another one.
            if (left is not null && left.Resource.TextAt("metadata.uid") != mesh.Resource.TextAt("metadata.uid"))
                left = null;
        }
        return mesh with { State = MeshState.Removed };
    }

    private static async Task<MeshException> LateAsync(MeshCluster cluster, MeshOperator known, IstioMesh mesh, TimeSpan patience, CancellationToken cancel)
    {
        string? trouble = (await OperatorPods.FindAsync(cluster, known, cancel).ConfigureAwait(false)).Trouble;
        string finalizers = string.Join(", ", mesh.Resource.TextsAt("metadata.finalizers"));
        string why = trouble ?? (mesh.Status == "Reconciling" ? "its status is Reconciling, in which the operator deletes nothing; one that was killed at work leaves that behind for ever" : "its operator runs, but has not done it");
        string free = $"kubectl patch {known.Mesh.FullName} {mesh.Name}{(known.Mesh.Namespaced ? $" -n {mesh.Namespace}" : "")} --type merge -p '{{\"metadata\":{{\"finalizers\":null}}}}'";
        return new MeshException("MeshRemovalTimedOut", FailureKind.Timeout,
            $"Mesh {mesh} on {cluster.Server} is marked for deletion but still there after {patience.TotalSeconds:0.#} s, held by {(finalizers.Length == 0 ? "nothing that shows" : finalizers)}: {why}.",
            $"Bring the operator back (Install-IstioOperator) and it finishes the deletion. Where it never will, Uninstall-IstioOperator removes what it leaves, or let the resource go by hand, which leaves all of the mesh's objects behind: {free}", mesh);
    }

    private static async Task RemoveCompanionsAsync(MeshCluster cluster, MeshOperator known, IstioMesh mesh, IReporter reporter, CancellationToken cancel)
    {
        // Asked for all of them: what was never made is not there.
        var all = new MeshSettings { Mtls = true, Ingress = new GatewaySettings { Enabled = false }, Egress = new GatewaySettings { Enabled = false } };
        foreach (MeshCompanion companion in known.Dialect.Companions(mesh.Resource, all))
        {
            JsonObject? live = await cluster.Client.GetAsync(companion.Resource, companion.Namespace, companion.Name, cancel).ConfigureAwait(false);
            if (live is null)
                continue;
            if (!ManagedFields.Managers(live).Contains(KubeApply.FieldManager))
            {
                reporter.Detail($"{companion.Resource.Kind} {companion.Namespace}/{companion.Name} stays: it was not made by IstioAdmin.");
                continue;
            }
            await cluster.Client.DeleteAsync(companion.Resource, companion.Namespace, companion.Name, new DeleteOptions(Uid: live.TextAt("metadata.uid")), cancel).ConfigureAwait(false);
            reporter.Detail($"{companion.Resource.Kind} {companion.Namespace}/{companion.Name}: removed");
        }
    }

    /// <summary>
    /// On Kubernetes 1.20 and newer the collector does not touch cluster-scoped objects that a namespaced one owns, so the injector's webhook
    /// stays, with nobody behind it, and every new pod in a labelled namespace is refused.
    /// </summary>
    private static async Task WarnOfLeftoversAsync(MeshCluster cluster, IstioMesh mesh, IReporter reporter, CancellationToken cancel)
    {
        if (mesh.Operator != IstioOperatorKind.Banzai)
            return;
        try
        {
            KubeResource webhooks = await cluster.Client.ServedAsync(KubeResource.MutatingWebhooks, cancel).ConfigureAwait(false);
            if (await cluster.Client.GetAsync(webhooks, null, "istio-sidecar-injector", cancel).ConfigureAwait(false) is null)
                return;
        }
        catch (MeshException e) when (e.Kind == FailureKind.Forbidden)
        {
            reporter.Detail($"Whether webhooks stay behind could not be checked: {e.Message}");
            return;
        }
        reporter.Warn($"The mesh is gone, but its operator has left {KubeResource.MutatingWebhooks.Kind} istio-sidecar-injector behind: new pods in namespaces with the label istio-injection=enabled are refused"
            + $"{(mesh.AutoInjectionNamespaces.Count == 0 ? "" : $" ({string.Join(", ", mesh.AutoInjectionNamespaces)})")}. Uninstall-IstioOperator removes it, with cluster roles, definitions and labels; a new mesh takes it over.");
    }
}
