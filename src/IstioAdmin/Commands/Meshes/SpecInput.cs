using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Text.Json;
using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Core.Mesh.Changes;

namespace IstioAdmin.Commands;

/// <summary>What an administrator gives as <c>-Spec</c>: a hashtable, YAML or JSON text, or the path of a file with it.</summary>
internal static class SpecInput
{
    private const int MaxDepth = 100;

    /// <exception cref="MeshException">It cannot be read.</exception>
    public static MeshSpec? Read(SessionState session, object? input) => Unwrap(input) switch
    {
        null => null,
        string text => FromText(session, text),
        // The lines of Get-Content.
        string[] lines => MeshSpec.Parse(string.Join('\n', lines), "-Spec"),
        object[] lines when lines.All(line => Unwrap(line) is string) => MeshSpec.Parse(string.Join('\n', lines.Select(line => (string)Unwrap(line)!)), "-Spec"),
        var other => ToJson(input, 0) is JsonObject map ? new MeshSpec(map) : throw Invalid($"-Spec is a {other.GetType().Name}"),
    };

    private static MeshSpec FromText(SessionState session, string text)
    {
        // A path has no line breaks, and YAML that says anything has a colon followed by a space or a line break.
        bool isText = text.Contains('\n', StringComparison.Ordinal) || text.Contains(": ", StringComparison.Ordinal) || text.TrimStart().StartsWith('{') || text.TrimEnd().EndsWith(':');
        if (isText)
            return MeshSpec.Parse(text, "-Spec");
        string path = FilePath.Of(session, text, "-Spec");
        try
        {
            return MeshSpec.Parse(File.ReadAllText(path), path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new MeshException("SpecFileUnreadable", e is FileNotFoundException or DirectoryNotFoundException ? FailureKind.NotFound : FailureKind.InvalidInput,
                $"-Spec '{text}' cannot be read: {e.Message}", "Give a hashtable, YAML text, or the path of a file with YAML.", text, e);
        }
    }

    private static JsonNode? ToJson(object? value, int depth)
    {
        if (depth > MaxDepth)
            throw Invalid("-Spec is nested too deep, or contains itself");
        switch (Unwrap(value))
        {
            case null:
                return null;
            case JsonNode node:
                return node.DeepClone();
            case IDictionary map:
                var json = new JsonObject();
                foreach (DictionaryEntry entry in map)
                    json[Convert.ToString(entry.Key, CultureInfo.InvariantCulture)!] = ToJson(entry.Value, depth + 1);
                return json;
            case string text:
                return JsonValue.Create(text);
            case bool flag:
                return JsonValue.Create(flag);
            case SwitchParameter flag:
                return JsonValue.Create(flag.IsPresent);
            case double or float or decimal:
                return JsonNode.Parse(JsonSerializer.Serialize(Convert.ToDecimal(Unwrap(value), CultureInfo.InvariantCulture)));
            case sbyte or byte or short or ushort or int or uint or long:
                return JsonValue.Create(Convert.ToInt64(Unwrap(value), CultureInfo.InvariantCulture));
            case Enum name:
                return JsonValue.Create(name.ToString());
            case PSCustomObject:
                var properties = new JsonObject();
                foreach (PSPropertyInfo property in PSObject.AsPSObject(value).Properties)
                    properties[property.Name] = ToJson(property.Value, depth + 1);
                return properties;
            case IEnumerable list:
                return new JsonArray([.. list.Cast<object?>().Select(item => ToJson(item, depth + 1))]);
            case var other:
                throw Invalid($"-Spec holds a {other.GetType().Name}, which YAML has no word for");
        }
    }

    private static object? Unwrap(object? value) => value is PSObject { BaseObject: not PSCustomObject } shown ? shown.BaseObject : value is PSObject custom ? custom.BaseObject : value;

    private static MeshException Invalid(string what) => new("SpecInvalid", FailureKind.InvalidInput, $"{what}.", "Give a hashtable, YAML text, or the path of a file with YAML.");
}
