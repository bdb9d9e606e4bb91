using System.Text.Json.Nodes;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Nodes.Cni;

/// <summary>
/// Istio's CNI agent on a node: installs the plugin and its kubeconfig and chains it into the configuration that is there; at its end it takes all of that
/// away again, unless it is killed. The first generation is a script with its configuration in a variable (istio/cni release-1.1: install-cni.sh), today's
/// is a program whose settings are variables (istio/istio: cni/pkg/install).
/// </summary>
/// <param name="pod">The agent's pod.</param>
/// <param name="environment">The variables of its container.</param>
/// <param name="files">The node's files.</param>
/// <param name="token">The token of its service account.</param>
/// <param name="log">Takes what it prints.</param>
internal sealed class CniAgent(JsonObject pod, IReadOnlyDictionary<string, string> environment, NodeFiles files, Func<Task<string>> token, Action<string> log)
{
    public const string Container = "install-cni";
    private const string OldKubeconfig = "ZZZ-istio-cni-kubeconfig";
    private const string NewKubeconfig = "istio-cni-kubeconfig";

    private readonly object _gate = new();
    private string? _chainedInto;
    private (string Directory, string Name)? _kubeconfig;

    /// <summary>Whether a pod is an agent's.</summary>
    public static bool IsAgent(JsonObject pod) => Meta.Items(pod, "spec", "containers").Any(container =>
        Json.Text(container, "name") == Container || Json.Text(container, "image")?.Contains("/install-cni:", StringComparison.Ordinal) == true);

    /// <summary>Whether it has installed everything.</summary>
    public bool IsInstalled
    {
        get
        {
            lock (_gate)
                return _chainedInto is not null;
        }
    }

    /// <summary>The plugin's entry, as it is in the chain; null while it is not installed.</summary>
    public JsonObject? Plugin { get; private set; }

    /// <summary>Whether it writes the rules of pods that started without them, as far as their istio-validation found out.</summary>
    public bool RepairsPods => IsOn("REPAIR_ENABLED") && IsOn("REPAIR_REPAIR_PODS");

    /// <summary>The label that it gives such pods; null when it gives none.</summary>
    public (string Key, string Value)? BrokenLabel => IsOn("REPAIR_ENABLED") && IsOn("REPAIR_LABEL_PODS")
        ? (Variable("REPAIR_BROKEN_POD_LABEL_KEY") ?? "cni.istio.io/uninitialized", Variable("REPAIR_BROKEN_POD_LABEL_VALUE") ?? "true")
        : null;

    /// <summary>Whether it deletes such pods.</summary>
    public bool DeletesBroken => IsOn("REPAIR_ENABLED") && IsOn("REPAIR_DELETE_PODS");

    private bool IsFirstGeneration => Variable("CNI_NETWORK_CONFIG") is not null;

    private string ConfDirectory => HostPath("cni-net-dir") ?? NodeFiles.ConfDirectory;

    private string BinDirectory => HostPath("cni-bin-dir") ?? NodeFiles.BinDirectory;

    /// <summary>Installs, if there is a configuration to chain into.</summary>
    /// <returns>Whether it is installed now; else it waits for the cluster's own plugin.</returns>
    public async Task<bool> InstallAsync()
    {
        bool chained = Variable("CHAINED_CNI_PLUGIN") is not "false";
        string? target = Variable("CNI_CONF_NAME") is { Length: > 0 } asked ? asked : CniConfiguration.FirstValid(files, ConfDirectory);
        if (target is null && chained && !IsFirstGeneration)
        {
            log($"info\tinstall\tWaiting for CNI network config file to be written in {ConfDirectory}...");
            return false;
        }
        string secret = await token().ConfigureAwait(false);
        lock (_gate)
        {
            foreach (string program in Programs())
                files.Write(BinDirectory, program, "", executable: true);
            log(IsFirstGeneration ? $"Wrote Istio CNI binaries to {BinDirectory}" : $"info\tinstall\tCopied istio-cni to {BinDirectory}.");
            _kubeconfig = HostPath("cni-socket-dir") is { } run && !IsFirstGeneration ? (run, NewKubeconfig) : (ConfDirectory, Variable("KUBECFG_FILE_NAME") ?? OldKubeconfig);
            files.Write(_kubeconfig.Value.Directory, _kubeconfig.Value.Name, Kubeconfig(secret));
            Plugin = Entry();
            if (chained && target is not null)
            {
                _chainedInto = CniConfiguration.Insert(files, ConfDirectory, target, Plugin);
            }
            else
            {
                _chainedInto = target ?? "YYY-istio-cni.conf";
                files.Write(ConfDirectory, _chainedInto, CniConfiguration.Print(chained
                    ? new JsonObject { ["cniVersion"] = "0.3.1", ["name"] = "k8s-pod-network", ["plugins"] = new JsonArray(Plugin.DeepClone()) }
                    : Plugin));
            }
            log(IsFirstGeneration ? $"Created CNI config {_chainedInto}\nDone configuring CNI. Sleep=true" : $"info\tinstall\tWrote CNI config to {ConfDirectory}/{_chainedInto}\ninfo\tinstall\tInstallation succeed, start watching for re-installation.");
            return true;
        }
    }

    /// <summary>Chains the plugin again, where another component has taken it out: the agent looks after its configuration.</summary>
    public void Restore()
    {
        lock (_gate)
        {
            if (_chainedInto is null || Plugin is null || CniConfiguration.FirstValid(files, ConfDirectory) is not { } target)
                return;
            if (files.Find(ConfDirectory, target)?.Content.Contains("\"istio-cni\"", StringComparison.Ordinal) == true)
                return;
            log(IsFirstGeneration
                ? $"ERROR: istio-cni CNI config removed from file: \"{ConfDirectory}/{target}\""
                : "info\tinstall\tDetected changes to the node-level CNI setup, checking to see if configs or binaries need redeploying");
            _chainedInto = CniConfiguration.Insert(files, ConfDirectory, target, Plugin);
            log(IsFirstGeneration ? $"Created CNI config {_chainedInto}" : $"info\tinstall\tWrote CNI config to {ConfDirectory}/{_chainedInto}");
        }
    }

    /// <summary>Takes everything away again: what it does when it is told to end.</summary>
    public void Uninstall()
    {
        lock (_gate)
        {
            if (_chainedInto is null)
                return;
            log(IsFirstGeneration ? "Cleaning up and exiting." : "info\tinstall\tCleaning up.");
            if (files.Find(ConfDirectory, _chainedInto)?.Content.Contains("\"plugins\"", StringComparison.Ordinal) == true)
                CniConfiguration.Remove(files, ConfDirectory, _chainedInto);
            else
                files.Remove(ConfDirectory, _chainedInto);
            if (_kubeconfig is var (directory, name))
                files.Remove(directory, name);
            foreach (string program in Programs())
                files.Remove(BinDirectory, program);
            _chainedInto = null;
            Plugin = null;
        }
    }

    private JsonObject Entry()
    {
        if (Variable("CNI_NETWORK_CONFIG") is { } template)
        {
            string text = template
                .Replace("__KUBECONFIG_FILEPATH__", $"{ConfDirectory}/{Variable("KUBECFG_FILE_NAME") ?? OldKubeconfig}", StringComparison.Ordinal)
                .Replace("__KUBECONFIG_FILENAME__", Variable("KUBECFG_FILE_NAME") ?? OldKubeconfig, StringComparison.Ordinal)
                .Replace("__KUBERNETES_NODE_NAME__", Json.Text(pod, "spec", "nodeName"), StringComparison.Ordinal)
                .Replace("__LOG_LEVEL__", Variable("LOG_LEVEL") ?? "warn", StringComparison.Ordinal);
            return JsonNode.Parse(text)!.AsObject();
        }
        return new JsonObject
        {
            ["cniVersion"] = "0.3.1",
            ["name"] = CniConfiguration.IstioType,
            ["type"] = CniConfiguration.IstioType,
            ["plugin_log_level"] = Variable("LOG_LEVEL") ?? "info",
            ["cni_agent_run_dir"] = HostPath("cni-socket-dir") ?? NodeFiles.RunDirectory,
            ["ambient_enabled"] = IsOn("AMBIENT_ENABLED"),
            ["exclude_namespaces"] = new JsonArray([.. (Variable("EXCLUDE_NAMESPACES") ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(ns => (JsonNode)ns)]),
        };
    }

    private string[] Programs() => IsFirstGeneration && Release is { } release && release < new IstioRelease(1, 5)
        ? ["istio-cni", "istio-iptables.sh"]
        : ["istio-cni"];

    private IstioRelease? Release => IstioRelease.TryParse(
        ProxyImage.VersionOf(Json.Text(Meta.Items(pod, "spec", "containers").FirstOrDefault(container => Json.Text(container, "name") == Container), "image")), out IstioRelease release)
        ? release : null;

    private static string Kubeconfig(string secret) => $$"""
        # Kubeconfig file for Istio CNI plugin.
        apiVersion: v1
        kind: Config
        clusters:
        - name: local
          cluster:
            server: https://[10.96.0.1]:443
        users:
        - name: istio-cni
          user:
            token: "{{secret}}"
        contexts:
        - name: istio-cni-context
          context:
            cluster: local
            user: istio-cni
        current-context: istio-cni-context

        """.ReplaceLineEndings("\n");

    private string? Variable(string name) => environment.GetValueOrDefault(name);

    private bool IsOn(string name) => Core.Redirection.GoBoolean.TryParse(Variable(name), out bool on) && on;

    private string? HostPath(string volume) => Meta.Items(pod, "spec", "volumes")
        .Where(one => Json.Text(one, "name") == volume).Select(one => Json.Text(one, "hostPath", "path")?.TrimEnd('/')).FirstOrDefault();
}
