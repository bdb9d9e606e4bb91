using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Sandbox.Client;
using IstioAdmin.Sandbox.Controllers;

namespace IstioAdmin.Sandbox.Nodes;

/// <summary>The nodes of a sandbox: their objects, the scheduler, and the kubelets.</summary>
internal sealed class SandboxNodes : IAsyncDisposable
{
    private const string Path = "api/v1/nodes";
    private const int AtOnce = 4;
    private const int MostNodes = 5000;

    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(10);

    private readonly ControllerContext _context;
    private readonly NodeOptions _options;
    private readonly ClusterFaults _faults;
    private readonly ConcurrentDictionary<string, SandboxNode> _nodes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _gone = new(StringComparer.Ordinal);
    private readonly Informer _objects;
    private readonly CancellationTokenSource _end = new();
    private readonly List<Task> _running = [];

    /// <param name="context">The cluster.</param>
    /// <param name="options">What the nodes are like.</param>
    /// <param name="faults">What goes wrong on them.</param>
    /// <param name="access">How pods reach the API server.</param>
    /// <param name="programs">What runs in pods.</param>
    public SandboxNodes(ControllerContext context, NodeOptions options, ClusterFaults faults, PodAccess access, PodPrograms programs)
    {
        IReadOnlyList<NodeMachine>? machines = options.Machines;
        RequireCount(machines?.Count ?? options.Count);
        (_context, _options, _faults) = (context, options, faults);
        foreach (NodeMachine machine in machines ?? [.. Enumerable.Range(1, options.Count).Select(number => new NodeMachine(options.Name(number)))])
            _nodes[machine.Name] = new SandboxNode(options, _nodes.Count + 1, machine);
        _objects = context.Informers.Of(Path);
        Scheduler = new Scheduler(context);
        Kubelets = new Kubelets(context, _nodes, options, faults, access, programs);
        Endpoints = new ServiceEndpoints(context.Informers);
        // What was being bound when its node went is found out when it is bound.
        Pods.Of(context.Informers).OnChange(NoteOrphan);
        faults.Nodes = this;
        faults.Changed += NoteHealth;
    }

    /// <summary>The nodes.</summary>
    public IEnumerable<SandboxNode> All => _nodes.Values;

    public Scheduler Scheduler { get; }

    public Kubelets Kubelets { get; }

    /// <summary>Where connections to Services end.</summary>
    public ServiceEndpoints Endpoints { get; }

    /// <summary>Whether scheduler and kubelets have nothing to do at the moment.</summary>
    public bool IsIdle => Scheduler.IsIdle && Kubelets.IsIdle;

    /// <summary>Makes the Node objects that are not there, and begins.</summary>
    public Task StartAsync(CancellationToken cancel = default) => StartAsync(null, cancel);

    /// <summary>Makes the Node objects that are not there, takes up the pods of a snapshot, and begins.</summary>
    /// <param name="pods">What <see cref="Kubelets.Save"/> wrote; null for none.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task StartAsync(JsonArray? pods, CancellationToken cancel)
    {
        await _context.Informers.SyncedAsync().WaitAsync(cancel).ConfigureAwait(false);
        Kubelets.Restore(pods ?? []);
        await RegisterAsync(_nodes.Values, cancel).ConfigureAwait(false);
        _running.Add(Scheduler.RunAsync(_end.Token));
        _running.Add(Kubelets.RunAsync(_end.Token));
        _running.Add(Task.Run(HeartbeatAsync, CancellationToken.None));
    }

    /// <summary>Lets the cluster have these nodes: those that are not there come, those that are there and not among them go, with their pods, and the others get their labels.</summary>
    /// <exception cref="MeshException">There are none, or too many (<c>SandboxNodeCountInvalid</c>).</exception>
    public async Task ChangeAsync(IReadOnlyList<NodeMachine> machines, CancellationToken cancel)
    {
        RequireCount(machines.Count);
        foreach (string gone in _nodes.Keys.Except(machines.Select(machine => machine.Name)).ToArray())
            await RemoveAsync(gone, cancel).ConfigureAwait(false);
        var free = new Queue<int>(Enumerable.Range(1, MostNodes).Except(_nodes.Values.Select(known => known.Number)));
        SandboxNode[] added = [.. machines.Where(machine => !_nodes.ContainsKey(machine.Name)).Select(machine => new SandboxNode(_options, free.Dequeue(), machine))];
        foreach (SandboxNode node in added)
        {
            _gone.TryRemove(node.Name, out _);
            _nodes[node.Name] = node;
        }
        await RegisterAsync(added, cancel).ConfigureAwait(false);
        foreach (NodeMachine machine in machines)
        {
            if (_nodes[machine.Name].Relabel(machine.Labels) is { Count: > 0 } labels)
            {
                var change = new JsonObject { ["metadata"] = new JsonObject { ["labels"] = labels } };
                _objects.Observe(await _context.Api.PatchAsync($"{Path}/{machine.Name}", change, "pipeline", cancel).ConfigureAwait(false));
            }
        }
    }

    /// <summary>A node.</summary>
    /// <exception cref="MeshException">There is none of this name (<c>SandboxNodeNotFound</c>).</exception>
    public SandboxNode FindNode(string name) => _nodes.GetValueOrDefault(name) ?? throw new MeshException(
        "SandboxNodeNotFound", FailureKind.NotFound, $"The sandbox has no node {name}.", $"Its nodes are {string.Join(", ", _nodes.Keys.Order(StringComparer.Ordinal).Take(5))}{(_nodes.Count > 5 ? " …" : "")}.", name);

    /// <summary>The network of a pod that runs.</summary>
    /// <exception cref="MeshException">There is none (<c>SandboxPodNotFound</c>).</exception>
    public PodNetwork NetworkOf(string pod) => Find(pod)?.Network ?? throw new MeshException(
        "SandboxPodNotFound", FailureKind.NotFound, $"No pod {pod} runs in the sandbox with a network of its own.", "Name a running pod as NAMESPACE/NAME; one with hostNetwork has no rules of its own.", pod);

    /// <summary>A pod on its node, by NAMESPACE/NAME; null when it has none yet.</summary>
    public PodRuntime? Find(string pod) =>
        Pods.Of(_context.Informers).Find(pod) is { } item && Kubelets.Running.TryGetValue(Meta.Uid(item), out PodRuntime? run) ? run : null;

    /// <summary>The pod that has an address; null when none has.</summary>
    public PodRuntime? AtAddress(string address) => Kubelets.AtAddress(address);

    public async ValueTask DisposeAsync()
    {
        _faults.Changed -= NoteHealth;
        await _end.CancelAsync().ConfigureAwait(false);
        foreach (Task running in _running)
            await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Kubelets.StopProgramsAsync().ConfigureAwait(false);
        _end.Dispose();
    }

    private static void RequireCount(int count)
    {
        if (count is < 1 or > MostNodes)
            throw new MeshException("SandboxNodeCountInvalid", FailureKind.InvalidInput, $"A sandbox cannot have {count} nodes.", $"Give it 1 to {MostNodes}.");
    }

    /// <summary>A machine is switched off, and the cloud's controller removes its Node; what was bound to it goes, too.</summary>
    private async Task RemoveAsync(string name, CancellationToken cancel)
    {
        _gone[name] = true;
        await _context.Api.DeleteAsync($"{Path}/{name}", cancel: cancel).ConfigureAwait(false);
        while (_objects.Find(name) is not null)
            await Task.Delay(Moment, cancel).ConfigureAwait(false);
        _nodes.TryRemove(name, out _);
        foreach (JsonObject pod in Pods.Of(_context.Informers).By(Informers.ByNode, name))
            await CollectAsync(pod, cancel).ConfigureAwait(false);
    }

    /// <summary>What the pod garbage collector does about a pod whose node is gone (<c>pkg/controller/podgc</c>).</summary>
    private async Task CollectAsync(JsonObject pod, CancellationToken cancel) =>
        await _context.Api.DeleteAsync(Meta.PathOf(Pods.Path, pod), 0, Meta.Uid(pod), "Background", cancel).ConfigureAwait(false);

    private void NoteOrphan(JsonObject? before, JsonObject? now)
    {
        if (now is null || Json.Text(now, "spec", "nodeName") is not { } node || !_gone.ContainsKey(node))
            return;
        _ = Task.Run(async () =>
        {
            try
            {
                await CollectAsync(now, _end.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is ClusterApiException or HttpRequestException or IOException or OperationCanceledException or ObjectDisposedException)
            {
                // The cluster goes down.
            }
        });
    }

    private Task RegisterAsync(IEnumerable<SandboxNode> nodes, CancellationToken cancel) => Parallel.ForEachAsync(
        nodes, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancel }, async (node, token) => await RegisterAsync(node, token).ConfigureAwait(false));

    private async Task RegisterAsync(SandboxNode node, CancellationToken cancel)
    {
        JsonObject? known = _objects.Find(node.Name);
        bool isNew = false;
        if (known is null)
        {
            try
            {
                // A node registers with its status.
                JsonObject made = node.Object();
                made["status"] = node.Status(null);
                known = _objects.Observe(await _context.Api.PostAsync(Path, made, "kubelet", cancel).ConfigureAwait(false));
                isNew = true;
            }
            catch (ClusterApiException e) when (e.Status == HttpStatusCode.Conflict)
            {
                known = await _context.Api.GetAsync($"{Path}/{node.Name}", cancel).ConfigureAwait(false);
            }
        }
        // Of a cluster that was there before: its pods keep their addresses.
        foreach (JsonObject pod in Pods.Of(_context.Informers).By(Informers.ByNode, node.Name))
        {
            if (Json.Text(pod, "status", "podIP") is { } address)
                node.Addresses.Reserve(address);
        }
        if (_faults.IsDead(node.Name))
            return;
        if (!isNew)
            await ReportAsync(node, known, cancel).ConfigureAwait(false);
        _context.Events.Normal(known, "kubelet", "Starting", "Starting kubelet.", node.Name);
        _context.Events.Normal(known, "node-controller", "RegisteredNode", $"Node {node.Name} event: Registered Node {node.Name} in Controller");
    }

    private async Task ReportAsync(SandboxNode node, JsonObject? before, CancellationToken cancel) =>
        _objects.Observe(await _context.Api.PatchAsync($"{Path}/{node.Name}/status", new JsonObject { ["status"] = node.Status(before) }, "kubelet", cancel).ConfigureAwait(false));

    /// <summary>Lets all nodes report in turn, evenly over the time in which each is due once: many at once would be noticed.</summary>
    private async Task HeartbeatAsync()
    {
        while (true)
        {
            // The more there are, the more seldom each: 5,000 every five minutes, which is when a real one reports at the latest.
            SandboxNode[] nodes = [.. _nodes.Values];
            TimeSpan period = TimeSpan.FromMilliseconds(Math.Max(_options.Heartbeat.TotalMilliseconds, nodes.Length * 60));
            foreach (SandboxNode node in nodes)
            {
                await Task.Delay(period / nodes.Length, _end.Token).ConfigureAwait(false);
                if (_faults.IsDead(node.Name) || !_nodes.ContainsKey(node.Name))
                    continue;
                try
                {
                    await ReportAsync(node, _objects.Find(node.Name), _end.Token).ConfigureAwait(false);
                }
                catch (Exception e) when (e is ClusterApiException or HttpRequestException or IOException)
                {
                    // The next one tells as well.
                }
            }
        }
    }

    private void NoteHealth() => _ = Task.Run(async () =>
    {
        foreach (SandboxNode node in _nodes.Values)
        {
            JsonObject? item = _objects.Find(node.Name);
            bool silent = Json.Text(item is null ? null : Meta.Condition(item, "Ready"), "status") == "Unknown";
            if (item is null || silent == _faults.IsDead(node.Name))
                continue;
            try
            {
                await (silent ? ReviveAsync(node, item) : DeclareDeadAsync(item)).ConfigureAwait(false);
            }
            catch (Exception e) when (e is ClusterApiException or HttpRequestException or IOException or OperationCanceledException)
            {
                // Somebody changed the node at the same time; the next change of a fault, or the next report, sets it right.
            }
        }
    });

    private async Task ReviveAsync(SandboxNode node, JsonObject item)
    {
        await TaintAsync(item, false).ConfigureAwait(false);
        await ReportAsync(node, _objects.Find(node.Name), _end.Token).ConfigureAwait(false);
    }

    /// <summary>What the node lifecycle controller does about a kubelet that is silent (<c>pkg/controller/nodelifecycle</c>); pods are not evicted.</summary>
    private async Task DeclareDeadAsync(JsonObject item)
    {
        var conditions = new JsonArray();
        foreach (JsonObject condition in Meta.Items(item, "status", "conditions"))
        {
            JsonObject changed = condition.DeepClone().AsObject();
            if (Json.Text(condition, "type") != "NetworkUnavailable")
            {
                (changed["status"], changed["reason"], changed["message"], changed["lastTransitionTime"]) =
                    ("Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.", Json.Now());
            }
            conditions.Add(changed);
        }
        string name = Meta.Name(item);
        _objects.Observe(await _context.Api.PatchAsync($"{Path}/{name}/status", new JsonObject { ["status"] = new JsonObject { ["conditions"] = conditions } }, "node-controller", _end.Token).ConfigureAwait(false));
        await TaintAsync(item, true).ConfigureAwait(false);
        _context.Events.Normal(item, "node-controller", "NodeNotReady", $"Node {name} status is now: NodeNotReady");
        Informer pods = Pods.Of(_context.Informers);
        foreach (JsonObject pod in pods.By(Informers.ByNode, name).Where(Pods.IsReady))
        {
            var others = Meta.Items(pod, "status", "conditions").Where(known => Json.Text(known, "type") != "Ready").Select(known => known.DeepClone());
            pods.Observe(await _context.Api.PatchAsync($"{Meta.PathOf(Pods.Path, pod)}/status", new JsonObject
            {
                ["status"] = new JsonObject { ["conditions"] = new JsonArray([.. others, PodStatus.Condition(pod, "Ready", false, null, null)]) },
            }, "node-controller", _end.Token).ConfigureAwait(false));
        }
    }

    private async Task TaintAsync(JsonObject item, bool dead)
    {
        const string key = "node.kubernetes.io/unreachable";
        JsonArray taints = [.. Meta.Items(item, "spec", "taints").Where(taint => Json.Text(taint, "key") != key).Select(taint => taint.DeepClone())];
        foreach (string effect in dead ? (string[])["NoSchedule", "NoExecute"] : [])
            taints.Add(new JsonObject { ["key"] = key, ["effect"] = effect, ["timeAdded"] = Json.Now() });
        _objects.Observe(await _context.Api.PatchAsync($"{Path}/{Meta.Name(item)}", new JsonObject
        {
            ["spec"] = new JsonObject { ["taints"] = taints.Count == 0 ? null : taints },
        }, "node-controller", _end.Token).ConfigureAwait(false));
    }
}
