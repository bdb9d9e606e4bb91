using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube.Listing;

namespace IstioAdmin.Core.Kube.Watching;

/// <summary>One line of a watch response: a <c>WatchEvent</c> of <c>meta/v1</c>.</summary>
internal abstract record WatchLine
{
    private WatchLine()
    {
    }

    /// <summary>An object, added, modified or deleted.</summary>
    public sealed record Change(ObjectChange Kind, JsonObject Object) : WatchLine;

    /// <summary>Nothing happened up to this version.</summary>
    public sealed record Bookmark(string ResourceVersion) : WatchLine;

    /// <summary>The version that the watch would go on from is gone (410): only a new list helps.</summary>
    public sealed record Expired : WatchLine;

    /// <summary>The server gave up for another reason; the watch may be opened again where it was.</summary>
    public sealed record Failed(string Message) : WatchLine;

    /// <summary>The response ended.</summary>
    public sealed record Ended : WatchLine;

    /// <summary>Reads a line.</summary>
    /// <exception cref="JsonException">It is no watch event.</exception>
    public static WatchLine Parse(ReadOnlySequence<byte> line)
    {
        var reader = new Utf8JsonReader(line);
        if (JsonNode.Parse(ref reader) is not JsonObject watchEvent || watchEvent["object"] is not JsonObject about)
            throw new JsonException("not a watch event");
        // A node has one parent; taken out, the object is the consumer's own.
        watchEvent.Remove("object");
        return Text(watchEvent["type"]) switch
        {
            "ADDED" => new Change(ObjectChange.Added, about),
            "MODIFIED" => new Change(ObjectChange.Modified, about),
            "DELETED" => new Change(ObjectChange.Deleted, about),
            "BOOKMARK" => new Bookmark(about.Metadata("resourceVersion") ?? throw new JsonException("a bookmark without a version")),
            "ERROR" => ParseStatus(about),
            { } other => throw new JsonException($"a watch event of unknown type {other}"),
            null => throw new JsonException("a watch event without a type"),
        };
    }

    /// <summary>etcd's compaction shows as code 410, with reason Expired from the watch cache and Gone from older servers.</summary>
    private static WatchLine ParseStatus(JsonObject status)
    {
        bool gone = (status["code"] is JsonValue code && code.TryGetValue(out int number) && number == 410) || Text(status["reason"]) is "Expired" or "Gone";
        return gone ? new Expired() : new Failed(Text(status["message"]) ?? status.ToJsonString());
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
