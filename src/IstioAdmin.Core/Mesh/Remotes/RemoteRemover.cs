using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Changes;
using IstioAdmin.Core.Kube.Listing;
using IstioAdmin.Core.Operators;
using IstioAdmin.Core.Workloads;

namespace IstioAdmin.Core.Mesh.Remotes;

/// <summary>
/// Lets remote clusters go. The order matters: the operator removes its parts from the remote cluster with the account there, and cannot finish without the
/// Secret (it takes its label off at the end); so both go after its resource. The Secret is the last, for as long as it is there the rest is found again.
/// </summary>
public static class RemoteRemover
{
    /// <summary>Plans a removal.</summary>
    /// <param name="cluster">The mesh's cluster.</param>
    /// <param name="mesh">The mesh.</param>
    /// <param name="remote">The remote cluster.</param>
    /// <param name="reached">Connected clusters among which it may be; those that are others have nothing of it and are left alone.</param>
    /// <param name="includeNamespace">Also remove the namespace on the remote cluster, where it was made for this remote cluster.</param>
    /// <param name="patience">How long to wait for the operator; null asks for the deletion only.</param>
    /// <param name="reporter">Told about progress, and warned of objects that are left alone.</param>
    /// <param name="cancel">Cancels the requests.</param>
    /// <exception cref="MeshException">A server could not be asked, or refused.</exception>
    public static async Task<RemotePlan> PlanAsync(
        MeshCluster cluster, IstioMesh mesh, IstioRemoteCluster remote, IReadOnlyList<MeshCluster> reached, bool includeNamespace, TimeSpan? patience,
        IReporter reporter, CancellationToken cancel)
    {
        IRemoteDialect dialect = MeshOperator.Of(mesh.Operator).Remotes;
        var options = new RemoteOptions();
        List<ChangePlan> parts = [];
        if (remote.Resource is { } resource && dialect.Resource is { } kind)
        {
            var step = new ChangeStep
            {
                Resource = kind,
                Namespace = mesh.Namespace,
                Name = remote.Name,
                Action = ChangeAction.Remove,
                Perform = attempt => DeleteAsync(cluster, mesh, kind, resource, patience, reporter, attempt),
            };
            parts.Add(RemotePlanner.Draft(cluster, mesh.Namespace, options) with { Steps = [step], Removes = true });
        }
        // Without waiting nobody knows when the operator has ceased to need the rest.
        bool leavesRest = patience is null && parts.Count > 0;
        if (!leavesRest)
        {
            RemoteAccount account = await RemoteAccount.OfAsync(cluster, mesh.Namespace, remote.Name, cancel).ConfigureAwait(false);
            foreach (MeshCluster candidate in reached)
            {
                List<ObjectManifest> objects = [.. account.Objects([], "")];
                if (includeNamespace && await MayRemoveNamespaceAsync(candidate, account, reporter, cancel).ConfigureAwait(false))
                    objects.Insert(0, account.Home());
                ChangePlan there = await ChangeRemover.PlanAsync(RemotePlanner.Draft(candidate, mesh.Namespace, options), objects, reporter, cancel).ConfigureAwait(false);
                if (there.Steps.Count > 0)
                    parts.Add(there);
            }
            if (remote.SecretName is { } secret)
            {
                parts.Add(await ChangeRemover.PlanAsync(RemotePlanner.Draft(cluster, mesh.Namespace, options),
                    [ObjectManifest.Create(KubeResource.Secrets, mesh.Namespace, secret, RemoteAccount.Labels())], reporter, cancel).ConfigureAwait(false));
            }
        }
        return new RemotePlan { Cluster = cluster, Mesh = mesh, Name = remote.Name, Parts = parts, Found = remote, LeavesRest = leavesRest };
    }

    /// <summary>Runs a removal, and names what stays.</summary>
    /// <returns>The remote cluster as it was last seen; with <see cref="MeshState.Removed"/> when nothing of it is left in the mesh's cluster.</returns>
    /// <exception cref="MeshException">A step failed, or the operator did not let go in time (<c>RemoteRemovalTimedOut</c>).</exception>
    public static async Task<IstioRemoteCluster> RunAsync(RemotePlan plan, IReporter reporter, CancellationToken cancel)
    {
        foreach (ChangePlan part in plan.Parts)
            await ChangeRun.RunAsync(part, reporter, cancel).ConfigureAwait(false);
        MeshCluster[] others = [.. plan.Parts.Select(part => part.Cluster).Where(cluster => cluster != plan.Cluster).Distinct()];
        IstioRemoteCluster? left = await IstioRemotes.ReadAsync(plan.Cluster, plan.Mesh, plan.Name, cancel).ConfigureAwait(false);
        if (left is not null && (left.Resource is not null || plan.LeavesRest))
        {
            reporter.Warn($"{(left.Resource is null ? $"The operator has let {plan.Name} go" : $"The operator is still letting {plan.Name} go, and until then needs the rest")}. Run the command again "
                + $"to remove what is left: Secret {plan.Mesh.Namespace}/{left.SecretName}, and the account on the remote cluster.");
        }
        else if (others.Length == 0)
            await WarnOfAccountAsync(plan, reporter, cancel).ConfigureAwait(false);
        foreach (MeshCluster other in others)
            await WarnOfLeftoversAsync(plan, other, reporter, cancel).ConfigureAwait(false);
        return left ?? plan.Found! with { State = MeshState.Removed, Status = null, ErrorMessage = null, Resource = null, SecretName = null };
    }

    private static async Task<ChangeOutcome> DeleteAsync(
        MeshCluster cluster, IstioMesh mesh, KubeResource kind, JsonObject resource, TimeSpan? patience, IReporter reporter, CancellationToken cancel)
    {
        string name = resource.Metadata("name")!;
        await cluster.Client.DeleteAsync(kind, mesh.Namespace, name, new DeleteOptions(Uid: resource.Metadata("uid")), cancel).ConfigureAwait(false);
        if (patience is not { } limit)
            return ChangeOutcome.Removed;
        JsonObject? left = resource;
        bool gone = await Polling.UntilAsync(async attempt =>
        {
            left = await cluster.Client.GetAsync(kind, mesh.Namespace, name, attempt).ConfigureAwait(false);
            // One of the same name that was made in the meantime is another one.
            if (left?.Metadata("uid") != resource.Metadata("uid"))
                left = null;
            if (left is not null)
                reporter.Progress($"Removing {name} from mesh {mesh}", "its operator has not let it go yet");
            return left is null;
        }, limit, cancel).ConfigureAwait(false);
        return gone ? ChangeOutcome.Removed : throw await LateAsync(cluster, mesh, kind, left!, limit, cancel).ConfigureAwait(false);
    }

    private static async Task<MeshException> LateAsync(MeshCluster cluster, IstioMesh mesh, KubeResource kind, JsonObject left, TimeSpan patience, CancellationToken cancel)
    {
        MeshOperator known = MeshOperator.Of(mesh.Operator);
        string name = left.Metadata("name")!;
        string? trouble = (await Waiting.OperatorPods.FindAsync(cluster, known, cancel).ConfigureAwait(false)).Trouble;
        bool hasSecret = await cluster.Client.GetAsync(KubeResource.Secrets, mesh.Namespace, known.Remotes.SecretName(name), cancel).ConfigureAwait(false) is not null;
        string? status = known.Remotes.ConditionOf(left).Status;
        string why = trouble
            // labelSecret in remoteistio_controller.go takes the label off before the finalizer.
            ?? (!hasSecret ? $"its operator cannot finish without Secret {mesh.Namespace}/{known.Remotes.SecretName(name)}, which is gone"
            : status == "Reconciling" ? "its status is Reconciling, in which the operator deletes nothing; one that was killed at work leaves that behind for ever"
            : "its operator runs, but has not done it; it may not reach the remote cluster");
        string free = $"kubectl patch {kind.FullName} {name} -n {mesh.Namespace} --type merge -p '{{\"metadata\":{{\"finalizers\":null}}}}'";
        return new MeshException("RemoteRemovalTimedOut", FailureKind.Timeout,
            $"{kind.Kind} {mesh.Namespace}/{name} on {cluster.Server} is marked for deletion but still there after {patience.TotalSeconds:0.#} s: {why}.",
            (trouble is not null ? "Bring the operator back (Install-IstioOperator) and it finishes the deletion. "
            : !hasSecret ? $"An empty one will do: kubectl create secret generic {known.Remotes.SecretName(name)} -n {mesh.Namespace}. "
            : "The operator's log says what it waits for. ")
            + $"Where it never will, let the resource go by hand, which leaves Istio's parts on the remote cluster: {free}. Then run the command again.", $"{mesh.Namespace}/{name}");
    }

    /// <summary>Whether the account's namespace was made for it, and holds no other mesh's account.</summary>
    private static async Task<bool> MayRemoveNamespaceAsync(MeshCluster candidate, RemoteAccount account, IReporter reporter, CancellationToken cancel)
    {
        JsonObject? found = await candidate.Client.GetAsync(KubeResource.Namespaces, null, account.Namespace, cancel).ConfigureAwait(false);
        if (found is null || !account.IsHome(found))
        {
            reporter.Detail($"Namespace {account.Namespace} on {candidate.Name} is not removed: {(found is null ? "it is not there" : "it was not made for this remote cluster")}.");
            return false;
        }
        List<string> others = [];
        await foreach (JsonObject other in candidate.Client.ListObjectsAsync(KubeResource.ServiceAccounts, new ListQuery(account.Namespace, ObjectOwner.Selector(RemoteAccount.PartOf)), cancel).ConfigureAwait(false))
        {
            if (other.Metadata("name") is { } name && name != account.Name)
                others.Add(name);
        }
        if (others.Count > 0)
            reporter.Warn($"Namespace {account.Namespace} on {candidate.Name} stays: other meshes reach the cluster with service accounts in it ({string.Join(", ", others)}).");
        return others.Count == 0;
    }

    private static async Task WarnOfAccountAsync(RemotePlan plan, IReporter reporter, CancellationToken cancel)
    {
        RemoteAccount account = await RemoteAccount.OfAsync(plan.Cluster, plan.Mesh.Namespace, plan.Name, cancel).ConfigureAwait(false);
        reporter.Warn(plan.Found?.Account is { } other && other != account.ToString()
            ? $"On the remote cluster, service account {other} stays: IstioAdmin did not make it."
            : $"On the remote cluster, service account {account} stays, with its token, ClusterRole and ClusterRoleBinding of the same name: its token is valid until they are removed. "
            + $"-Remote names connected clusters in which they are looked for. Without it, there: {account.Removal}");
    }

    /// <summary>What the operator forgets on the remote cluster, where a mesh of the cluster's own does not need it.</summary>
    private static async Task WarnOfLeftoversAsync(RemotePlan plan, MeshCluster other, IReporter reporter, CancellationToken cancel)
    {
        MeshOperator known = MeshOperator.Of(plan.Mesh.Operator);
        if (known.Remotes.Resource is null)
            return;
        try
        {
            if ((await ServedObjects.ListAsync(other.Client, known.Mesh, cancel).ConfigureAwait(false)).Count > 0)
                return;
            IReadOnlyList<ChangeStep> left = await new Leftovers(other.Client, known, plan.Mesh.Namespace).StepsAsync(cancel).ConfigureAwait(false);
            if (left.Count == 0)
                return;
            reporter.Warn($"The operator has left behind on {other.Name}: {string.Join(", ", left.Select(step => step.Action == ChangeAction.Change ? $"labels of {step.Target}" : step.Target))}. "
                + $"A webhook among them refuses new pods in labelled namespaces. Uninstall-IstioOperator {known} -Cluster {other.Name} removes all of it.");
        }
        catch (MeshException e) when (e.Kind == FailureKind.Forbidden)
        {
            reporter.Warn($"What the operator has left behind on {other.Name} could not be looked for: {e.Message}");
        }
    }
}
