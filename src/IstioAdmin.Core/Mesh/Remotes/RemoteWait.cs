using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh.Waiting;
using IstioAdmin.Core.Operators;

namespace IstioAdmin.Core.Mesh.Remotes;

/// <summary>Waits until an operator has taken in a remote cluster.</summary>
internal static class RemoteWait
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    // What the operator passes on from its Kubernetes client, and what it means here.
    private static readonly (string Part, string Hint)[] Hints =
    [
        ("could not populate sign certs", "The Secret with the certificate authority is missing in the mesh's namespace; Citadel or istiod makes it."),
        ("could not get remote cluster", "The Secret with the kubeconfig is missing; Add-IstioRemoteCluster writes it again."),
        ("x509:", "The remote API server's certificate does not fit the address, or comes from another authority than the cluster's own: Add-IstioRemoteCluster -Server names another address."),
        ("dial tcp", "The operator does not reach the remote API server at its address: Add-IstioRemoteCluster -Server names another one."),
        ("i/o timeout", "The operator does not reach the remote API server at its address: Add-IstioRemoteCluster -Server names another one."),
        ("Unauthorized", "The remote API server does not know the token: Add-IstioRemoteCluster writes a new one; then restart the operator's pod."),
        ("forbidden", "The account on the remote cluster may not do what the operator wants: Add-IstioRemoteCluster gives it its role again."),
        ("istio resource not found", "The operator wants exactly one Istio resource in the mesh's cluster."),
    ];

    /// <summary>Waits until the operator says that it is done, and has left its mark on the Secret.</summary>
    /// <exception cref="MeshException">Time ran out (<c>RemoteWaitTimedOut</c>), or it was deleted (<c>RemoteDeleted</c>).</exception>
    public static async Task<IstioRemoteCluster> UntilTakenAsync(RemotePlan plan, IstioRemoteCluster remote, TimeSpan patience, IReporter reporter, CancellationToken cancel)
    {
        MeshOperator known = MeshOperator.Of(plan.Mesh.Operator);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(patience);
        string? complaint = null;
        long? since = null;
        try
        {
            while (true)
            {
                if (remote.State == MeshState.Failed && remote.ErrorMessage is { } error && error != complaint)
                {
                    complaint = error;
                    reporter.Warn($"Remote cluster {remote}: the operator says: {error}. {Hint(error)}".TrimEnd());
                }
                bool done = remote.State == MeshState.Available && await IsTakenAsync(plan, known, deadline.Token).ConfigureAwait(false);
                since = done ? since ?? Environment.TickCount64 : null;
                // Right after a change the status is still that of the state before.
                if (since is { } held && (!plan.Writes || Environment.TickCount64 - held >= known.Dialect.Settling.TotalMilliseconds))
                    return remote;
                reporter.Progress($"Adding {plan.Name} to mesh {plan.Mesh}", $"the operator's status is {remote.Status ?? "nothing yet"}{(remote.ErrorMessage is null ? "" : $" ({remote.ErrorMessage})")}");
                await Task.Delay(Interval, deadline.Token).ConfigureAwait(false);
                remote = await IstioRemotes.ReadAsync(plan.Cluster, plan.Mesh, plan.Name, deadline.Token).ConfigureAwait(false) is { Resource: not null } read ? read
                    : throw new MeshException("RemoteDeleted", FailureKind.NotFound, $"Remote cluster {remote} of {plan.Cluster.Server} was deleted while it was waited for.", "Get-IstioRemoteCluster shows what is left.", remote);
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            // It tries again and again, and is silent while it does.
            string? said = remote.ErrorMessage ?? complaint;
            string? trouble = (await OperatorPods.FindAsync(plan.Cluster, known, cancel).ConfigureAwait(false)).Trouble;
            throw new MeshException("RemoteWaitTimedOut", FailureKind.Timeout,
                $"The {known} operator on {plan.Cluster.Server} has not taken in {remote} within {patience.TotalSeconds:0.#} s: its status is {remote.Status ?? "nothing yet"}"
                + $"{(said is null ? "" : remote.ErrorMessage is null ? $", after it had said: {said}" : $" ({said})")}{(trouble is null ? "" : $"; {trouble}")}.",
                trouble is not null ? "Without its operator nothing happens: Get-IstioOperator shows it, Install-IstioOperator installs it again. Then run the command again."
                : $"{Hint(said)} The operator goes on; the same command waits on, and -Timeout waits longer.".TrimStart(), remote);
        }
    }

    private static string? Hint(string? message) => Hints.FirstOrDefault(row => message?.Contains(row.Part, StringComparison.OrdinalIgnoreCase) == true).Hint;

    private static async Task<bool> IsTakenAsync(RemotePlan plan, MeshOperator known, CancellationToken cancel)
    {
        JsonObject? secret = await plan.Cluster.Client.GetAsync(KubeResource.Secrets, plan.Mesh.Namespace, known.Remotes.SecretName(plan.Name), cancel).ConfigureAwait(false);
        return secret is not null && known.Remotes.HasTaken(secret);
    }
}
