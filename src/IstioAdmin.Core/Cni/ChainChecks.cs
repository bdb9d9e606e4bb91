using System.Text.Json;
using IstioAdmin.Core.Health;

namespace IstioAdmin.Core.Cni;

/// <summary>What the files of a node tell of the chain of CNI plugins.</summary>
internal sealed class ChainChecks
{
    private readonly string _cluster;
    private readonly CniNode _node;
    private readonly NodeDirectory _conf;
    private readonly NodeDirectory _bin;
    private readonly NodeDirectory? _run;
    private readonly DateTimeOffset _now;
    private readonly CniConfig[] _configs;
    private readonly RuntimeChoice _choice;

    /// <param name="cluster">Name of the cluster.</param>
    /// <param name="node">The node.</param>
    /// <param name="conf">The directory of CNI configurations.</param>
    /// <param name="bin">The directory of plugins.</param>
    /// <param name="run">The agent's own directory; null where it has none.</param>
    /// <param name="now">The time by which tokens are valid or not.</param>
    public ChainChecks(string cluster, CniNode node, NodeDirectory conf, NodeDirectory bin, NodeDirectory? run, DateTimeOffset now)
    {
        (_cluster, _node, _conf, _bin, _run, _now) = (cluster, node, conf, bin, run, now);
        _configs = [.. conf.Files.Where(CniConfig.IsConfiguration).Select(CniConfig.Read)];
        _choice = RuntimeChoice.Make(_configs, node.Runtime);
    }

    public IEnumerable<MeshCheck> Make() => [Valid(), Chained(), Order(), Others(), Binary(), Kubeconfig()];

    private string Directory => _conf.Path;

    private string Runtime => _node.Runtime ?? "the container runtime";

    private bool IsChained => !"false".Equals(Setting("CHAINED_CNI_PLUGIN"), StringComparison.OrdinalIgnoreCase);

    private CniConfig? Standalone => _configs.FirstOrDefault(config => config is { IsValid: true, IsSingle: true } && config.Plugins[0].Type == CniConfig.IstioType);

    private MeshCheck Valid()
    {
        CheckDefinition check = CniChecks.ConfigValid;
        if (_conf.Problem is { } problem)
            return check.Skip(_cluster, _node.Name, $"{Directory} {problem}.");
        if (_choice.Broken is { } broken)
        {
            return check.Fail(_cluster, _node.Name,
                $"{Directory}/{broken.Name} {Trouble(broken)}. It is the first file by name, and {Runtime} uses no other while it is there{After(broken)}.",
                $"Correct or remove {broken.Name} on the node; find out which component wrote it.");
        }
        if (_choice.Picked is not { } picked)
        {
            return check.Fail(_cluster, _node.Name, _choice.Skipped.Count == 0
                    ? $"{Directory} holds no CNI configuration (*.conf, *.conflist, *.json); pods on the node get no network."
                    : $"{Directory} holds no valid CNI configuration: {string.Join("; ", _choice.Skipped.Select(file => $"{file.Name} {Trouble(file)}"))}.",
                "See whether the cluster's own network plugin is installed and running on the node; Istio's agent waits for its configuration.");
        }
        string passed = _choice.Skipped.Count == 0 ? "" : $" It passes over {string.Join(", ", _choice.Skipped.Select(file => $"{file.Name}, which {Trouble(file)}"))}.";
        string message = $"{Runtime} uses {picked.Name}, network {picked.Network ?? "without a name"}: {Chain(picked)}.{passed}";
        return _choice.Skipped.Count == 0
            ? check.Pass(_cluster, _node.Name, message)
            : check.Warn(_cluster, _node.Name, message, "Remove the files that are not valid: other runtimes, and this one after an update, stop at them.");
    }

    private MeshCheck Chained()
    {
        CheckDefinition check = CniChecks.IstioCniChained;
        if (_choice.Picked is not { } picked)
            return check.Skip(_cluster, _node.Name, "There is no configuration that the container runtime uses.");
        if (!IsChained)
            return CalledByMultus(check, picked);
        if (picked is { IsSingle: true } && picked.Plugins[0].Type == CniConfig.IstioType)
        {
            return check.Fail(_cluster, _node.Name, $"{picked.Name} is istio-cni alone and the first file by name: pods on the node get no network from it.",
                $"Remove {Directory}/{picked.Name}, which an agent with another setting left there, and restart the agent.");
        }
        if (picked.HasIstio)
            return check.Pass(_cluster, _node.Name, $"{picked.Name} calls istio-cni: {Chain(picked)}.");
        CniConfig? other = _configs.FirstOrDefault(config => config is { IsValid: true, HasIstio: true, IsSingle: false });
        if (other is not null)
        {
            return check.Fail(_cluster, _node.Name,
                $"{picked.Name} is used and does not call istio-cni: {Chain(picked)}. It sorts before {other.Name}, which does; another component has put it there. New pods start without rules.",
                $"Remove {picked.Name} if nothing needs it; else restart the agent, which chains itself into the first file, and set cniConfFileName or istioOwnedCNIConfig so that it stays there.");
        }
        string agent = _node.Agent?.ReadySince is null ? "The agent is not ready, so it has not written it yet." : "The agent believes that it has: another component has overwritten the file.";
        return check.Fail(_cluster, _node.Name, $"{picked.Name} is used and does not call istio-cni: {Chain(picked)}. No other file does. {agent} New pods start without rules.",
            _node.Agent is { } pod
                ? $"Delete pod {pod}: the one that takes its place chains the plugin anew. See what rewrites {picked.Name}, or have Istio keep a file of its own (istioOwnedCNIConfig)."
                : "Let the CNI DaemonSet run on the node.");
    }

    private MeshCheck CalledByMultus(CheckDefinition check, CniConfig picked)
    {
        if (Standalone is not { } alone)
        {
            return check.Fail(_cluster, _node.Name, $"The agent is set not to chain the plugin, and there is no file of istio-cni alone in {Directory}.",
                "See the agent's log, or set chained to true where Multus does not call the plugin.");
        }
        return picked.Plugins.Any(plugin => plugin.Type == "multus")
            ? check.Pass(_cluster, _node.Name, $"{alone.Name} stands beside {picked.Name}; Multus calls it for pods with the annotation k8s.v1.cni.cncf.io/networks: istio-cni.")
            : check.Fail(_cluster, _node.Name, $"{alone.Name} stands beside {picked.Name}, which is used and is not Multus ({Chain(picked)}): nothing calls istio-cni.",
                "Set chained to true in the CNI chart, or install Multus.");
    }

    private MeshCheck Order()
    {
        CheckDefinition check = CniChecks.ChainOrder;
        if (_choice.Picked is not { HasIstio: true, IsSingle: false } picked)
            return check.Skip(_cluster, _node.Name, "The configuration that is used does not call istio-cni in a list.");
        int[] places = [.. picked.Plugins.Select((plugin, place) => (plugin, place)).Where(pair => pair.plugin.IsIstio).Select(pair => pair.place)];
        if (places.Length > 1)
        {
            return check.Warn(_cluster, _node.Name, $"{picked.Name} calls istio-cni {places.Length} times: {Chain(picked)}. The rules are written more than once.",
                "Delete the agent's pod on the node; if the entry stays twice, remove one by hand.");
        }
        int place = places[0];
        if (picked.Plugins[place].Type != CniConfig.IstioType)
            return check.Pass(_cluster, _node.Name, $"{picked.Plugins[place].Type} calls istio-cni.");
        if (picked.Plugins.Skip(place + 1).FirstOrDefault(plugin => !MetaPlugins.Include(plugin.Type)) is { } late)
        {
            return check.Fail(_cluster, _node.Name, $"{picked.Name} calls {late.Type}, which is no known chained plugin, after istio-cni: {Chain(picked)}. The pod may have no interface yet when the rules are written.",
                "Delete the agent's pod on the node: the one that takes its place puts istio-cni at the end. If the order comes back, see which component inserts it.");
        }
        string? mesh = picked.Plugins.Select(plugin => plugin.Type).FirstOrDefault(type => MetaPlugins.OtherMeshes.Contains(type));
        if (mesh is not null)
            return check.Warn(_cluster, _node.Name, $"{picked.Name} also calls {mesh}, another mesh's plugin: {Chain(picked)}.", "See that no pod belongs to both meshes.");
        return check.Pass(_cluster, _node.Name, place == picked.Plugins.Count - 1
            ? $"istio-cni is the last plugin of {picked.Name}."
            : $"Behind istio-cni, {picked.Name} calls only {string.Join(", ", picked.Plugins.Skip(place + 1).Select(plugin => plugin.Type))}, which do not touch its rules.");
    }

    private MeshCheck Others()
    {
        CheckDefinition check = CniChecks.OtherConfigs;
        if (_choice.Picked is not { } picked)
            return check.Skip(_cluster, _node.Name, "There is no configuration that the container runtime uses.");
        List<string> seen = [];
        if (picked.File.Type == NodeFileType.Link)
            seen.Add($"{picked.Name} is a symbolic link to {picked.File.LinkTarget}: the agent replaces the link by a file, or its target changes behind it");
        if (Path.GetExtension(picked.Name) == ".json")
            seen.Add($"{picked.Name} ends in .json, which runtimes read and Istio's agent does not look at");
        foreach (CniConfig config in _configs)
        {
            if (config == picked || _choice.Skipped.Contains(config))
                continue;
            if (!config.IsValid)
                seen.Add($"{config.Name} {Trouble(config)}");
            else if (IsChained && config is { IsSingle: true } && config.Plugins[0].Type == CniConfig.IstioType)
                seen.Add($"{config.Name} is istio-cni alone, left by an agent with another setting; it would be used if the files before it went");
            else if (IsChained && !config.HasIstio && picked.HasIstio)
                seen.Add($"{config.Name} ({Chain(config)}) is without istio-cni and would be used if {picked.Name} went");
        }
        if (seen.Count == 0)
            return check.Pass(_cluster, _node.Name, $"{picked.Name} is the only configuration that counts.");
        // A file of Istio's own stands before the one that it was made from, which is as it should be.
        bool expected = picked.HasIstio && picked.Name.Contains(CniConfig.IstioType, StringComparison.Ordinal) && seen.Count == 1 && _configs.Length == 2;
        string message = $"{string.Join("; ", seen)}.";
        return expected ? check.Pass(_cluster, _node.Name, message) : check.Warn(_cluster, _node.Name, message, "Remove from the directory what no component needs any more.");
    }

    private MeshCheck Binary()
    {
        CheckDefinition check = CniChecks.PluginBinary;
        if (_bin.Problem is { } problem)
            return check.Skip(_cluster, _node.Name, $"{_bin.Path} {problem}.");
        NodeFile? file = _bin.Files.FirstOrDefault(file => file.Name == CniConfig.IstioType);
        const string hint = "Delete the agent's pod on the node: the one that takes its place copies the program. If it is missing again, cniBinDir is not the directory that the runtime uses.";
        if (file is null)
            return check.Fail(_cluster, _node.Name, $"There is no {CniConfig.IstioType} in {_bin.Path}; where the chain calls it, no pod can start on the node.", hint);
        return file.Executable
            ? check.Pass(_cluster, _node.Name, $"{_bin.Path}/{CniConfig.IstioType} is there.")
            : check.Fail(_cluster, _node.Name, $"{_bin.Path}/{CniConfig.IstioType} cannot be executed.", hint);
    }

    private MeshCheck Kubeconfig()
    {
        CheckDefinition check = CniChecks.Kubeconfig;
        CniPluginEntry? plugin = (_choice.Picked is { HasIstio: true } picked ? picked : _configs.FirstOrDefault(config => config.HasIstio))?.Plugins.FirstOrDefault(entry => entry.Type == CniConfig.IstioType);
        string? named = plugin?.Kubeconfig;
        NodeFile[] candidates = [.. _conf.Files.Concat(_run?.Files ?? []).Where(file => file.TokenPayload is not null || (file.Problem is not null && file.Name.Contains("kubeconfig", StringComparison.Ordinal)))];
        NodeFile? file = named is not null
            ? candidates.FirstOrDefault(file => file.Name == Path.GetFileName(named))
            : candidates.FirstOrDefault(file => file.Name == "istio-cni-kubeconfig") ?? candidates.FirstOrDefault(file => file.Name == "ZZZ-istio-cni-kubeconfig");
        const string hint = "Delete the agent's pod on the node: the one that takes its place writes the kubeconfig anew.";
        if (file is null)
        {
            string where = named ?? (_run is { } run ? $"{run.Path}/istio-cni-kubeconfig" : $"{Directory}/ZZZ-istio-cni-kubeconfig");
            // Wherever else the plugin's entry points, or however its file is called there, has not been read.
            if (named is not null && (!IsRead(named) || _conf.Files.Concat(_run?.Files ?? []).Any(found => found.Name == Path.GetFileName(named))))
                return check.Skip(_cluster, _node.Name, $"The token in {named}, which the plugin's entry names, was not looked at.");
            if (_conf.Problem is not null || (_run?.Problem is { } unread && named is null))
                return check.Skip(_cluster, _node.Name, $"{where} could not be looked for: {(_conf.Problem is { } problem ? $"{Directory} {problem}" : $"{_run!.Path} {_run.Problem}")}.");
            return check.Fail(_cluster, _node.Name, $"{where} is not there: the plugin cannot ask the API server about pods, and no pod can start on the node.", hint);
        }
        if (file.Problem is { } trouble)
            return check.Skip(_cluster, _node.Name, $"{file.Name} {trouble}.");
        return Expiry(file.TokenPayload!) switch
        {
            null => check.Pass(_cluster, _node.Name, $"{file.Name} is there; its token says no end."),
            { } end when end <= _now => check.Fail(_cluster, _node.Name,
                $"The token in {file.Name} expired at {end.UtcDateTime:yyyy-MM-dd HH:mm:ss'Z'}: the plugin cannot ask the API server about pods, and no pod can start on the node.", hint),
            { } end => check.Pass(_cluster, _node.Name, $"{file.Name} is there; its token is valid until {end.UtcDateTime:yyyy-MM-dd HH:mm:ss'Z'}."),
        };
    }

    /// <summary>When a token ends, by its claim <c>exp</c> (RFC 7519, section 4.1.4).</summary>
    private static DateTimeOffset? Expiry(string payload)
    {
        string padded = payload.Replace('-', '+').Replace('_', '/');
        padded = padded.PadRight((padded.Length + 3) / 4 * 4, '=');
        try
        {
            using JsonDocument claims = JsonDocument.Parse(Convert.FromBase64String(padded));
            return claims.RootElement.ValueKind == JsonValueKind.Object && claims.RootElement.TryGetProperty("exp", out JsonElement end) && end.TryGetInt64(out long seconds)
                ? DateTimeOffset.FromUnixTimeSeconds(seconds)
                : null;
        }
        catch (Exception e) when (e is FormatException or JsonException or InvalidOperationException or ArgumentOutOfRangeException)
        {
            return null;
        }
    }

    private bool IsRead(string path) => Path.GetDirectoryName(path) is { } directory && (directory == _conf.Path || directory == _run?.Path);

    private string? Setting(string name) => _node.Agent?.Pod.Spec.Containers.SelectMany(container => container.Env ?? []).FirstOrDefault(variable => variable.Name == name)?.Value ?? Settings.GetValueOrDefault(name);

    /// <summary>What the agent's ConfigMap says.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    private static string Trouble(CniConfig config) => config.File.Type == NodeFileType.Link && config.File.Content is null
        ? $"is a symbolic link to {config.File.LinkTarget} that {config.Problem}"
        : config.Problem ?? "";

    private string After(CniConfig broken) => _configs.FirstOrDefault(config => config is { IsValid: true, HasIstio: true } && config != broken) is { } ours
        ? $"; {ours.Name}, which calls istio-cni, sorts after it"
        : "";

    private static string Chain(CniConfig config) => string.Join(", ", config.Plugins.Select(plugin => plugin.Delegates.Count == 0 ? plugin.Type : $"{plugin.Type} ({string.Join(", ", plugin.Delegates)})"));
}
