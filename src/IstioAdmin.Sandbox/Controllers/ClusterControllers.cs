using IstioAdmin.Sandbox.Nodes;

namespace IstioAdmin.Sandbox.Controllers;

/// <summary>Everything that a kube-controller-manager, and a cloud's, do for a cluster, as far as it is modelled.</summary>
internal sealed class ClusterControllers : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly List<Task> _running = [];
    private readonly List<Controller> _all;
    private readonly GarbageCollector _collector;

    /// <param name="context">The cluster.</param>
    /// <param name="tokens">Tokens of service accounts.</param>
    /// <param name="faults">What goes wrong.</param>
    /// <param name="loadBalancerAddress">Addresses of load balancers; see <see cref="LoadBalancerController"/>.</param>
    public ClusterControllers(ControllerContext context, AccountTokens tokens, ClusterFaults faults, Func<int, string>? loadBalancerAddress = null)
    {
        _collector = new GarbageCollector(context);
        _all =
        [
            new ServiceAccountController(context, tokens), new TokenController(context, tokens), new NamespaceController(context),
            new ReplicaSetController(context), new DeploymentController(context), new DaemonSetController(context), new StatefulSetController(context), new JobController(context),
            new EndpointsController(context), new DisruptionController(context), new QuotaController(context), new ClusterRoleAggregation(context),
            new LoadBalancerController(context, faults, loadBalancerAddress), _collector,
        ];
        Context = context;
    }

    /// <summary>What they share.</summary>
    public ControllerContext Context { get; }

    /// <summary>The controllers.</summary>
    public IReadOnlyList<Controller> All => _all;

    /// <summary>Whether none of them has anything to do at the moment.</summary>
    public bool IsIdle => _all.TrueForAll(controller => controller.IsIdle);

    /// <summary>Begins, once everything that there is has been seen.</summary>
    public async Task StartAsync(CancellationToken cancel = default)
    {
        await Context.Informers.SyncedAsync().WaitAsync(cancel).ConfigureAwait(false);
        await _collector.StartAsync(_end.Token).WaitAsync(cancel).ConfigureAwait(false);
        foreach (Controller controller in _all)
            _running.Add(controller.RunAsync(_end.Token));
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync().ConfigureAwait(false);
        foreach (Task running in _running)
            await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
    }
}
