using IstioAdmin.Core.Cni.Switching;
using IstioAdmin.Core.Health;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Operators;

namespace IstioAdmin.Core.Cni.Prerequisites;

/// <summary>Checks of what the nodes use: plugins and directories.</summary>
internal sealed class NodeChecks
{
    private readonly MeshCluster _cluster;
    private readonly CniTarget? _target;
    private readonly CniSettings _wanted;
    private readonly IReporter _reporter;

    public NodeChecks(MeshCluster cluster, CniTarget? target, CniSettings wanted, IReporter reporter) => (_cluster, _target, _wanted, _reporter) = (cluster, target, wanted, reporter);

    public async Task<IReadOnlyList<PrerequisiteResult>> MakeAsync(CancellationToken cancel)
    {
        ProviderCni? provider = await ProviderCni.FindAsync(_cluster, cancel).ConfigureAwait(false);
        NetworkDaemons? daemons = null;
        MeshException? refused = null;
        try
        {
            daemons = await NetworkDaemons.ReadAsync(_cluster.Client, cancel).ConfigureAwait(false);
        }
        catch (MeshException e)
        {
            refused = e;
        }
        List<PrerequisiteResult> results =
        [
            await PluginAsync(provider, daemons, refused, cancel).ConfigureAwait(false),
            Directory(Prerequisite.ConfDirectory, "-ConfDir", _wanted.ConfDir, ProviderCni.DefaultConfDir, provider?.ConfDir, provider, daemons?.ConfDirs ?? []),
            Directory(Prerequisite.BinDirectory, "-BinDir", _wanted.BinDir, ProviderCni.DefaultBinDir, provider?.BinDir, provider, daemons?.BinDirs ?? []),
            Chaining(provider),
        ];
        if (provider is { NetworkPolicyBy.Count: > 0 })
            results.Add(Policy(provider, daemons, refused));
        return results;
    }

    private string Cluster => _cluster.Name;

    private async Task<PrerequisiteResult> PluginAsync(ProviderCni? provider, NetworkDaemons? daemons, MeshException? refused, CancellationToken cancel)
    {
        Prerequisite check = Prerequisite.MainPlugin;
        // Agents that run already see the nodes' own files, which is more than any DaemonSet tells.
        MeshCheck? unread = null;
        try
        {
            if ((await CniDaemonSet.FindAsync(_cluster.Client, cancel).ConfigureAwait(false)).Length > 0)
            {
                NodeChains chains = await NodeChains.ReadAsync(_cluster, _reporter, cancel).ConfigureAwait(false);
                if (chains.Broken.FirstOrDefault(one => one.Name == "ConfigValid") is { } broken)
                    return check.Fail(Cluster, broken.Message, broken.Hint ?? "See that the cluster's network plugin runs.", broken.Target);
                unread = chains.Unread is [var first, ..] ? first : null;
            }
        }
        catch (MeshException e)
        {
            _reporter.Detail(e.Message);
        }
        if (daemons is { Plugins.Count: > 0 })
            return check.Pass(Cluster, $"{Names.List([.. daemons.Plugins])}.");
        if (provider?.BuiltIn is { } builtIn)
            return check.Pass(Cluster, $"{provider.Name} has {builtIn}.");
        if (refused is not null)
            return check.Unknown(Cluster, refused);
        return unread is not null
            ? check.Unknown(Cluster, unread.Message, unread.Hint)
            : check.Unknown(Cluster, "No DaemonSet looks like that of a network plugin, and the nodes' files cannot be read before an agent is there.",
                "Look at the directory of CNI configurations on a node: the agent waits until there is one to be chained to.");
    }

    private PrerequisiteResult Directory(Prerequisite check, string parameter, string? wanted, string standard, string? expected, ProviderCni? provider, IReadOnlyList<(string Path, string By)> mounted)
    {
        // Charts that know the platform need not be told.
        if (wanted is null && provider is { KnownToCharts: true } && _target?.Operator.Cni.AgentResource is not null)
            return check.Pass(Cluster, $"The operator's charts choose {expected} on {provider.Name}.");
        string used = (wanted ?? standard).TrimEnd('/');
        // A plugin under Multus writes where Multus looks, which is another place than Multus's own.
        string[] real = provider is { Chained: false } ? [] : [.. mounted.Select(entry => entry.Path).Distinct()];
        if (real.Contains(used))
            return check.Pass(Cluster, $"{used}, which {mounted.First(entry => entry.Path == used).By} uses, too.");
        if (real.Length > 0 && expected != used)
            return check.Fail(Cluster, $"The agent would use {used}; {mounted[0].By} uses {string.Join(", ", real)}.", $"Use {parameter} {expected ?? real[0]}.");
        if (expected is null)
            return check.Unknown(Cluster, $"The agent would use {used}; nothing tells whether the nodes do: the provider is not known.", $"See the container runtime's settings on a node; set {parameter} if they differ.");
        if (real.Length > 0)
            return check.Warn(Cluster, $"The agent would use {used}, as {provider!.Name} has it; {mounted[0].By} uses {string.Join(", ", real)}.", $"If nodes were set up otherwise, use {parameter} {real[0]}.");
        return expected == used
            ? check.Pass(Cluster, $"{used}, as {provider!.Name} has it.")
            : check.Fail(Cluster, $"The agent would use {used}; {provider!.Name} uses {expected} ({provider.Source}).", $"Use {parameter} {expected}.");
    }

    private PrerequisiteResult Chaining(ProviderCni? provider)
    {
        Prerequisite check = Prerequisite.Chaining;
        if (provider?.Chained != false)
            return check.Pass(Cluster, _wanted.Chained == false ? "It is not chained, as the resource says: Multus must call it." : "It is chained.");
        if (_target?.Operator.Cni.AgentResource is not null && _wanted.Chained != true)
            return check.Pass(Cluster, $"The operator's profile for {provider.Name} leaves it to Multus.");
        return _wanted.Chained == false
            ? check.Pass(Cluster, "It is not chained, as the resource says; Multus calls it.")
            : check.Fail(Cluster, $"{provider.Name} runs Multus, which rewrites what is chained into its configuration.",
                "Set chained to false beside the plugin's other settings in the mesh's resource, and make a NetworkAttachmentDefinition istio-cni in the namespaces of the mesh.");
    }

    private PrerequisiteResult Policy(ProviderCni provider, NetworkDaemons? daemons, MeshException? refused)
    {
        Prerequisite check = Prerequisite.NetworkPolicy;
        if (refused is not null)
            return check.Unknown(Cluster, refused);
        return provider.NetworkPolicyBy.FirstOrDefault(daemons!.Has) is { } found
            ? check.Pass(Cluster, $"{found} runs on the nodes.")
            : check.Warn(Cluster, $"None of {string.Join(", ", provider.NetworkPolicyBy)} runs: the nodes of {provider.Name} may use kubenet, which calls no plugins.",
                "Enable network policy or Dataplane V2 for the cluster; for one that exists this makes its nodes anew.");
    }
}
