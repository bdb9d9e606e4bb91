using System.Text.Json.Nodes;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.Policies;
using IstioAdmin.Iptables.Redirection;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Nodes.Cni;

/// <summary>What the chain of CNI plugins does for a new pod.</summary>
/// <param name="Problem">Why the pod gets no network, as the runtime says it; null when it has one.</param>
/// <param name="Line">What Istio's plugin noted; null when it was not called.</param>
internal sealed record PluginRun(string? Problem, string? Line)
{
    /// <summary>Runs the chain.</summary>
    /// <param name="files">The node's files.</param>
    /// <param name="pod">The pod.</param>
    /// <param name="network">Its namespace.</param>
    public static PluginRun Of(NodeFiles files, JsonObject pod, PodNetwork network)
    {
        if (CniConfiguration.Chain(files, out string problem) is not { } chain)
            return new PluginRun($"network is not ready: {problem}", null);
        string? line = null;
        foreach (JsonObject plugin in chain)
        {
            string type = Json.Text(plugin, "type") ?? "";
            if (files.Find(NodeFiles.BinDirectory, type) is not { Executable: true })
                return new PluginRun($"plugin type=\"{type}\" failed (add): failed to find plugin \"{type}\" in path [{NodeFiles.BinDirectory}]", line);
            if (type != CniConfiguration.IstioType)
                continue;
            (string? refusal, line) = Redirect(plugin, pod, network);
            if (refusal is not null)
                return new PluginRun($"plugin type=\"{type}\" failed (add): {refusal}", line);
        }
        return new PluginRun(null, line);
    }

    /// <summary>Writes a pod's rules as the plugin does, or not, by its conditions.</summary>
    /// <returns>Why it refuses the pod (null when it does not), and what it notes.</returns>
    public static (string? Refusal, string Line) Redirect(JsonObject? plugin, JsonObject pod, PodNetwork network)
    {
        MeshPod seen = PodRules.Read(pod, network.Address, Excluded(plugin));
        string name = $"{seen.Namespace}/{seen.Name}";
        if (seen.RedirectMethod != RedirectMethod.Cni)
        {
            string why = seen.RedirectionConditions.FirstOrDefault(condition => !condition.Met)?.Value ?? $"redirected by {seen.RedirectMethod}";
            return (null, $"Pod {name} excluded: {why}");
        }
        RedirectionPolicy policy = PodRules.Policy(seen);
        if (policy.Problems.FirstOrDefault(problem => problem.Name is "InvalidAnnotation" or "UnusableValue") is { } bad)
        {
            if (bad.Name == "UnusableValue" || PolicyReleases.BadAnnotationStopsPod(policy.Release))
                return (bad.Text, $"Pod {name} refused: {bad.Text}");
            if (!PolicyReleases.IsFirstGeneration(policy.Release))
                return (null, $"Pod {name} redirect failed due to bad params: {bad.Text}");
        }
        try
        {
            PodRules.Write(network, policy.Settings!);
            return (null, $"Pod {name} redirected: wrote rules for its network namespace");
        }
        catch (RedirectionSettingException e)
        {
            return ($"{e.Setting}: '{e.Value}' {e.Problem}", $"Pod {name} refused: {e.Message}");
        }
    }

    /// <summary>The namespaces that an entry excludes: the first generation has them below <c>kubernetes</c>.</summary>
    private static IReadOnlyList<string> Excluded(JsonObject? plugin) =>
        Json.At(plugin, "kubernetes", "exclude_namespaces") is JsonArray ? Json.Texts(plugin, "kubernetes", "exclude_namespaces") : Json.Texts(plugin, "exclude_namespaces");
}
