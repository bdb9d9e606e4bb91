using System.Buffers;
using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using IstioAdmin.Core;

namespace IstioAdmin.Sandbox.Api.Storage;

/// <summary>
/// All objects, in memory, as UTF-8 JSON; with one counter of versions for all, as etcd has it, and what happened lately for those who watch.
/// Safe for any number of threads: reading takes no lock, a change takes it for the time that it takes to write the object.
/// </summary>
internal sealed class ObjectStore : IObjectReader
{
    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly object _gate = new();
    private readonly int _eventLimit;
    private readonly long _eventBytes;
    private readonly ArrayBufferWriter<byte> _buffer = new(16 * 1024);
    private ImmutableDictionary<TypeKey, TypeStore> _types = ImmutableDictionary<TypeKey, TypeStore>.Empty;
    private long _version = 1;

    /// <param name="eventLimit">How many events of a type are kept for watches.</param>
    /// <param name="eventBytes">How many bytes of objects the kept events of a type may hold on to.</param>
    public ObjectStore(int eventLimit = 16_384, long eventBytes = 64 << 20)
    {
        _eventLimit = eventLimit;
        _eventBytes = eventBytes;
    }

    /// <summary>What a watch sees happening to a type: the version up to which it is complete, the events, and what ends with the next one.</summary>
    /// <param name="Version">Nothing that happened up to here is missing.</param>
    /// <param name="Events">What happened; null when some of it has been forgotten.</param>
    /// <param name="Changed">Ends with the next change.</param>
    public readonly record struct Happenings(long Version, StoreEvent[]? Events, Task Changed);

    /// <summary>The version of the last change.</summary>
    public long Version => Interlocked.Read(ref _version);

    /// <summary>The types of which there is or was an object.</summary>
    public IReadOnlyList<TypeKey> Types => [.. Volatile.Read(ref _types).Keys];

    /// <summary>How to write an object's fields into selectors' terms; set once by who knows the types.</summary>
    public Func<TypeKey, JsonObject, IReadOnlyDictionary<string, string>> SelectableFields { get; init; } = static (_, _) => ImmutableDictionary<string, string>.Empty;

    /// <summary>The <c>apiVersion</c> and <c>kind</c> of a type's stored objects; set once by who knows the types.</summary>
    public Func<TypeKey, (string ApiVersion, string Kind)?> Head { get; init; } = static _ => null;

    /// <summary>Whether a type's objects are stored with their fields in the order of their names, as the API server keeps those of custom types; set once by who knows the types.</summary>
    public Func<TypeKey, bool> IsSorted { get; init; } = static _ => false;

    /// <summary>An object; null when there is none.</summary>
    public StoredObject? Get(TypeKey type, string? @namespace, string name) => TypeOrNull(type)?.Find(@namespace ?? "", name);

    /// <summary>The objects of a type, in a namespace or, with null, everywhere, and the version at which they are so.</summary>
    public (long Version, IEnumerable<StoredObject> Objects) Snapshot(TypeKey type, string? @namespace)
    {
        lock (_gate)
            return (_version, Flatten(TypeOrNull(type)?.Objects, @namespace));
    }

    /// <summary>The objects of a type as they were at a version; null when that has been forgotten.</summary>
    public IEnumerable<StoredObject>? SnapshotAt(TypeKey type, string? @namespace, long version)
    {
        lock (_gate)
            return TypeOrNull(type) is not { } store ? [] : store.At(version) is { } then ? Flatten(then, @namespace) : null;
    }

    /// <summary>How many objects of a type there are.</summary>
    public int Count(TypeKey type) => TypeOrNull(type)?.Count ?? 0;

    /// <summary>What happened to a type after a version.</summary>
    public Happenings Since(TypeKey type, long version)
    {
        lock (_gate)
        {
            TypeStore store = TypeOf(type);
            return new(_version, store.Since(version), store.Changed);
        }
    }

    /// <summary>Forgets what was before a version, as etcd does when it is compacted: lists and watches that begin earlier are answered with 410.</summary>
    public void Compact(long version)
    {
        lock (_gate)
        {
            foreach (TypeStore store in _types.Values)
                store.Forget(Math.Min(version, _version));
        }
    }

    /// <summary>Stores a new object.</summary>
    /// <returns>The stored object; null when there is one of that name.</returns>
    public StoredObject? Add(TypeKey type, JsonObject item)
    {
        lock (_gate)
        {
            TypeStore store = TypeOf(type);
            if (store.Find(item.TextAt("metadata.namespace") ?? "", item.TextAt("metadata.name") ?? "") is not null)
                return null;
            StoredObject added = Write(type, item, ++_version);
            store.Put(added);
            store.Note(new StoreEvent(added.Version, null, added));
            return added;
        }
    }

    /// <summary>Replaces an object.</summary>
    /// <returns>The stored object; null when <paramref name="expected"/> is not what is stored any more.</returns>
    public StoredObject? Replace(TypeKey type, StoredObject expected, JsonObject item)
    {
        lock (_gate)
        {
            TypeStore store = TypeOf(type);
            if (store.Find(expected.Namespace, expected.Name) != expected)
                return null;
            StoredObject after = Write(type, item, ++_version);
            store.Put(after);
            store.Note(new StoreEvent(after.Version, expected, after));
            return after;
        }
    }

    /// <summary>Removes an object.</summary>
    /// <returns>The object with the version of its removal; null when <paramref name="expected"/> is not what is stored any more.</returns>
    public StoredObject? Remove(TypeKey type, StoredObject expected)
    {
        JsonObject last = expected.Parse();
        lock (_gate)
        {
            TypeStore store = TypeOf(type);
            if (store.Find(expected.Namespace, expected.Name) != expected)
                return null;
            StoredObject deleted = Write(type, last, ++_version);
            store.Take(expected);
            store.Note(new StoreEvent(deleted.Version, expected, null, deleted));
            return deleted;
        }
    }

    /// <inheritdoc/>
    public JsonObject? Find(string group, string plural, string? @namespace, string name)
    {
        var type = new TypeKey(group, plural);
        return Get(type, @namespace, name) is { } stored ? Whole(type, stored) : null;
    }

    /// <inheritdoc/>
    public IReadOnlyList<JsonObject> List(string group, string plural, string? @namespace = null)
    {
        var type = new TypeKey(group, plural);
        return [.. Snapshot(type, @namespace).Objects.Select(stored => Whole(type, stored))];
    }

    /// <summary>Writes everything: a line with the version, then a line for each type and each object.</summary>
    public async Task SaveAsync(Stream target, CancellationToken cancel)
    {
        ImmutableDictionary<TypeKey, (ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, StoredObject>> Objects, int Count)> all;
        long version;
        lock (_gate)
        {
            version = _version;
            all = _types.ToImmutableDictionary(type => type.Key, type => (type.Value.Objects, type.Value.Count));
        }
        await LineAsync(new JsonObject { ["version"] = version }).ConfigureAwait(false);
        foreach ((TypeKey type, var (objects, count)) in all)
        {
            await LineAsync(new JsonObject { ["group"] = type.Group, ["plural"] = type.Plural, ["count"] = count }).ConfigureAwait(false);
            foreach (StoredObject stored in Flatten(objects, null))
            {
                await target.WriteAsync(stored.Content, cancel).ConfigureAwait(false);
                await target.WriteAsync("\n"u8.ToArray(), cancel).ConfigureAwait(false);
            }
        }

        async Task LineAsync(JsonObject line)
        {
            await target.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(line), cancel).ConfigureAwait(false);
            await target.WriteAsync("\n"u8.ToArray(), cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Replaces everything by what <see cref="SaveAsync"/> wrote. Watches of before end: what they know is gone.</summary>
    /// <exception cref="InvalidDataException">It is not what was written, or not all of it. Nothing has been changed then.</exception>
    public async Task LoadAsync(Stream source, CancellationToken cancel)
    {
        using var reader = new StreamReader(source, leaveOpen: true);
        JsonObject head = await LineAsync().ConfigureAwait(false) ?? throw new InvalidDataException("The snapshot is empty.");
        long version = head["version"].Whole() is { } saved ? saved : throw new InvalidDataException("The snapshot has no version.");
        ImmutableDictionary<TypeKey, TypeStore>.Builder types = ImmutableDictionary.CreateBuilder<TypeKey, TypeStore>();
        while (await LineAsync().ConfigureAwait(false) is { } line)
        {
            if (line["plural"].Text() is not { } plural || line["count"].Whole() is not { } rest)
                throw new InvalidDataException("The snapshot has an object where a type was due.");
            var type = new TypeKey(line["group"].Text() ?? "", plural);
            var store = new TypeStore(_eventLimit, _eventBytes);
            for (; rest > 0; rest--)
            {
                JsonObject item = await LineAsync().ConfigureAwait(false) ?? throw new InvalidDataException($"The snapshot ends in the midst of {type}.");
                store.Put(Parsed(type, item));
            }
            types[type] = store;
        }
        lock (_gate)
        {
            // What is new must be newer than all that clients have seen.
            _version = Math.Max(version, _version) + 1;
            ImmutableDictionary<TypeKey, TypeStore> former = _types;
            foreach (TypeKey type in former.Keys.Where(type => !types.ContainsKey(type)))
                types[type] = new TypeStore(_eventLimit, _eventBytes);
            foreach (TypeStore store in types.Values)
                store.Forgotten = _version;
            Volatile.Write(ref _types, types.ToImmutable());
            foreach (TypeStore store in former.Values)
                store.Wake();
        }

        async Task<JsonObject?> LineAsync()
        {
            string? text = await reader.ReadLineAsync(cancel).ConfigureAwait(false);
            try
            {
                return string.IsNullOrEmpty(text) ? null : JsonNode.Parse(text) as JsonObject ?? throw new InvalidDataException("A line of the snapshot is no object.");
            }
            catch (JsonException e)
            {
                throw new InvalidDataException($"A line of the snapshot is no JSON: {e.Message}", e);
            }
        }
    }

    /// <summary>The bytes of a document.</summary>
    internal static byte[] Serialize(JsonNode node)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var writer = new Utf8JsonWriter(buffer, Writing))
            node.WriteTo(writer);
        return buffer.WrittenSpan.ToArray();
    }

    private static IEnumerable<StoredObject> Flatten(ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, StoredObject>>? objects, string? @namespace) =>
        objects is null ? []
        : @namespace is null ? objects.Values.SelectMany(names => names.Values)
        : objects.TryGetValue(@namespace, out ImmutableSortedDictionary<string, StoredObject>? found) ? found.Values : [];

    private static void WriteSorted(Utf8JsonWriter writer, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject fields:
                writer.WriteStartObject();
                foreach ((string name, JsonNode? value) in fields.OrderBy(field => field.Key, StringComparer.Ordinal))
                {
                    writer.WritePropertyName(name);
                    WriteSorted(writer, value);
                }
                writer.WriteEndObject();
                break;
            case JsonArray items:
                writer.WriteStartArray();
                foreach (JsonNode? item in items)
                    WriteSorted(writer, item);
                writer.WriteEndArray();
                break;
            case null:
                writer.WriteNullValue();
                break;
            default:
                node.WriteTo(writer);
                break;
        }
    }

    private JsonObject Whole(TypeKey type, StoredObject stored)
    {
        JsonObject item = stored.Parse();
        if (Head(type) is { } head)
        {
            item["apiVersion"] = head.ApiVersion;
            item["kind"] = head.Kind;
        }
        return item;
    }

    private TypeStore? TypeOrNull(TypeKey type) => Volatile.Read(ref _types).GetValueOrDefault(type);

    private TypeStore TypeOf(TypeKey type)
    {
        if (!_types.TryGetValue(type, out TypeStore? store))
            Volatile.Write(ref _types, _types.Add(type, store = new TypeStore(_eventLimit, _eventBytes)));
        return store;
    }

    // The one place where a version gets into an object.
    private StoredObject Write(TypeKey type, JsonObject item, long version)
    {
        item["metadata"]!["resourceVersion"] = version.ToString(System.Globalization.CultureInfo.InvariantCulture);
        item.Remove("apiVersion");
        item.Remove("kind");
        return Parsed(type, item);
    }

    private StoredObject Parsed(TypeKey type, JsonObject item)
    {
        byte[] content;
        lock (_buffer)
        {
            _buffer.ResetWrittenCount();
            using (var writer = new Utf8JsonWriter(_buffer, Writing))
            {
                if (IsSorted(type))
                    WriteSorted(writer, item);
                else
                    item.WriteTo(writer);
            }
            content = _buffer.WrittenSpan.ToArray();
        }
        JsonObject metadata = item["metadata"] as JsonObject ?? throw new InvalidDataException($"An object of {type} has no metadata.");
        return new StoredObject
        {
            Namespace = metadata["namespace"].Text() ?? "",
            Name = metadata["name"].Text() ?? throw new InvalidDataException($"An object of {type} has no name."),
            Uid = metadata["uid"].Text() ?? "",
            Version = long.TryParse(metadata["resourceVersion"].Text() ?? "0", System.Globalization.CultureInfo.InvariantCulture, out long version)
                ? version : throw new InvalidDataException($"An object of {type} has no version."),
            Content = content,
            Labels = metadata["labels"] is JsonObject { Count: > 0 } labels
                ? labels.ToDictionary(label => label.Key, label => label.Value?.GetValue<string>() ?? "", StringComparer.Ordinal)
                : ImmutableDictionary<string, string>.Empty,
            Fields = SelectableFields(type, item),
        };
    }
}
