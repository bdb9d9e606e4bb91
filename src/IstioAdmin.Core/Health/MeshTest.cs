using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using IstioAdmin.Core.Cni;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Detection;

namespace IstioAdmin.Core.Health;

/// <summary>Makes every check of a mesh. A check that cannot be made, for want of a permission, is one that was skipped, and the others are made all the same.</summary>
public sealed class MeshTest
{
    private readonly MeshCluster _cluster;
    private readonly MeshTestOptions _options;
    private readonly IReporter _reporter;

    /// <summary>Prepares the checks of a cluster.</summary>
    public MeshTest(MeshCluster cluster, MeshTestOptions options, IReporter reporter) => (_cluster, _options, _reporter) = (cluster, options, reporter);

    /// <summary>The categories in the order in which they are checked.</summary>
    public static IReadOnlyList<string> Categories => HealthChecks.Categories;

    /// <summary>Makes the checks, each handed out as soon as it is made. No failure of a request leaves this method: it becomes a check.</summary>
    public async IAsyncEnumerable<MeshCheck> RunAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        MeshCheck reachable = await ReachAsync(cancel).ConfigureAwait(false);
        if (Wants(HealthChecks.KubernetesApi) || reachable.Status == CheckStatus.Fail)
            yield return reachable;
        // Every other check would say the same.
        if (reachable.Status == CheckStatus.Fail)
            yield break;
        // Meshes are created, switched and updated while one is connected.
        MeshCluster cluster = await ClusterDetection.RefreshAsync(_cluster, _reporter, cancel).ConfigureAwait(false);
        var pods = new PodChecks(cluster, _options, _reporter);
        (CheckDefinition First, Func<IAsyncEnumerable<MeshCheck>> Checks)[] groups =
        [
            (HealthChecks.ControlPlaneFound, () => new ControlPlaneChecks(cluster).MakeAsync(cancel)),
            (HealthChecks.InjectorWebhook, () => new InjectorChecks(cluster).MakeAsync(cancel)),
            (HealthChecks.NamespacesInjected, () => pods.InjectedAsync(cancel)),
            (HealthChecks.AgentsReady, () => new CniAgentChecks(cluster).MakeAsync(cancel)),
            (CniChecks.AgentOnNode, () => new IstioCniTest(cluster, _reporter).RunAsync(null, cancel)),
            (HealthChecks.PodsReady, () => pods.MakeAsync(cancel)),
            (HealthChecks.PodsRedirected, () => pods.RedirectedAsync(cancel)),
        ];
        foreach ((CheckDefinition first, Func<IAsyncEnumerable<MeshCheck>> checks) in groups)
        {
            if (!Wants(first.Category))
                continue;
            _reporter.Progress($"Testing the mesh of {_cluster.Name}", first.Description);
            await foreach (MeshCheck check in Guarded(first, checks(), cancel).ConfigureAwait(false))
                yield return check;
        }
    }

    private bool Wants(string category) => _options.Wants?.Invoke(category) != false;

    /// <summary>Hands out checks until a request fails; that becomes the last one.</summary>
    private async IAsyncEnumerable<MeshCheck> Guarded(CheckDefinition first, IAsyncEnumerable<MeshCheck> checks, [EnumeratorCancellation] CancellationToken cancel)
    {
        IAsyncEnumerator<MeshCheck> each = checks.GetAsyncEnumerator(cancel);
        await using (each.ConfigureAwait(false))
        {
            while (true)
            {
                MeshCheck? check;
                try
                {
                    check = await each.MoveNextAsync().ConfigureAwait(false) ? each.Current : null;
                }
                catch (MeshException e)
                {
                    check = first.Skip(_cluster.Name, null, e);
                    // Nothing more comes of what has thrown.
                }
                if (check is null)
                    yield break;
                yield return check;
            }
        }
    }

    private async Task<MeshCheck> ReachAsync(CancellationToken cancel)
    {
        CheckDefinition definition = HealthChecks.ApiReachable;
        try
        {
            JsonObject? version = await _cluster.Client.GetPathAsync("version", new KubeSubject("get", "/version"), cancel).ConfigureAwait(false);
            return definition.Pass(_cluster.Name, null, $"{_cluster.Server} runs Kubernetes {(string?)version?["gitVersion"] ?? "of an unknown version"}.");
        }
        catch (MeshException e) when (e.Kind == FailureKind.Forbidden)
        {
            return definition.Pass(_cluster.Name, null, $"{_cluster.Server} answers, but does not tell its version: {e.Message}");
        }
        catch (MeshException e)
        {
            return definition.Fail(_cluster.Name, null, e.Message, e.Remedy ?? "See whether the API server runs.");
        }
    }
}
