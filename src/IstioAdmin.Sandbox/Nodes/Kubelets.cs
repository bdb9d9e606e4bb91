using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;
using IstioAdmin.Sandbox.Controllers;
using IstioAdmin.Sandbox.Nodes.Cni;
using IstioAdmin.Sandbox.Operators;

namespace IstioAdmin.Sandbox.Nodes;

/// <summary>
/// The kubelets of all nodes: start the pods that are bound to their nodes, report on them, end them. No image runs: istio-init, istio-validation and Istio's
/// CNI agent do to the modelled network and files what the real ones do, operators run as programs of this process, a container that only sleeps does so, and
/// every other one runs until its pod ends or, in a pod that is not to be restarted, has done its work at once.
/// </summary>
internal sealed class Kubelets : Controller
{
    private readonly IReadOnlyDictionary<string, SandboxNode> _nodes;
    private readonly NodeOptions _options;
    private readonly ClusterFaults _faults;
    private readonly PodAccess _access;
    private readonly PodPrograms _programs;
    private readonly Informer _pods;
    private readonly ConcurrentDictionary<string, PodRuntime> _running = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, PodRuntime> _addresses = new(StringComparer.Ordinal);

    public Kubelets(ControllerContext context, IReadOnlyDictionary<string, SandboxNode> nodes, NodeOptions options, ClusterFaults faults, PodAccess access, PodPrograms programs)
        : base(context, "kubelet", 4)
    {
        (_nodes, _options, _faults, _access, _programs) = (nodes, options, faults, access, programs);
        _pods = Pods.Of(Informers);
        _pods.OnChange((before, now) =>
        {
            if (now is null)
            {
                if (_running.ContainsKey(Meta.Uid(before!)))
                    Queue.Add($"gone:{Meta.Uid(before!)}");
            }
            else if (Json.Text(now, "spec", "nodeName") is { } node && _nodes.ContainsKey(node) && IsNews(before, now))
            {
                Queue.Add(Informer.KeyOf(now));
            }
        });
        faults.Changed += () =>
        {
            foreach (PodRuntime run in _running.Values)
                Queue.Add(run.Key);
        };
    }

    /// <summary>What the nodes have of the pods, by uid.</summary>
    public IReadOnlyDictionary<string, PodRuntime> Running => _running;

    /// <summary>User and group that a container's process runs with.</summary>
    public (uint User, uint Group) IdsOf(PodRuntime run, ContainerRun container)
    {
        JsonObject? pod = _pods.Find(run.Key);
        JsonObject? spec = Meta.Items(pod, "spec", container.IsInit ? "initContainers" : "containers").FirstOrDefault(one => Json.Text(one, "name") == container.Name);
        uint usual = container.Name == "istio-proxy" ? 1337u : 0u;
        return (Id("runAsUser"), Id("runAsGroup"));

        uint Id(string name) => (Meta.Long(spec, "securityContext", name) ?? Meta.Long(pod, "spec", "securityContext", name)) is { } id and >= 0 and <= uint.MaxValue ? (uint)id : usual;
    }

    /// <summary>Whether something in a pod takes connections at a port: the proxy at its own, applications at those that they declare.</summary>
    public bool Listens(PodRuntime run, ushort port)
    {
        if (!run.IsUp || run.HasEnded || _pods.Find(run.Key) is not { } pod)
            return false;
        bool proxied = run.Find("istio-proxy") is { IsRunning: true };
        return (proxied && port is 15001 or 15006 or 15008 or 15020 or 15021 or 15053 or 15090) || DeclaredPorts.Container(pod, port) is not null;
    }

    /// <summary>The pod that has an address of its own; null when none has.</summary>
    public PodRuntime? AtAddress(string address) => _addresses.GetValueOrDefault(address);

    /// <summary>The pods that run or have ended, for a snapshot; those that are only about to start do so again.</summary>
    public JsonArray Save() => new([.. _running.Values.Where(run => run.IsUp || run.HasEnded).Select(run => run.Save())]);

    /// <summary>Takes up the pods of a snapshot that are still there; before <see cref="Controller.RunAsync"/>.</summary>
    public void Restore(JsonArray saved)
    {
        foreach (JsonObject one in saved.OfType<JsonObject>())
        {
            if (Json.Text(one, "pod") is not { } key || _pods.Find(key) is not { } pod || Meta.Uid(pod) != Json.Text(one, "uid")
                || !_nodes.TryGetValue(Json.Text(one, "node") ?? "", out SandboxNode? node))
                continue;
            PodRuntime run = PodRuntime.Restore(one, node);
            _running[run.Uid] = run;
            node.Pods[run.Uid] = run;
            if (run.Network is { } network)
                _addresses[network.Address] = run;
            Queue.Add(key);
        }
    }

    /// <summary>Has a pod's network looked at once more: something was done to it.</summary>
    public void Reconsider(PodRuntime run) => Queue.Add(run.Key);

    /// <summary>Ends all programs: the sandbox goes down.</summary>
    public async Task StopProgramsAsync()
    {
        foreach (PodRuntime run in _running.Values)
        {
            if (run.Program is { } program)
                await program.DisposeAsync().ConfigureAwait(false);
            run.Program = null;
        }
    }

    /// <summary>Kills a pod's program and the pod, as the loss of power would: nothing is cleaned up.</summary>
    public async Task KillAsync(PodRuntime run)
    {
        IPodProgram? program = run.Program;
        run.Program = null;
        run.Agent = null;
        if (program is not null)
            await program.KillAsync().ConfigureAwait(false);
        (string? ns, string name) = Meta.Split(run.Key);
        await Api.DeleteAsync(Meta.PathOf(Pods.Path, ns, name), 0, run.Uid, "Background", End).ConfigureAwait(false);
    }

    /// <summary>Whether a change is a kubelet's business: not its own report. Somebody else calls a pod unready whose node was away, and may be heard only when it is back.</summary>
    private bool IsNews(JsonObject? before, JsonObject now) =>
        before is null || Pods.IsReady(before) != Pods.IsReady(now) || Meta.IsDeleting(now) || Json.Text(before, "spec", "nodeName") is null || !_running.TryGetValue(Meta.Uid(now), out PodRuntime? run) || !run.IsUp;

    protected override async Task SyncAsync(string key)
    {
        if (key.StartsWith("gone:", StringComparison.Ordinal))
        {
            if (_running.TryGetValue(key[5..], out PodRuntime? gone))
                await ForgetAsync(gone).ConfigureAwait(false);
            return;
        }
        if (_pods.Find(key) is not { } pod || !_nodes.TryGetValue(Json.Text(pod, "spec", "nodeName") ?? "", out SandboxNode? node) || _faults.IsDead(node.Name))
            return;
        string uid = Meta.Uid(pod);
        if (Meta.IsDeleting(pod))
        {
            await EndAsync(pod, _running.GetValueOrDefault(uid), node).ConfigureAwait(false);
            return;
        }
        if (!_running.TryGetValue(uid, out PodRuntime? run))
        {
            if (Pods.HasEnded(pod))
                return;
            run = new PodRuntime(uid, key, node);
            foreach ((string list, bool init) in ((string, bool)[])[("initContainers", true), ("containers", false)])
            {
                foreach (JsonObject container in Meta.Items(pod, "spec", list))
                    run.Containers.Add(new ContainerRun(Json.Text(container, "name")!, Json.Text(container, "image") ?? "", init));
            }
            foreach (ContainerRun container in run.Containers.Where(container => !container.IsInit && run.Containers[0].IsInit))
                container.Wait("PodInitializing");
            _running[uid] = run;
            node.Pods[uid] = run;
            if (_pods.Find(key) is not { } still || Meta.Uid(still) != uid)
            {
                // Gone since it was looked at; whoever was to forget it found nothing.
                await ForgetAsync(run).ConfigureAwait(false);
                return;
            }
            if (_options.StartTime > TimeSpan.Zero)
            {
                Queue.AddAfter(key, _options.StartTime, End);
                return;
            }
        }
        if (run.HasEnded)
            return;
        TimeSpan rest = _options.StartTime - (DateTimeOffset.UtcNow - run.Began);
        if (rest > TimeSpan.FromMilliseconds(5))
        {
            // The machine's clock may have been set back since.
            Queue.AddAfter(key, rest < _options.StartTime ? rest : _options.StartTime, End);
            return;
        }
        if (run is { IsUp: true, IsIdle: true })
            await ResumeAsync(pod, run).ConfigureAwait(false);
        if (run.IsUp)
            await CheckAsync(pod, run).ConfigureAwait(false);
        else
            await AdvanceAsync(pod, run).ConfigureAwait(false);
    }

    // Starting

    private async Task AdvanceAsync(JsonObject pod, PodRuntime run)
    {
        string host = run.Node.Name;
        if (run.Address is null && !Connect(pod, run, out string problem))
        {
            Events.Warning(pod, Name, "FailedCreatePodSandBox", $"Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox: {problem}", host);
            await ReportAsync(pod, run, "Pending").ConfigureAwait(false);
            Queue.AddAfter(run.Key, BackOff(++run.Failures), End);
            return;
        }
        foreach (ContainerRun container in run.Containers.Where(container => container.IsInit && !container.IsDone))
        {
            if (!Pull(pod, run, container))
            {
                await ReportAsync(pod, run, "Pending").ConfigureAwait(false);
                Queue.AddAfter(run.Key, BackOff(++run.Failures), End);
                return;
            }
            Start(pod, run, container);
            (int exitCode, string words) = InitContainers.Run(pod, run, container);
            if (words.Length > 0)
                container.Print(words);
            container.End(exitCode, exitCode == 0 ? "Completed" : "Error");
            if (exitCode == 0)
                continue;
            if (Json.Text(pod, "spec", "restartPolicy") == "Never")
            {
                await FinishAsync(pod, run, "Failed", null, null).ConfigureAwait(false);
                return;
            }
            string name = Meta.Name(pod), ns = Meta.Namespace(pod)!;
            TimeSpan pause = BackOff(++run.Failures);
            container.Restarts++;
            container.Wait("CrashLoopBackOff", $"back-off {(int)Math.Ceiling(pause.TotalSeconds)}s restarting failed container={container.Name} pod={name}_{ns}({run.Uid})");
            Events.Warning(pod, Name, "BackOff", "Back-off restarting failed container", host, $"spec.initContainers{{{container.Name}}}");
            await ReportAsync(pod, run, "Pending").ConfigureAwait(false);
            await RepairAsync(run).ConfigureAwait(false);
            Queue.AddAfter(run.Key, pause, End);
            return;
        }
        bool all = true;
        foreach (ContainerRun container in run.Containers.Where(container => !container.IsInit && !container.IsRunning))
        {
            if (Pull(pod, run, container))
                Start(pod, run, container);
            else
                all = false;
        }
        if (!all)
        {
            await ReportAsync(pod, run, "Pending").ConfigureAwait(false);
            Queue.AddAfter(run.Key, BackOff(++run.Failures), End);
            return;
        }
        run.Failures = 0;
        await BeginAsync(pod, run).ConfigureAwait(false);
        (run.IsUp, run.IsIdle) = (true, true);
        await ReportAsync(pod, run, "Running").ConfigureAwait(false);
        await StartProgramAsync(pod, run).ConfigureAwait(false);
    }

    private async Task StartProgramAsync(JsonObject pod, PodRuntime run)
    {
        if (_programs.For(pod) is { } make)
        {
            ClusterApi api = await _access.Api(Meta.Namespace(pod)!, AccountOf(pod)).ConfigureAwait(false);
            run.Program = make(new PodContext(_pods.Find(run.Key) ?? pod, api, Api));
            run.Program.Start();
        }
        run.IsIdle = false;
        Plan(pod, run);
    }

    /// <summary>Starts again what ran in a pod when the snapshot was taken, or what failed to start when the pod came up.</summary>
    private async Task ResumeAsync(JsonObject pod, PodRuntime run)
    {
        await BeginAsync(pod, run).ConfigureAwait(false);
        await StartProgramAsync(pod, run).ConfigureAwait(false);
    }

    private bool Connect(JsonObject pod, PodRuntime run, out string problem)
    {
        problem = "";
        if (Json.Flag(pod, "spec", "hostNetwork") == true)
        {
            run.Address = run.Node.Addresses.Node;
            return true;
        }
        if (run.Node.Addresses.Take() is not { } address)
        {
            problem = $"no addresses are left in {run.Node.Addresses.PodCidr}";
            return false;
        }
        var network = new PodNetwork(address, run.Node.NextNamespace());
        PluginRun plugins = PluginRun.Of(run.Node.Files, pod, network);
        if (plugins.Line is { } line)
        {
            foreach (PodRuntime agent in run.Node.Agents)
                agent.Find(CniAgent.Container)?.Print($"info\tcni-plugin\t{line}");
        }
        if (plugins.Problem is { } refused)
        {
            run.Node.Addresses.Return(address);
            problem = refused;
            return false;
        }
        (run.Network, run.Address) = (network, address);
        _addresses[address] = run;
        return true;
    }

    private bool Pull(JsonObject pod, PodRuntime run, ContainerRun container)
    {
        string field = $"spec.{(container.IsInit ? "initContainers" : "containers")}{{{container.Name}}}";
        if (!_faults.IsUnpullable(container.Image))
        {
            if (container.Id is null)
                Events.Normal(pod, Name, "Pulled", $"Container image \"{container.Image}\" already present on machine", run.Node.Name, field);
            return true;
        }
        bool first = Json.Text(container.State, "waiting", "reason") is not ("ErrImagePull" or "ImagePullBackOff");
        Events.Warning(pod, Name, "Failed", first ? $"Failed to pull image \"{container.Image}\": rpc error: code = NotFound desc = failed to pull and unpack image: not found" : "Error: ImagePullBackOff", run.Node.Name, field);
        if (!first)
            Events.Normal(pod, Name, "BackOff", $"Back-off pulling image \"{container.Image}\"", run.Node.Name, field);
        if (first)
            container.Wait("ErrImagePull", $"rpc error: code = NotFound desc = failed to pull and unpack image \"{container.Image}\": not found");
        else
            container.Wait("ImagePullBackOff", $"Back-off pulling image \"{container.Image}\"");
        return false;
    }

    private void Start(JsonObject pod, PodRuntime run, ContainerRun container)
    {
        container.Start();
        container.Process = run.Node.NextProcess();
        string field = $"spec.{(container.IsInit ? "initContainers" : "containers")}{{{container.Name}}}";
        Events.Normal(pod, Name, "Created", $"Created container {container.Name}", run.Node.Name, field);
        Events.Normal(pod, Name, "Started", $"Started container {container.Name}", run.Node.Name, field);
        if (!container.IsInit)
            container.Print($"{container.Name}: started by the sandbox, which runs no image: {container.Image}");
    }

    // Running

    /// <summary>What a pod does when all its containers run: the CNI agent installs.</summary>
    private async Task BeginAsync(JsonObject pod, PodRuntime run)
    {
        if (!CniAgent.IsAgent(pod))
            return;
        ContainerRun container = run.Find(CniAgent.Container) ?? run.Containers.First(one => !one.IsInit);
        JsonObject spec = Meta.Items(pod, "spec", "containers").First(one => Json.Text(one, "name") == container.Name);
        IReadOnlyDictionary<string, string> environment = await new ContainerEnvironment(Api, pod, End).OfAsync(spec).ConfigureAwait(false);
        run.Agent = new CniAgent(pod, environment, run.Node.Files, () => _access.Token(Meta.Namespace(pod)!, AccountOf(pod)), container.Print);
        await InstallAsync(run).ConfigureAwait(false);
    }

    private async Task InstallAsync(PodRuntime run)
    {
        if (run.Agent is not { IsInstalled: false } agent || _faults.IsAgentLate(run.Node.Name))
            return;
        if (!await agent.InstallAsync().ConfigureAwait(false))
        {
            Queue.AddAfter(run.Key, TimeSpan.FromMilliseconds(200), End);
            return;
        }
        if (_faults.IsOverwritten(run.Node.Name))
            run.Node.WriteMainPlugin();
        foreach (PodRuntime other in run.Node.Pods.Values)
            await RepairAsync(other).ConfigureAwait(false);
        // Pods that wait for a network, or for their rules.
        foreach (PodRuntime other in run.Node.Pods.Values.Where(other => !other.IsUp && !other.HasEnded))
            Queue.Add(other.Key);
    }

    /// <summary>Does for a pod whose istio-validation failed what the agent on its node is set to do (istio/istio: cni/pkg/repair).</summary>
    private async Task RepairAsync(PodRuntime run)
    {
        if (run.Find("istio-validation") is not { } validation || Meta.Int(validation.LastState, "terminated", "exitCode") != InitContainers.ValidationFailed || validation.IsDone
            || run.Network is not { } network || _pods.Find(run.Key) is not { } pod)
            return;
        if (run.Node.Agents.FirstOrDefault(agent => agent.Agent!.IsInstalled)?.Agent is not { } agent)
            return;
        if (agent.RepairsPods)
            PluginRun.Redirect(agent.Plugin, pod, network);
        else if (agent.DeletesBroken)
            await Api.DeleteAsync(Meta.PathOf(Pods.Path, pod), null, run.Uid, "Background", End).ConfigureAwait(false);
        else if (agent.BrokenLabel is var (key, value) && Meta.Label(pod, key) is null)
            _pods.Observe(await Api.PatchAsync($"{Meta.PathOf(Pods.Path, pod)}/status", new JsonObject { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { [key] = value } } }, "install-cni", End).ConfigureAwait(false));
    }

    private async Task CheckAsync(JsonObject pod, PodRuntime run)
    {
        if (PodLifetime.IsOver(pod, run, out string phase, out string? reason, out string? message))
        {
            await FinishAsync(pod, run, phase, reason, message).ConfigureAwait(false);
            return;
        }
        await InstallAsync(run).ConfigureAwait(false);
        if (Pods.IsReady(pod) != IsReady(run) || Pods.Phase(pod) != "Running" || Json.Text(pod, "status", "podIP") is null)
            await ReportAsync(pod, run, "Running").ConfigureAwait(false);
    }

    private bool IsReady(PodRuntime run) => !_faults.IsUnready(run.Key) && run.Agent is not { IsInstalled: false };

    /// <summary>Looks again when a pod comes to its end by itself.</summary>
    private void Plan(JsonObject pod, PodRuntime run)
    {
        if (PodLifetime.Of(pod, run, _options.StartTime) is { } next && next < TimeSpan.FromDays(20))
            Queue.AddAfter(run.Key, next + TimeSpan.FromMilliseconds(10), End);
    }

    private async Task ReportAsync(JsonObject pod, PodRuntime run, string phase)
    {
        bool ready = phase == "Running" && IsReady(run);
        bool agentLate = run.Agent is { IsInstalled: false };
        JsonObject status = PodStatus.Of(pod, run, phase, container => container.IsRunning && phase == "Running" && (ready || (!agentLate && !_faults.IsUnready(run.Key))), run.Node.Addresses.Node);
        await SetStatusAsync(_pods, pod, status).ConfigureAwait(false);
    }

    // Ending

    private async Task FinishAsync(JsonObject pod, PodRuntime run, string phase, string? reason, string? message)
    {
        await StopAsync(run, clean: true).ConfigureAwait(false);
        foreach (ContainerRun container in run.Containers.Where(container => container.IsRunning))
            container.End(phase == "Failed" ? 137 : 0, phase == "Failed" ? "Error" : "Completed");
        run.HasEnded = true;
        JsonObject status = PodStatus.Of(pod, run, phase, _ => false, run.Node.Addresses.Node);
        (status["reason"], status["message"]) = (reason, message);
        Release(run);
        await SetStatusAsync(_pods, pod, status).ConfigureAwait(false);
    }

    private async Task EndAsync(JsonObject pod, PodRuntime? run, SandboxNode node)
    {
        if (run is not null && !run.HasEnded)
        {
            foreach (ContainerRun container in run.Containers.Where(container => container.IsRunning))
                Events.Normal(pod, Name, "Killing", $"Stopping container {container.Name}", node.Name, $"spec.containers{{{container.Name}}}");
            bool graceful = (Meta.Long(pod, "metadata", "deletionGracePeriodSeconds") ?? 30) > 0;
            await StopAsync(run, graceful).ConfigureAwait(false);
            run.HasEnded = true;
            Release(run);
        }
        await Api.DeleteAsync(Meta.PathOf(Pods.Path, pod), 0, Meta.Uid(pod), "Background", End).ConfigureAwait(false);
    }

    private async Task ForgetAsync(PodRuntime run)
    {
        // Deleted by force: what ran in it is killed.
        if (!run.HasEnded)
            await StopAsync(run, clean: false).ConfigureAwait(false);
        run.HasEnded = true;
        Release(run);
        _running.TryRemove(run.Uid, out _);
        run.Node.Pods.TryRemove(run.Uid, out _);
    }

    private static async Task StopAsync(PodRuntime run, bool clean)
    {
        IPodProgram? program = run.Program;
        run.Program = null;
        if (program is not null)
            await (clean ? program.StopAsync() : program.KillAsync()).ConfigureAwait(false);
        if (clean)
            run.Agent?.Uninstall();
        run.Agent = null;
    }

    private void Release(PodRuntime run)
    {
        if (run.Network is { } network)
        {
            // Before it is given to another.
            _addresses.TryRemove(KeyValuePair.Create(network.Address, run));
            run.Node.Addresses.Return(network.Address);
        }
        run.Network = null;
    }

    private TimeSpan BackOff(int failures)
    {
        double pause = _options.FirstBackOff.TotalMilliseconds * Math.Pow(2, Math.Min(failures - 1, 16));
        return pause < _options.LongestBackOff.TotalMilliseconds ? TimeSpan.FromMilliseconds(pause) : _options.LongestBackOff;
    }

    private static string AccountOf(JsonObject pod) => Json.Text(pod, "spec", "serviceAccountName") is { Length: > 0 } name ? name : "default";
}
