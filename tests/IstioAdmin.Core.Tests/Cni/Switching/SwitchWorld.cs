using System.Collections.Concurrent;
using IstioAdmin.Core.Cni.Switching;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.Repair;
using IstioAdmin.Core.Redirection.Verdicts;
using IstioAdmin.Core.Tests.Workloads;
using IstioAdmin.Testing;

namespace IstioAdmin.Core.Tests.Cni.Switching;

/// <summary>A mesh of Banzai's operator with the deployments cart, pay and web, whose new pods are found redirected unless a test says otherwise.</summary>
internal sealed class SwitchWorld : IAsyncDisposable
{
    private readonly ClusterWorld _world;

    private SwitchWorld(ClusterWorld world, bool enabled)
    {
        _world = world;
        Operator = new FakeBanzai(world.Objects, enabled);
    }

    public FakeBanzai Operator { get; }

    public FakeCluster Objects => _world.Objects;

    public ClusterWorld World => _world;

    /// <summary>Decides by a pod's name how its redirection is judged.</summary>
    public Func<string, RedirectionVerdict> Judge { get; set; } = _ => RedirectionVerdict.Redirected;

    /// <summary>Pods that were judged.</summary>
    public ConcurrentQueue<string> Judged { get; } = new();

    public IEnumerable<string> Warnings => _world.Reporter.Warnings;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<SwitchWorld> StartAsync(bool enabled = false)
    {
        var world = new SwitchWorld(await ClusterWorld.StartAsync(), enabled);
        foreach (string name in new[] { "cart", "pay", "web" })
            world.Operator.PutDeployment(name);
        return world;
    }

    public Task<CniPlan> PlanAsync(CniRequest? request = null, bool on = true) => on
        ? CniSwitch.PlanEnableAsync(_world.Cluster, request ?? new CniRequest { Migrate = true }, _world.Reporter, Cancel)
        : CniSwitch.PlanDisableAsync(_world.Cluster, request ?? new CniRequest { Migrate = true }, _world.Reporter, Cancel);

    public async Task<CniOutcome> RunAsync(CniRequest? request = null, bool on = true, bool rollback = false, double seconds = 20, int maxUnavailable = 1, CancellationToken? cancel = null)
    {
        CniPlan plan = await PlanAsync(request, on);
        var options = new CniRunOptions { Wait = TimeSpan.FromSeconds(seconds), Test = TestAsync, Rollback = rollback, MaxUnavailable = maxUnavailable };
        return await CniSwitch.RunAsync(plan, options, _world.Reporter, cancel ?? Cancel);
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    private Task<IReadOnlyList<BrokenPod>> TestAsync(IReadOnlyList<MeshPod> pods, CancellationToken cancel)
    {
        foreach (MeshPod pod in pods)
            Judged.Enqueue(pod.Name);
        return Task.FromResult<IReadOnlyList<BrokenPod>>([.. pods.Select(pod => new BrokenPod(pod, Judge(pod.Name), []))]);
    }
}
