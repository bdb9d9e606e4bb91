using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace IstioAdmin.Core.Kube.Connecting;

/// <summary>One mapping of a kubeconfig file, read strictly: a field of another type than expected is an error that names file and line.</summary>
internal sealed class KubeconfigMap
{
    private const int MaxDepth = 50;

    private readonly YamlMappingNode _node;

    public KubeconfigMap(string file, YamlMappingNode node)
    {
        File = file;
        _node = node;
    }

    public string File { get; }

    public long Line => _node.Start.Line;

    public bool Has(string key) => Find(key) is not null;

    public string? Text(string key) => Find(key) switch
    {
        null => null,
        YamlScalarNode scalar => scalar.Value is { Length: > 0 } text ? text : null,
        var other => throw Invalid(other, key, "must be text"),
    };

    public bool Flag(string key) => Text(key) switch
    {
        null => false,
        { } text when IsOneOf(text, "true", "yes", "on") => true,
        { } text when IsOneOf(text, "false", "no", "off") => false,
        _ => throw Invalid(Find(key)!, key, "must be true or false"),
    };

    public KubeconfigMap? Map(string key) => Find(key) switch
    {
        null => null,
        YamlMappingNode map => new KubeconfigMap(File, map),
        var other => throw Invalid(other, key, "must be a mapping"),
    };

    public IReadOnlyList<KubeconfigMap> Maps(string key) => Find(key) switch
    {
        null => [],
        YamlSequenceNode list =>
        [
            .. list.Select(item => item is YamlMappingNode map ? new KubeconfigMap(File, map) : throw Invalid(item, key, "must be a list of mappings")),
        ],
        var other => throw Invalid(other, key, "must be a list"),
    };

    public IReadOnlyList<string> Texts(string key) => Find(key) switch
    {
        null => [],
        YamlSequenceNode list => [.. list.Select(item => (item as YamlScalarNode)?.Value ?? throw Invalid(item, key, "must be a list of texts"))],
        var other => throw Invalid(other, key, "must be a list"),
    };

    /// <summary>A mapping from texts to lists of texts, flattened.</summary>
    public IReadOnlyList<(string Key, string Value)> Pairs(string key) => Map(key) is not { } map
        ? []
        : [.. map.Keys.SelectMany(name => map.Texts(name).Select(value => (name, value)))];

    public string Required(string key) => Text(key) ?? throw KubeconfigError.Field(File, Line, key, "is missing");

    public JsonNode? Json(string key) => Find(key) is { } node ? Json(node, key, 0) : null;

    private IEnumerable<string> Keys => _node.Children.Keys.OfType<YamlScalarNode>().Select(k => k.Value ?? "");

    private YamlNode? Find(string key) =>
        _node.Children.TryGetValue(new YamlScalarNode(key), out YamlNode? value) && !IsNull(value) ? value : null;

    private JsonNode? Json(YamlNode node, string key, int depth) => node switch
    {
        _ when depth > MaxDepth => throw Invalid(node, key, "is nested too deeply"),
        YamlMappingNode map => new JsonObject(map.Children.Select(
            child => KeyValuePair.Create((child.Key as YamlScalarNode)?.Value ?? "", Json(child.Value, key, depth + 1)))),
        YamlSequenceNode list => new JsonArray([.. list.Select(item => Json(item, key, depth + 1))]),
        YamlScalarNode scalar => Json(scalar),
        _ => null,
    };

    private static JsonValue? Json(YamlScalarNode scalar)
    {
        if (IsNull(scalar))
            return null;
        string text = scalar.Value ?? "";
        if (scalar.Style != ScalarStyle.Plain)
            return JsonValue.Create(text);
        if (text is "true" or "false")
            return JsonValue.Create(text == "true");
        if (long.TryParse(text, out long whole))
            return JsonValue.Create(whole);
        return JsonValue.Create(text);
    }

    private MeshException Invalid(YamlNode at, string key, string why) => KubeconfigError.Field(File, at.Start.Line, key, why);

    private static bool IsNull(YamlNode node) =>
        node is YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "~" or "null" or "Null" or "NULL" };

    private static bool IsOneOf(string text, params ReadOnlySpan<string> words)
    {
        foreach (string word in words)
        {
            if (text.Equals(word, StringComparison.OrdinalIgnoreCase))
                return true;
        }
        return false;
    }
}
