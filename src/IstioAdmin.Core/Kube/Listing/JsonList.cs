using System.Buffers;
using System.Text.Json;

namespace IstioAdmin.Core.Kube.Listing;

/// <summary>A list in JSON, taken apart without reading its items: they stay slices of the body.</summary>
internal sealed record JsonList(string ApiVersion, string Kind, string? Continue, string? ResourceVersion, IReadOnlyList<ReadOnlySequence<byte>> Items)
{
    /// <summary>Takes a body apart. Looks at all of it, because lists of custom resources carry their metadata behind the items.</summary>
    /// <exception cref="MeshException">The body is no list, or breaks off.</exception>
    public static JsonList Scan(ReadOnlySequence<byte> body)
    {
        try
        {
            return ScanObject(body);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Invalid("the list is not valid JSON, or breaks off", e);
        }
    }

    /// <summary>A body or an item is not what it should be.</summary>
    public static MeshException Invalid(string what, Exception? cause = null) =>
        new("ResponseInvalid", FailureKind.InvalidResponse, what, inner: cause);

    private static JsonList ScanObject(ReadOnlySequence<byte> body)
    {
        string apiVersion = "", kind = "";
        string? next = null, resourceVersion = null;
        List<ReadOnlySequence<byte>>? items = null;
        var reader = new Utf8JsonReader(body);
        reader.Read();
        Require(reader.TokenType == JsonTokenType.StartObject, "the answer is JSON, but no object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("kind"u8))
                kind = ReadString(ref reader) ?? "";
            else if (reader.ValueTextEquals("apiVersion"u8))
                apiVersion = ReadString(ref reader) ?? "";
            else if (reader.ValueTextEquals("metadata"u8))
                (next, resourceVersion) = ReadMetadata(ref reader);
            else if (reader.ValueTextEquals("items"u8))
                items = ReadItems(ref reader, body);
            else
                reader.Skip();
        }
        // Past the closing brace there may only be white space; this also finds what is cut off.
        while (reader.Read())
        {
        }
        Require(kind.EndsWith("List", StringComparison.Ordinal) && items is not null, $"the answer is {(kind.Length == 0 ? "an object without a kind" : $"of kind {kind}")}, not a list");
        return new JsonList(apiVersion, kind, string.IsNullOrEmpty(next) ? null : next, resourceVersion, items!);
    }

    private static (string? Continue, string? ResourceVersion) ReadMetadata(ref Utf8JsonReader reader)
    {
        string? next = null, resourceVersion = null;
        reader.Read();
        Require(reader.TokenType is JsonTokenType.StartObject or JsonTokenType.Null, "the list's metadata is no object");
        while (reader.TokenType != JsonTokenType.Null && reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("continue"u8))
                next = ReadString(ref reader);
            else if (reader.ValueTextEquals("resourceVersion"u8))
                resourceVersion = ReadString(ref reader);
            else
                reader.Skip();
        }
        return (next, resourceVersion);
    }

    private static List<ReadOnlySequence<byte>> ReadItems(ref Utf8JsonReader reader, ReadOnlySequence<byte> body)
    {
        var items = new List<ReadOnlySequence<byte>>();
        reader.Read();
        // Go writes a nil slice as null.
        if (reader.TokenType == JsonTokenType.Null)
            return items;
        Require(reader.TokenType == JsonTokenType.StartArray, "the list's items are no array");
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            long start = reader.TokenStartIndex;
            reader.Skip();
            items.Add(body.Slice(start, reader.BytesConsumed - start));
        }
        Require(reader.TokenType == JsonTokenType.EndArray, "an item of the list is no object");
        return items;
    }

    private static string? ReadString(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.GetString();
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
            throw Invalid(otherwise);
    }
}
