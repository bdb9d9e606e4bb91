using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace IstioAdmin.Sandbox.Client;

/// <summary>An event of a watch as it came, with what tells its object from others; the object itself is read when it is asked for.</summary>
/// <remarks>It looks into the bytes that were received, and holds only until the next one is.</remarks>
internal readonly struct WatchEvent
{
    private readonly ReadOnlyMemory<byte> _object;
    private readonly ReadOnlyMemory<byte> _metadata;

    private WatchEvent(string type, ReadOnlyMemory<byte> item, ReadOnlyMemory<byte> metadata, string? ns, string name, string uid, ulong version) =>
        (Type, _object, _metadata, Namespace, Name, Uid, Version) = (type, item, metadata, ns, name, uid, version);

    /// <summary>ADDED, MODIFIED, DELETED, BOOKMARK or ERROR.</summary>
    public string Type { get; }

    /// <summary>The object's namespace; null for one of the cluster.</summary>
    public string? Namespace { get; }

    /// <summary>The object's name; empty where it has none.</summary>
    public string Name { get; }

    /// <summary>The object's uid; empty where it has none.</summary>
    public string Uid { get; }

    /// <summary>The object's resourceVersion; 0 where it has none.</summary>
    public ulong Version { get; }

    /// <summary>Reads a line of a watch: <c>{"type":…,"object":{…}}</c>, as <c>metav1.WatchEvent</c> is written.</summary>
    /// <returns>The event; null when the line is none.</returns>
    /// <exception cref="JsonException">The line is no JSON as far as it was looked at.</exception>
    public static WatchEvent? Read(ReadOnlyMemory<byte> line)
    {
        line = line.TrimEnd(" \r\n"u8);
        var reader = new Utf8JsonReader(line.Span);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            return null;
        string? type = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isType = reader.ValueTextEquals("type"u8), isObject = reader.ValueTextEquals("object"u8);
            reader.Read();
            if (isType && reader.TokenType == JsonTokenType.String)
                type = reader.GetString();
            else if (isObject && reader.TokenType == JsonTokenType.StartObject && type is not null)
                // Nothing comes behind the object.
                return Read(type, ref reader, line[(int)reader.TokenStartIndex..^1], line);
            else
                reader.Skip();
        }
        return null;
    }

    /// <summary>The object; it belongs to the caller.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public JsonObject Object() => JsonNode.Parse(_object.Span)!.AsObject();

    /// <summary>The object with its metadata and nothing else; it belongs to the caller.</summary>
    public JsonObject Metadata() => new() { ["metadata"] = _metadata.IsEmpty ? new JsonObject() : JsonNode.Parse(_metadata.Span) };

    private static WatchEvent Read(string type, ref Utf8JsonReader reader, ReadOnlyMemory<byte> item, ReadOnlyMemory<byte> line)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isMetadata = reader.ValueTextEquals("metadata"u8);
            reader.Read();
            if (!isMetadata || reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                continue;
            }
            int start = (int)reader.TokenStartIndex;
            string? ns = null, name = null, uid = null, version = null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("namespace"u8))
                    ns = Text(ref reader);
                else if (reader.ValueTextEquals("name"u8))
                    name = Text(ref reader);
                else if (reader.ValueTextEquals("uid"u8))
                    uid = Text(ref reader);
                else if (reader.ValueTextEquals("resourceVersion"u8))
                    version = Text(ref reader);
                else
                    reader.Skip();
            }
            return new WatchEvent(type, item, line[start..(int)reader.BytesConsumed], ns, name ?? "", uid ?? "",
                ulong.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? number : 0);
        }
        return new WatchEvent(type, item, default, null, "", "", 0);
    }

    private static string? Text(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String)
            return reader.GetString();
        reader.Skip();
        return null;
    }
}
