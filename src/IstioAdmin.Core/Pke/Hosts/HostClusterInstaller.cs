using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using IstioAdmin.Core.Pke.Kubeconfigs;

namespace IstioAdmin.Core.Pke.Hosts;

/// <summary>Installs PKE on machines, as planned: the control plane, then the workers with a token of it, then its kubeconfig is fetched.</summary>
public sealed class HostClusterInstaller
{
    private const int AtOnce = 4;

    private readonly HostClusterPlan _plan;
    private readonly IReporter _reporter;
    private readonly ConcurrentDictionary<PkeHost, string> _done = new();
    private int _finished;

    private HostClusterInstaller(HostClusterPlan plan, IReporter reporter)
    {
        _plan = plan;
        _reporter = reporter;
    }

    private HostClusterOptions Options => _plan.Options;

    private HostShell Master => _plan.Shells[Options.Master];

    private string Sudo => Options.Sudo ? "sudo -n " : "";

    /// <summary>Runs a plan.</summary>
    /// <param name="plan">What to do.</param>
    /// <param name="kubeconfig">Where the cluster's access is written to; null for nowhere.</param>
    /// <param name="failed">Told of each worker that could not join; the others go on.</param>
    /// <param name="reporter">Told what happens.</param>
    /// <param name="cancel">Ends what runs on the machines; what is installed stays, and a second run goes on from there.</param>
    /// <exception cref="MeshException">
    /// The control plane could not be installed (<c>PkeInstallFailed</c>), does not answer (<c>PkeMasterNotReady</c>), gives no token
    /// (<c>PkeTokenFailed</c>) or no kubeconfig (<c>PkeKubeconfigFailed</c>), or the time is up (<c>TimedOut</c>).
    /// </exception>
    public static async Task<HostCluster> RunAsync(HostClusterPlan plan, KubeconfigMergeOptions? kubeconfig, Action<MeshException, PkeHost> failed, IReporter reporter, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(failed);
        ArgumentNullException.ThrowIfNull(reporter);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(plan.Options.Timeout);
        try
        {
            return await new HostClusterInstaller(plan, reporter).RunAsync(kubeconfig, failed, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw new MeshException("TimedOut", FailureKind.Timeout, $"Timed out after {plan.Options.Timeout.TotalSeconds:0} seconds making cluster '{plan.Options.Name}'.",
                "Run the command again with a longer -Timeout: what is installed already is seen, and the rest is gone on with.", plan.Options.Name, e);
        }
    }

    private async Task<HostCluster> RunAsync(KubeconfigMergeOptions? options, Action<MeshException, PkeHost> failed, CancellationToken cancel)
    {
        if (_plan.Steps.FirstOrDefault(step => step.Role != "worker") is { } first)
            await InstallAsync(first, first.Command, cancel).ConfigureAwait(false);
        else
            await RequireMasterAsync(cancel).ConfigureAwait(false);
        await JoinAsync([.. _plan.Steps.Where(step => step.Role == "worker")], failed, cancel).ConfigureAwait(false);
        ExportedKubeconfig? access = options is null ? null : await FetchKubeconfigAsync(options, cancel).ConfigureAwait(false);
        IReadOnlyDictionary<string, bool> ready = Options.WaitForNodes ? await WaitForNodesAsync(cancel).ConfigureAwait(false) : new Dictionary<string, bool>();
        PkeHost[] hosts = [Options.Master, .. Options.Workers];
        return new HostCluster
        {
            Name = Options.Name,
            Server = access?.Server ?? $"https://{_plan.ApiServer}",
            Kubeconfig = access?.Kubeconfig,
            Context = access?.Context,
            Nodes = [.. hosts.Select(host => Node(host, ready))],
        };
    }

    private HostNode Node(PkeHost host, IReadOnlyDictionary<string, bool> ready)
    {
        HostState state = _plan.States[host];
        string role = host == Options.Master ? PkeCommands.Role(Options) : "worker";
        string what = _done.GetValueOrDefault(host) ?? (state.IsMaster || state.IsNode ? "Present" : "Skipped");
        return new HostNode(host.ToString(), state.NodeName, role, what, ready.TryGetValue(state.NodeName.ToLowerInvariant(), out bool isReady) ? isReady : null);
    }

    private async Task JoinAsync(HostStep[] steps, Action<MeshException, PkeHost> failed, CancellationToken cancel)
    {
        if (steps.Length == 0)
            return;
        JoinToken token = await TokenAsync(cancel).ConfigureAwait(false);
        using var places = new SemaphoreSlim(AtOnce);
        await Task.WhenAll(steps.Select(async step =>
        {
            await places.WaitAsync(cancel).ConfigureAwait(false);
            try
            {
                await InstallAsync(step, PkeCommands.InstallWorker(Options, _plan.ApiServer, token), cancel).ConfigureAwait(false);
            }
            catch (MeshException e)
            {
                _done[step.Host] = "Failed";
                failed(e, step.Host);
            }
            finally
            {
                places.Release();
            }
        })).ConfigureAwait(false);
    }

    private async Task InstallAsync(HostStep step, string command, CancellationToken cancel)
    {
        _reporter.Detail($"{step.Host}: {step.Command}");
        HostAnswer answer = await _plan.Shells[step.Host].RunAsync(command, line =>
        {
            _reporter.Detail($"{step.Host}: {line}");
            _reporter.Progress($"Cluster '{Options.Name}'", $"{step.Host}: {line}", 100 * Volatile.Read(ref _finished) / Math.Max(1, _plan.Steps.Count));
        }, cancel).ConfigureAwait(false);
        if (answer.ExitCode != 0)
            throw Failed("PkeInstallFailed", step.Host, $"pke install {step.Role}", answer, "Mend what these lines name and run the command again. When an earlier try left half an installation, run 'kubeadm reset' there first, or use -ResetOnFailure.");
        _done[step.Host] = "Installed";
        Interlocked.Increment(ref _finished);
    }

    // Its admin.conf is written early: a control plane whose installation was broken off has it too.
    private async Task RequireMasterAsync(CancellationToken cancel)
    {
        HostAnswer answer = await Master.RunAsync(PkeCommands.ListTokens(Options), null, cancel).ConfigureAwait(false);
        if (answer.ExitCode != 0)
        {
            throw Failed("PkeMasterNotReady", Options.Master, "the control plane there does not answer: pke token list", answer,
                "Start it again if it is stopped; if its installation was broken off, run 'kubeadm reset' there and then this command again.");
        }
    }

    private async Task<JoinToken> TokenAsync(CancellationToken cancel)
    {
        // The master's own clock says which token is still good.
        HostAnswer listed = await Master.RunAsync($"date +%s; {PkeCommands.ListTokens(Options)}", null, cancel).ConfigureAwait(false);
        try
        {
            if (listed.ExitCode == 0 && long.TryParse(listed.Output.Split('\n')[0], NumberStyles.None, CultureInfo.InvariantCulture, out long now)
                && JoinToken.Choose(listed.Output, DateTimeOffset.FromUnixTimeSeconds(now)) is { } there)
            {
                return there;
            }
            HostAnswer created = await Master.RunAsync(PkeCommands.CreateToken(Options), null, cancel).ConfigureAwait(false);
            return created.ExitCode == 0 ? JoinToken.Created(created.Output) : throw Failed("PkeTokenFailed", Options.Master, "pke token create", created, "Run it by hand on the master.");
        }
        catch (FormatException e)
        {
            throw new MeshException("PkeTokenFailed", FailureKind.InvalidResponse, $"Host '{Options.Master}': what 'pke token' printed cannot be used: {e.Message}.",
                "Run 'pke token list -o json' by hand on the master and look at what it prints; check the tool's version.", Options.Master.ToString());
        }
    }

    private async Task<ExportedKubeconfig> FetchKubeconfigAsync(KubeconfigMergeOptions options, CancellationToken cancel)
    {
        HostAnswer answer = await Master.RunAsync($"{Sudo}cat /etc/kubernetes/admin.conf", null, cancel).ConfigureAwait(false);
        if (answer.ExitCode != 0)
            throw Failed("PkeKubeconfigFailed", Options.Master, "reading /etc/kubernetes/admin.conf", answer, "Look at the file there; the cluster itself is made.");
        var downloaded = DownloadedKubeconfig.Read(answer.Output, $"/etc/kubernetes/admin.conf of host '{Options.Master}'", options.ContextName ?? Options.Name);
        return await KubeconfigFileMerge.MergeAsync(Options.Name, downloaded, options, cancel).ConfigureAwait(false);
    }

    private async Task<IReadOnlyDictionary<string, bool>> WaitForNodesAsync(CancellationToken cancel)
    {
        PkeHost[] hosts = [Options.Master, .. Options.Workers];
        string[] expected = [.. hosts.Where(host => _done.GetValueOrDefault(host) != "Failed" && (_done.ContainsKey(host) || _plan.States[host].IsMaster || _plan.States[host].IsNode))
            .Select(host => _plan.States[host].NodeName.ToLowerInvariant())];
        while (true)
        {
            HostAnswer answer = await Master.RunAsync($"{Sudo}kubectl --kubeconfig=/etc/kubernetes/admin.conf get nodes -o json", null, cancel).ConfigureAwait(false);
            // An API server that restarts is no reason to give up; the time limit is.
            Dictionary<string, bool> nodes = answer.ExitCode == 0 ? ReadNodes(answer.Output) : [];
            string[] missing = [.. expected.Where(name => !nodes.GetValueOrDefault(name))];
            if (missing.Length == 0)
                return nodes;
            _reporter.Progress($"Cluster '{Options.Name}'", $"Waiting for nodes to become ready: {string.Join(", ", missing)}", 100 * (expected.Length - missing.Length) / expected.Length);
            await Task.Delay(TimeSpan.FromSeconds(2), cancel).ConfigureAwait(false);
        }
    }

    private static Dictionary<string, bool> ReadNodes(string output)
    {
        try
        {
            return (JsonNode.Parse(output)?["items"] as JsonArray ?? []).OfType<JsonObject>().Where(node => node.TextAt("metadata.name") is not null).ToDictionary(
                node => node.TextAt("metadata.name")!,
                node => (node.At("status.conditions") as JsonArray ?? []).Any(condition => condition.TextAt("type") == "Ready" && condition.TextAt("status") == "True"));
        }
        catch (JsonException)
        {
            return [];
        }
    }

    private static MeshException Failed(string id, PkeHost host, string what, HostAnswer answer, string remedy) => new(
        id, FailureKind.Other, $"Host '{host}': {what} failed with exit code {answer.ExitCode}. Its last lines:\n  {string.Join("\n  ", answer.Tail)}", remedy, host.ToString());
}
