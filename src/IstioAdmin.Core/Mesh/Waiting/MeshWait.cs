using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Operators;
using IstioAdmin.Core.Workloads;
using k8s;
using k8s.Models;

namespace IstioAdmin.Core.Mesh.Waiting;

/// <summary>
/// Waits until an operator has done what a mesh's resource wants. An operator's status alone does not tell: after a change it may still be
/// that of the state before, and a round that was under way may end well with the old wishes. So the objects that the resource's spec must
/// lead to are looked at as well.
/// </summary>
public static class MeshWait
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>How often the objects are looked at while the status says that they cannot be ready yet.</summary>
    private static readonly TimeSpan SlowInterval = TimeSpan.FromSeconds(5);

    /// <summary>How long a state that never ends is taken for work.</summary>
    private static readonly TimeSpan Suspicious = TimeSpan.FromSeconds(10);

    /// <summary>Waits.</summary>
    /// <param name="cluster">The mesh's cluster.</param>
    /// <param name="mesh">The mesh; only operator, namespace and name of it matter.</param>
    /// <param name="patience">How long.</param>
    /// <param name="reporter">Told about progress, and warned of what the operator complains about, as it happens.</param>
    /// <param name="cancel">Ends the wait; the operator goes on.</param>
    /// <returns>The mesh as it is then.</returns>
    /// <exception cref="MeshException">
    /// Time ran out (<c>MeshWaitTimedOut</c>; the message names what is missing), or the mesh was deleted (<c>MeshDeleted</c>).
    /// </exception>
    public static async Task<IstioMesh> UntilAppliedAsync(MeshCluster cluster, IstioMesh mesh, TimeSpan patience, IReporter reporter, CancellationToken cancel)
    {
        var round = new Round(cluster, mesh, reporter);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(patience);
        try
        {
            while (!await round.IsDoneAsync(deadline.Token).ConfigureAwait(false))
                await Task.Delay(Interval, deadline.Token).ConfigureAwait(false);
            return round.Mesh;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw await round.LateAsync(patience, cancel).ConfigureAwait(false);
        }
    }

    private sealed class Round(MeshCluster cluster, IstioMesh mesh, IReporter reporter)
    {
        private readonly MeshOperator _operator = MeshOperator.Of(mesh.Operator);
        private readonly EffectCheck _check = new(cluster.Client, reporter);
        private IReadOnlyList<MissingEffect>? _missing;
        private int _effects;
        private long _looked;
        private long? _heldSince;
        private long _stateSince = Environment.TickCount64;
        private MeshState? _state;
        private string? _complaint;
        private bool _askedForOperator;

        public IstioMesh Mesh { get; private set; } = mesh;

        public async Task<bool> IsDoneAsync(CancellationToken cancel)
        {
            Mesh = await IstioMeshes.ReadAsync(cluster, Mesh, cancel).ConfigureAwait(false) ?? throw new MeshException("MeshDeleted", FailureKind.NotFound,
                $"Mesh {Mesh} on {cluster.Server} was deleted while it was waited for.", "Get-IstioMesh shows what is left.", Mesh);
            await SuspectAsync(cancel).ConfigureAwait(false);
            Complain();
            bool available = Mesh.State == MeshState.Available;
            if (available || _missing is null || Environment.TickCount64 - _looked >= SlowInterval.TotalMilliseconds)
            {
                IReadOnlyList<ExpectedEffect> effects = _operator.Dialect.Effects(Mesh.Resource);
                _missing = await _check.MissingAsync(effects, cancel).ConfigureAwait(false);
                _effects = effects.Count;
                _looked = Environment.TickCount64;
            }
            bool holds = available && _missing.Count == 0;
            _heldSince = holds ? _heldSince ?? Environment.TickCount64 : null;
            Report();
            return _heldSince is { } since && Environment.TickCount64 - since >= _operator.Dialect.Settling.TotalMilliseconds;
        }

        public async Task<MeshException> LateAsync(TimeSpan patience, CancellationToken cancel)
        {
            string? dead = (await OperatorPods.FindAsync(cluster, _operator, cancel).ConfigureAwait(false)).Trouble;
            List<string> parts = [StatusText()];
            // While the operator tries again its status has no message, and that may be most of the time.
            if (Mesh.State != MeshState.Available && Mesh.ErrorMessage is null && _complaint is not null)
                parts.Add($"it failed before, because {_complaint}");
            if (Mesh.State != MeshState.Available && dead is not null)
                parts.Add(dead);
            if (_missing is { Count: > 0 })
                parts.AddRange(_missing.Select(missing => missing.ToString()));
            else if (_missing is null)
                parts.Add("the server did not say which objects are missing");
            parts.AddRange(await ObstaclesAsync(cancel).ConfigureAwait(false));
            string remedy = dead is not null && Mesh.State != MeshState.Available
                ? "Without its operator the mesh stays as it is. Get-IstioOperator shows it; Install-IstioOperator installs it again. Then Wait-IstioMesh waits on."
                : (Mesh.ErrorMessage ?? _complaint) is { } error && Mesh.State != MeshState.Available && MeshHints.For(error) is { } hint ? hint + " Then Wait-IstioMesh waits on."
                : "The operator goes on. Remove what is in the way; Wait-IstioMesh, or the same command again, waits on, and -Timeout waits longer.";
            return new MeshException("MeshWaitTimedOut", FailureKind.Timeout,
                $"Mesh {Mesh} on {cluster.Server} was not as its resource wants it within {patience.TotalSeconds:0.#} s: {string.Join("; ", parts)}.", remedy, Mesh);
        }

        private string StatusText()
        {
            string word = Mesh.Status ?? (Mesh.State == MeshState.Pending ? "nothing yet" : Mesh.State.ToString());
            return $"the operator's status is {word}{(Mesh.ErrorMessage is null ? "" : $" ({Mesh.ErrorMessage})")}";
        }

        private void Report()
        {
            int left = _missing?.Count ?? _effects;
            string next = left == 0 ? "" : $"; {_missing?[0]}";
            reporter.Progress($"Waiting for mesh {Mesh}", $"{StatusText()}; {_effects - left} of {_effects} effects{next}", _effects == 0 ? null : 100 * (_effects - left) / _effects);
        }

        /// <summary>Says what the operator complains about, each complaint once.</summary>
        private void Complain()
        {
            if (Mesh.ErrorMessage is not { } error || error == _complaint)
                return;
            _complaint = error;
            string text = $"Mesh {Mesh}: the operator says: {error}. {MeshHints.For(error)}".TrimEnd();
            // A deployment that is still starting is no reason to warn.
            if (Mesh.State == MeshState.Failed)
                reporter.Warn(text);
            else
                reporter.Detail(text);
        }

        /// <summary>An operator that is dead leaves its last status behind for ever.</summary>
        private async Task SuspectAsync(CancellationToken cancel)
        {
            if (Mesh.State != _state)
            {
                _state = Mesh.State;
                _stateSince = Environment.TickCount64;
                return;
            }
            if (_askedForOperator || Mesh.State == MeshState.Available || Environment.TickCount64 - _stateSince < Suspicious.TotalMilliseconds)
                return;
            _askedForOperator = true;
            if ((await OperatorPods.FindAsync(cluster, _operator, cancel).ConfigureAwait(false)).Trouble is { } trouble)
                reporter.Warn($"Mesh {Mesh}: {StatusText()}, and {trouble}. Nothing will happen until it is there: Get-IstioOperator, Install-IstioOperator.");
        }

        /// <summary>What is in the way of the Deployments and DaemonSets that are not ready, by their pods.</summary>
        private async Task<IReadOnlyList<string>> ObstaclesAsync(CancellationToken cancel)
        {
            ExpectedEffect[] workloads = [.. (_missing ?? []).Select(missing => missing.Effect)
                .Where(effect => effect.Resource == MeshResources.Deployments || effect.Resource == MeshResources.DaemonSets)];
            if (workloads.Length == 0)
                return [];
            try
            {
                V1PodList pods = await cluster.Client.CallAsync(
                    () => cluster.Client.Api.CoreV1.ListNamespacedPodAsync(Mesh.Namespace, cancellationToken: cancel),
                    KubeResource.Pods.Subject("list", Mesh.Namespace), cancel).ConfigureAwait(false);
                return [.. pods.Items.Where(pod => !PodObstacle.IsReady(pod) && workloads.Any(workload => pod.Metadata.Name.StartsWith(workload.Name + "-", StringComparison.Ordinal)))
                    .Select(PodObstacle.Describe).Take(5)];
            }
            catch (MeshException)
            {
                // It only adds to what is known already.
                return [];
            }
        }
    }
}
