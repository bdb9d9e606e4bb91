using System.Text.Json;

namespace IstioAdmin.Core.Cni;

/// <summary>A CNI network configuration file: a list of plugins (<c>.conflist</c>), or one plugin (<c>.conf</c>, <c>.json</c>).</summary>
/// <param name="File">The file.</param>
/// <param name="Network">Name of the network; null when it has none.</param>
/// <param name="Plugins">Types of its plugins in the order in which they are called.</param>
/// <param name="Problem">Why it is not valid, as a phrase; null when it is.</param>
/// <remarks>
/// Rules: containernetworking/cni libcni/conf.go, ConfListFromBytes and ConfFromBytes: a list needs <c>name</c> and a <c>plugins</c> array of
/// objects with a <c>type</c>; a single configuration needs a <c>type</c>.
/// </remarks>
internal sealed record CniConfig(NodeFile File, string? Network, IReadOnlyList<CniPluginEntry> Plugins, string? Problem)
{
    public const string IstioType = "istio-cni";

    /// <summary>The endings that runtimes take for configurations (containerd/go-cni opts.go; cri-o/ocicni pkg/ocicni/ocicni.go).</summary>
    private static readonly string[] Endings = [".conf", ".conflist", ".json"];

    public string Name => File.Name;

    public bool IsValid => Problem is null;

    /// <summary>Whether it is a plugin alone, not a list.</summary>
    public bool IsSingle => !IsList(Name);

    /// <summary>Whether istio-cni is among its plugins, be it through a Multus that delegates to it.</summary>
    public bool HasIstio => Plugins.Any(plugin => plugin.IsIstio);

    /// <summary>Whether a runtime looks at a file of this name.</summary>
    public static bool IsConfiguration(NodeFile file) => file.Type != NodeFileType.Directory && Endings.Contains(Path.GetExtension(file.Name));

    public static CniConfig Read(NodeFile file)
    {
        if (file.Content is null)
            return new CniConfig(file, null, [], file.Problem ?? "was not read");
        try
        {
            using JsonDocument json = JsonDocument.Parse(file.Content);
            return json.RootElement.ValueKind == JsonValueKind.Object
                ? Read(file, json.RootElement)
                : new CniConfig(file, null, [], "is JSON, but no object");
        }
        catch (JsonException e)
        {
            return new CniConfig(file, null, [], file.Content.Length == 0 ? "is empty" : $"is not valid JSON (line {e.LineNumber + 1})");
        }
    }

    private static CniConfig Read(NodeFile file, JsonElement root)
    {
        string? network = Text(root, "name");
        if (!IsList(file.Name))
        {
            return Text(root, "type") is { Length: > 0 }
                ? new CniConfig(file, network, [CniPluginEntry.Read(root)], null)
                : new CniConfig(file, network, [], root.TryGetProperty("plugins", out _) ? "holds a list of plugins, which only a .conflist may" : "has no 'type'");
        }
        if (network is null)
            return new CniConfig(file, null, [], "has no 'name'");
        if (!root.TryGetProperty("plugins", out JsonElement plugins) || plugins.ValueKind != JsonValueKind.Array)
            return new CniConfig(file, network, [], "has no list 'plugins'");
        if (plugins.GetArrayLength() == 0)
            return new CniConfig(file, network, [], "has an empty list of plugins");
        if (plugins.EnumerateArray().Any(plugin => plugin.ValueKind != JsonValueKind.Object || Text(plugin, "type") is not { Length: > 0 }))
            return new CniConfig(file, network, [], "has a plugin without 'type'");
        return new CniConfig(file, network, [.. plugins.EnumerateArray().Select(CniPluginEntry.Read)], null);
    }

    private static bool IsList(string name) => name.EndsWith(".conflist", StringComparison.Ordinal);

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}

/// <summary>A plugin in a configuration.</summary>
/// <param name="Type">Name of its program.</param>
/// <param name="Kubeconfig">Where it says that its kubeconfig is, on the node; null when it does not say.</param>
/// <param name="RunDirectory">The agent's directory that it names; null when it names none.</param>
/// <param name="Delegates">Types of the plugins that it calls itself, as Multus does; empty for others.</param>
internal sealed record CniPluginEntry(string Type, string? Kubeconfig, string? RunDirectory, IReadOnlyList<string> Delegates)
{
    public bool IsIstio => Type == CniConfig.IstioType || Delegates.Contains(CniConfig.IstioType);

    public static CniPluginEntry Read(JsonElement plugin) => new(
        Text(plugin, "type") ?? "",
        plugin.TryGetProperty("kubernetes", out JsonElement kubernetes) && kubernetes.ValueKind == JsonValueKind.Object ? Text(kubernetes, "kubeconfig") : null,
        Text(plugin, "cni_agent_run_dir"),
        [.. Delegated(plugin)]);

    private static IEnumerable<string> Delegated(JsonElement plugin)
    {
        if (!plugin.TryGetProperty("delegates", out JsonElement delegates) || delegates.ValueKind != JsonValueKind.Array)
            yield break;
        foreach (JsonElement one in delegates.EnumerateArray().Where(one => one.ValueKind == JsonValueKind.Object))
        {
            if (Text(one, "type") is { } type)
                yield return type;
            if (one.TryGetProperty("plugins", out JsonElement listed) && listed.ValueKind == JsonValueKind.Array)
            {
                foreach (string? each in listed.EnumerateArray().Where(each => each.ValueKind == JsonValueKind.Object).Select(each => Text(each, "type")))
                    yield return each ?? "";
            }
        }
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
