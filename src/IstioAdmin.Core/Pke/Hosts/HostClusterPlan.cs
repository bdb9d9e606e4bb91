using System.Globalization;

namespace IstioAdmin.Core.Pke.Hosts;

/// <summary>What is left to do on which machine, after a look at each of them.</summary>
public sealed class HostClusterPlan
{
    private HostClusterPlan(HostClusterOptions options) => Options = options;

    /// <summary>What was asked for.</summary>
    public HostClusterOptions Options { get; }

    /// <summary>The steps, in order; none for a machine that has nothing left to do.</summary>
    public IReadOnlyList<HostStep> Steps { get; private init; } = [];

    internal string ApiServer { get; private init; } = "";

    internal IReadOnlyDictionary<PkeHost, HostShell> Shells { get; private init; } = new Dictionary<PkeHost, HostShell>();

    internal IReadOnlyDictionary<PkeHost, HostState> States { get; private init; } = new Dictionary<PkeHost, HostState>();

    /// <summary>Looks at all machines at once, and changes none.</summary>
    /// <exception cref="MeshException">
    /// A machine cannot be used; all that fail are named. <c>HostRepeated</c>, <c>HostJoinedElsewhere</c>, <c>ApiServerInvalid</c>, or those of ssh and the machine.
    /// </exception>
    public static async Task<HostClusterPlan> MakeAsync(HostClusterOptions options, IReporter reporter, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(reporter);
        PkeHost[] hosts = [options.Master, .. options.Workers];
        if (hosts.GroupBy(host => host.ToString()).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new MeshException("HostRepeated", FailureKind.InvalidInput, $"Host '{twice.Key}' is given more than once.", "Name each machine once.", twice.Key);
        Dictionary<PkeHost, HostShell> shells = hosts.ToDictionary(host => host, host => HostShell.For(host, options));
        reporter.Progress($"Cluster '{options.Name}'", $"Looking at {hosts.Length} hosts");
        (PkeHost Host, HostState? State, MeshException? Failure)[] looks = await Task.WhenAll(hosts.Select(host => LookAsync(shells[host], options, cancel))).ConfigureAwait(false);
        Refuse([.. looks.Select(look => look.Failure).OfType<MeshException>()]);
        var states = looks.ToDictionary(look => look.Host, look => look.State!);
        string apiServer = await ApiServerAsync(options, cancel).ConfigureAwait(false);
        HostState master = states[options.Master];
        Refuse([.. looks.Select(look => Misfit(options, look.Host, look.State!, master)).OfType<MeshException>()]);

        List<HostStep> steps = [];
        if (!master.IsMaster)
            steps.Add(new HostStep(options.Master, PkeCommands.Role(options), PkeCommands.InstallMaster(options, apiServer)));
        steps.AddRange(options.Workers.Where(host => !states[host].IsNode).Select(host => new HostStep(host, "worker", PkeCommands.InstallWorker(options, apiServer, JoinToken.Unknown))));
        return new HostClusterPlan(options) { Steps = steps, ApiServer = apiServer, Shells = shells, States = states };
    }

    /// <summary>The plan with those steps that are approved. Without its control plane no machine can join.</summary>
    public HostClusterPlan Approve(Func<HostStep, bool> approve)
    {
        List<HostStep> approved = [];
        foreach (HostStep step in Steps)
        {
            if (approve(step))
                approved.Add(step);
        }
        if (Steps.Any(step => step.Role != "worker") && approved.TrueForAll(step => step.Role == "worker"))
            approved.Clear();
        return new HostClusterPlan(Options) { Steps = approved, ApiServer = ApiServer, Shells = Shells, States = States };
    }

    /// <summary>Whether there is a control plane, or will be.</summary>
    public bool HasMaster => States[Options.Master].IsMaster || Steps.Any(step => step.Role != "worker");

    private static async Task<(PkeHost Host, HostState? State, MeshException? Failure)> LookAsync(HostShell shell, HostClusterOptions options, CancellationToken cancel)
    {
        try
        {
            return (shell.Host, await HostState.ReadAsync(shell, options, cancel).ConfigureAwait(false), null);
        }
        catch (MeshException e)
        {
            return (shell.Host, null, e);
        }
    }

    private static MeshException? Misfit(HostClusterOptions options, PkeHost host, HostState state, HostState master)
    {
        if (host == options.Master)
        {
            return state is { IsMaster: false, IsNode: true }
                ? Elsewhere(host, "it is a worker of some cluster already, and cannot become a control plane")
                : null;
        }
        if (state.IsMaster)
            return Elsewhere(host, "it is the control plane of a cluster already");
        return state.IsNode && (!master.IsMaster || state.Authority != master.Authority) ? Elsewhere(host, "it has joined another cluster already") : null;
    }

    private static MeshException Elsewhere(PkeHost host, string why) => new(
        "HostJoinedElsewhere", FailureKind.Conflict, $"Host '{host}' cannot be used: {why}. Nothing was changed.",
        "Name another machine, or take it out of its cluster first (kubeadm reset).", host.ToString());

    private static void Refuse(MeshException[] failures)
    {
        if (failures.Length == 1)
            throw failures[0];
        if (failures.Length > 1)
        {
            throw new MeshException(failures[0].ErrorId, failures[0].Kind, $"{failures.Length} hosts cannot be used. {string.Join(" ", failures.Select(failure => failure.Message))}",
                string.Join(" ", failures.Select(failure => failure.Remedy).Distinct()));
        }
    }

    private static async Task<string> ApiServerAsync(HostClusterOptions options, CancellationToken cancel)
    {
        if (options.ApiServer is null)
        {
            // Other machines cannot reach this one as localhost.
            if (options.Master.IsLocal)
                return $"{Environment.MachineName}:6443";
            string name = await HostShell.ResolveAsync(options.Master, options, cancel).ConfigureAwait(false);
            return name.Contains(':', StringComparison.Ordinal) ? $"[{name}]:6443" : $"{name}:6443";
        }
        int colon = options.ApiServer.LastIndexOf(':');
        bool hasPort = colon > 0 && !options.ApiServer.EndsWith(']') && int.TryParse(options.ApiServer[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port is > 0 and < 65536;
        string host = hasPort ? options.ApiServer[..colon] : options.ApiServer;
        if (Uri.CheckHostName(host.Trim('[', ']')) == UriHostNameType.Unknown)
        {
            throw new MeshException("ApiServerInvalid", FailureKind.InvalidInput, $"'{options.ApiServer}' is no address of an API server.",
                "Write host:port without a scheme, for example 10.0.0.5:6443.", options.ApiServer);
        }
        return hasPort ? options.ApiServer : $"{host}:6443";
    }
}
