using System.Text.Json;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace IstioAdmin.Core.Kube.Yaml;

/// <summary>Manifests between YAML, as people write it, and JSON, as the API speaks it.</summary>
public static class KubeYaml
{
    // Deeper than any manifest, and shallow enough for every stack: aliases can nest without end.
    private const int MaxDepth = 100;

    // A few lines of aliases can stand for gigabytes.
    private const int MaxNodes = 200_000;

    /// <summary>Reads all documents of a text; those that are empty are left out.</summary>
    /// <param name="text">YAML, or JSON, which is YAML too.</param>
    /// <param name="source">What to call the text in messages, for example a file's name.</param>
    /// <exception cref="MeshException">The text is no YAML, has a key twice or a key that is no text, or is nested too deep (<c>YamlInvalid</c>).</exception>
    public static IReadOnlyList<JsonNode> Parse(string text, string source)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
            int nodes = 0;
            return [.. stream.Documents.Select(document => Read(document.RootNode, source, 0, ref nodes)).OfType<JsonNode>()];
        }
        catch (YamlException e)
        {
            throw Invalid(source, $"line {e.Start.Line}: {e.Message}", e);
        }
    }

    /// <summary>Reads a text that holds one mapping.</summary>
    /// <exception cref="MeshException">As <see cref="Parse"/>, or the text holds no mapping, or several documents (<c>YamlInvalid</c>).</exception>
    public static JsonObject ParseMapping(string text, string source) => Parse(text, source) switch
    {
        [JsonObject mapping] => mapping,
        [] => throw Invalid(source, "it is empty; a mapping (key: value) is needed", null),
        [_] => throw Invalid(source, "it is no mapping (key: value)", null),
        { Count: var count } => throw Invalid(source, $"it holds {count} documents; one is needed", null),
    };

    /// <summary>Writes a document in block style. What is read back is equal to what was written.</summary>
    public static string Write(JsonNode? node)
    {
        using var writer = new StringWriter { NewLine = "\n" };
        var emitter = new Emitter(writer, new EmitterSettings(bestIndent: 2, bestWidth: int.MaxValue, isCanonical: false, maxSimpleKeyLength: 1024));
        emitter.Emit(new StreamStart());
        emitter.Emit(new DocumentStart(null, null, isImplicit: true));
        Emit(emitter, node);
        emitter.Emit(new DocumentEnd(isImplicit: true));
        emitter.Emit(new StreamEnd());
        return writer.ToString();
    }

    /// <summary>Writes documents one after the other, separated by <c>---</c>.</summary>
    public static string Write(IEnumerable<JsonNode> documents) => string.Join("---\n", documents.Select(Write));

    private static JsonNode? Read(YamlNode node, string source, int depth, ref int nodes)
    {
        if (depth > MaxDepth || ++nodes > MaxNodes)
            throw Invalid(source, $"line {node.Start.Line}: it is nested too deep, or its aliases make it too large", null);
        switch (node)
        {
            case YamlScalarNode scalar:
                bool plain = scalar.Style is ScalarStyle.Plain or ScalarStyle.Any && scalar.Tag.IsEmpty;
                return plain ? YamlScalars.Resolve(scalar.Value ?? "") : JsonValue.Create(scalar.Value ?? "");
            case YamlSequenceNode list:
                var array = new JsonArray();
                foreach (YamlNode item in list)
                    array.Add(Read(item, source, depth + 1, ref nodes));
                return array;
            case YamlMappingNode map:
                var found = new JsonObject();
                foreach ((YamlNode key, YamlNode value) in map)
                {
                    string name = key is YamlScalarNode { Value: { } text } ? text : throw Invalid(source, $"line {key.Start.Line}: a key is no text", null);
                    if (!found.TryAdd(name, Read(value, source, depth + 1, ref nodes)))
                        throw Invalid(source, $"line {key.Start.Line}: the key '{name}' stands there twice", null);
                }
                return found;
            default:
                throw Invalid(source, $"line {node.Start.Line}: {node.NodeType} is not understood", null);
        }
    }

    private static void Emit(Emitter emitter, JsonNode? node)
    {
        switch (node)
        {
            case null:
                emitter.Emit(new Scalar("null"));
                break;
            case JsonObject map:
                emitter.Emit(new MappingStart(null, null, isImplicit: true, map.Count == 0 ? MappingStyle.Flow : MappingStyle.Block));
                foreach ((string key, JsonNode? value) in map)
                {
                    EmitText(emitter, key, isKey: true);
                    Emit(emitter, value);
                }
                emitter.Emit(new MappingEnd());
                break;
            case JsonArray list:
                emitter.Emit(new SequenceStart(null, null, isImplicit: true, list.Count == 0 ? SequenceStyle.Flow : SequenceStyle.Block));
                foreach (JsonNode? item in list)
                    Emit(emitter, item);
                emitter.Emit(new SequenceEnd());
                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                EmitText(emitter, value.GetValue<string>(), isKey: false);
                break;
            default:
                emitter.Emit(new Scalar(node.ToJsonString()));
                break;
        }
    }

    private static void EmitText(Emitter emitter, string text, bool isKey)
    {
        // A block literal keeps what is meant to be read; the emitter falls back to quotes where it cannot.
        ScalarStyle style = !isKey && text.Contains('\n', StringComparison.Ordinal) && !text.Any(c => char.IsControl(c) && c != '\n') && !char.IsWhiteSpace(text[0])
            ? ScalarStyle.Literal
            : YamlScalars.NeedsQuotes(text) || text.Any(char.IsControl) ? ScalarStyle.DoubleQuoted : ScalarStyle.Any;
        emitter.Emit(new Scalar(AnchorName.Empty, TagName.Empty, text, style, isPlainImplicit: true, isQuotedImplicit: true));
    }

    private static MeshException Invalid(string source, string what, Exception? inner) =>
        new("YamlInvalid", FailureKind.InvalidInput, $"{source} cannot be read as YAML: {what.TrimEnd('.')}.", "Correct it and try again.", source, inner);
}
