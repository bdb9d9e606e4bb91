using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Sandbox.Client;
using IstioAdmin.Sandbox.Nodes;
using IstioAdmin.Sandbox.Pipeline.Service;
using IstioAdmin.Sandbox.Serving;

namespace IstioAdmin.Sandbox.Pipeline;

/// <summary>
/// A cluster of the sandbox's Pipeline: another sandbox in this process, which takes as long to come as a real one does, only faster. Work on it is done
/// one after another; deleting it ends what is under way.
/// </summary>
/// <remarks>Statuses and their messages: banzaicloud/pipeline <c>pkg/cluster/base.go</c> and <c>src/cluster/manager_create.go</c>.</remarks>
internal sealed class SandboxPkeCluster : StoredCluster, IAsyncDisposable
{
    private const string Modelled = "sandbox: Kubernetes 1.20 is modelled, whatever its version";

    private readonly PkeTimes _times;
    private readonly Action<Action> _within;
    private readonly CancellationTokenSource _life = new();
    private readonly CancellationTokenSource _end = new();
    private Task _work = Task.CompletedTask;
    private MeshSandbox? _sandbox;
    private bool _wasAlone;

    /// <param name="order">What is asked for.</param>
    /// <param name="times">How long things take.</param>
    /// <param name="within">Does something while the service works on no request.</param>
    public SandboxPkeCluster(ClusterOrder order, PkeTimes times, Action<Action> within)
        : base(order)
    {
        (_times, _within) = (times, within);
        CreatedAt = Now;
    }

    /// <summary>The sandbox; null while there is none that could be used.</summary>
    public MeshSandbox? Sandbox => HasConfig ? _sandbox : null;

    protected override JsonObject? Total => Sandbox is { Nodes: var nodes } ? new JsonObject
    {
        ["cpu"] = Sum(nodes * SandboxNode.Processors, ""),
        ["memory"] = Sum(nodes * SandboxNode.MemoryGi, "Gi"),
        ["status"] = "Ready",
    } : null;

    private static string Now => DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ssK", CultureInfo.InvariantCulture);

    public override void Create()
    {
        // CloudFormation takes no other names for its stacks, which are called after the cluster.
        if (Name.Length > 63 || !char.IsAsciiLetter(Name[0]) || !Name.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
            throw new PipelineRefusal(400, "Invalid request", $"cluster name '{Name}' invalid: must be at most 63 letters, digits and dashes, and begin with a letter");
        _wasAlone = Pools.Count == 1;
        IReadOnlyList<NodeMachine> machines = PoolMachines.Of(this, _wasAlone);
        JsonNode? kubernetes = Request?["kubernetes"] ?? Request?["properties"]?["pke"]?["kubernetes"];
        if (Json.Flag(kubernetes, "oidc", "enabled") == true)
            throw new PipelineRefusal(400, "Invalid request", "the sandbox does not model logins through OpenID Connect");
        string? runtime = Json.Text(Request, "properties", "pke", "cri", "runtime") ?? Json.Text(kubernetes, "cri", "runtime");
        PostHooks.AddRange((Request?["postHooks"] as JsonObject ?? []).Select(hook => hook.Key));
        Become("CREATING", "Cluster creation is in progress");
        Begin(cancel => CreateAsync(machines, runtime, cancel), _life.Token);
    }

    public override void Resize()
    {
        IReadOnlyList<NodeMachine> machines = PoolMachines.Of(this, _wasAlone);
        if (CloudCatalogue.Problem(this) is { } problem)
            throw new PipelineRefusal(400, "Invalid request", problem);
        Change(cancel => _sandbox!.Served.Cluster.Nodes.ChangeAsync(machines, cancel));
    }

    public override void Upgrade() => Change(_ => Task.CompletedTask);

    public override void RunPostHooks(IReadOnlyList<string> names)
    {
        if (Status is "RUNNING" or "WARNING")
            Settle();
    }

    public override void Delete()
    {
        if (Status == "DELETING")
            return;
        Become("DELETING", "Termination is in progress");
        // Who waits for it must not go on within the service's own turn.
        _ = _life.CancelAsync();
        Begin(DeleteAsync, _end.Token);
    }

    public override Task<JsonNode> NodesAsync(CancellationToken cancel) => PkeContents.NodesAsync(Api, cancel);

    public override Task<JsonNode> PodsAsync(CancellationToken cancel) => PkeContents.PodsAsync(Api, cancel);

    public override Task<JsonNode> EndpointsAsync(CancellationToken cancel) => PkeContents.EndpointsAsync(Api, cancel);

    /// <summary>Ends it at once. Not to be called while the service may still answer.</summary>
    public async ValueTask DisposeAsync()
    {
        await _life.CancelAsync().ConfigureAwait(false);
        await _end.CancelAsync().ConfigureAwait(false);
        await _work.ConfigureAwait(false);
        await StopAsync().ConfigureAwait(false);
        _life.Dispose();
        _end.Dispose();
    }

    private ClusterApi Api => _sandbox?.Served.Cluster.Administrator ?? throw new PipelineRefusal(404, "Cluster not found", "cluster not found");

    private static JsonObject Sum(int amount, string unit)
    {
        string text = string.Create(CultureInfo.InvariantCulture, $"{amount}{unit}");
        return new JsonObject { ["capacity"] = text, ["allocatable"] = text };
    }

    private async Task CreateAsync(IReadOnlyList<NodeMachine> machines, string? runtime, CancellationToken cancel)
    {
        Task waiting = Task.Delay(_times.Machines, cancel);
        if (CloudCatalogue.Problem(this) is { } problem)
        {
            // A real cloud refuses only when machines are to be made.
            await waiting.ConfigureAwait(false);
            _within(() => Become("ERROR", $"failed to create cluster: {problem}"));
            return;
        }
        var nodes = new NodeOptions { Machines = machines, Labels = MeshSandbox.Mark };
        _sandbox = await MeshSandbox.StartAsync(new ClusterOptions { Name = Name, Nodes = runtime == "docker" ? nodes with { Runtime = "docker://19.3.15" } : nodes }, cancel).ConfigureAwait(false);
        await waiting.ConfigureAwait(false);
        _within(() =>
        {
            Kubeconfig = _sandbox.Served.Kubeconfig;
            HasConfig = true;
            // A deletion may have come first.
            if (!cancel.IsCancellationRequested)
                Become("CREATING", "running posthooks");
        });
        await Task.Delay(_times.Setup, cancel).ConfigureAwait(false);
        _within(() =>
        {
            StartedAt = Now;
            if (!cancel.IsCancellationRequested)
                Settle();
        });
    }

    private void Change(Func<CancellationToken, Task> change)
    {
        Become("UPDATING", "Update is in progress");
        Begin(async cancel =>
        {
            await Task.Delay(_times.Change, cancel).ConfigureAwait(false);
            await change(cancel).ConfigureAwait(false);
            _within(() =>
            {
                if (!cancel.IsCancellationRequested)
                    Settle();
            });
        }, _life.Token);
    }

    private async Task DeleteAsync(CancellationToken cancel)
    {
        await Task.Delay(_times.Removal, cancel).ConfigureAwait(false);
        await StopAsync().ConfigureAwait(false);
        _within(() => IsGone = true);
    }

    private async Task StopAsync()
    {
        if (Interlocked.Exchange(ref _sandbox, null) is { } sandbox)
            await sandbox.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>It runs. Hooks that were asked for are not forgotten: nobody is to believe that they did something.</summary>
    private void Settle()
    {
        if (PostHooks.Count == 0)
            Become("RUNNING", $"Cluster is running ({Modelled})");
        else
            Become("WARNING", $"post hooks are not modelled, and did nothing: {string.Join(", ", PostHooks.Distinct())} ({Modelled})");
    }

    /// <summary>Does something after everything that was begun before.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever fails is the cluster's status.")]
    private void Begin(Func<CancellationToken, Task> work, CancellationToken cancel)
    {
        Task before = _work;
        _work = Task.Run(
            async () =>
            {
                await before.ConfigureAwait(false);
                try
                {
                    await work(cancel).ConfigureAwait(false);
                }
                catch (OperationCanceledException) when (cancel.IsCancellationRequested)
                {
                    // Deleted, or the sandbox stops.
                }
                catch (Exception e)
                {
                    _within(() => Become("ERROR", e is MeshException { Remedy: { } remedy } ? $"{e.Message} {remedy}" : e.Message));
                }
            }, CancellationToken.None);
    }
}
