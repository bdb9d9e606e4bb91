using System.Text.Json;
using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Sandbox.Api.Resources;

namespace IstioAdmin.Sandbox.Api.Applying;

/// <summary>
/// Who manages which fields of an object (<c>metadata.managedFields</c>), kept up to date with each write
/// (<c>apiserver/pkg/endpoints/handlers/fieldmanager</c>).
/// </summary>
internal sealed class FieldManagers
{
    private const int MostUpdaters = 10;
    private const string AncientManager = "ancient-changes";
    private const string BeforeFirstApply = "before-first-apply";
    private const string LastApplied = "kubectl.kubernetes.io/last-applied-configuration";

    /// <summary>What tells an object from others and belongs to nobody.</summary>
    private static readonly FieldTree Identity = FieldTree.Parse((JsonObject)JsonNode.Parse("""
        {"f:apiVersion":{},"f:kind":{},"f:metadata":{".":{},"f:name":{},"f:namespace":{},"f:creationTimestamp":{},"f:selfLink":{},"f:uid":{},"f:clusterName":{},
         "f:generation":{},"f:managedFields":{},"f:resourceVersion":{}}}
        """)!);

    private readonly List<Entry> _entries = [];

    private sealed class Entry
    {
        public required string Manager { get; init; }

        public required string Operation { get; init; }

        public required string ApiVersion { get; set; }

        public string? Time { get; set; }

        public required FieldTree Fields { get; set; }

        /// <summary>The fields as they were read, and how they stood there; null for an entry that is new.</summary>
        public (FieldTree Fields, JsonNode Written)? Source { get; init; }

        public bool IsApply => Operation == "Apply";

        // Whoever applies has one entry, in whatever version.
        public bool Is(string manager, string operation, string apiVersion) => Manager == manager && Operation == operation && (IsApply || ApiVersion == apiVersion);
    }

    /// <summary>Notes a write that is no apply.</summary>
    /// <param name="before">The object before; what an empty object of the type has when it is new. Its managedFields are not looked at.</param>
    /// <param name="after">The object after; its <c>metadata.managedFields</c> are set.</param>
    /// <param name="live">The managedFields before; null for none.</param>
    /// <param name="schema">The object's type.</param>
    /// <param name="apiVersion">The version in which it was written.</param>
    /// <param name="manager">Who wrote it.</param>
    /// <param name="now">The time.</param>
    /// <param name="isNew">Whether the object is new.</param>
    /// <param name="touched">The fields at the root that may differ; null for all.</param>
    public static void Update(
        JsonObject before, JsonObject after, JsonArray? live, Schema schema, string apiVersion, string manager, DateTimeOffset now, bool isNew, IReadOnlyCollection<string>? touched = null)
    {
        JsonNode? given = after["metadata"]?["managedFields"];
        bool has = after["metadata"] is JsonObject metadata && metadata.ContainsKey("managedFields");
        (after["metadata"] as JsonObject)?.Remove("managedFields");
        bool reset = has && given is JsonArray { Count: 0 } || given is JsonArray { Count: 1 } single && single[0] is JsonObject { Count: 0 };
        FieldManagers managers = reset ? new() : Decode(given as JsonArray) is { _entries.Count: > 0 } own ? own : Decode(live) ?? new();
        if (managers._entries.Count > 0 || isNew)
            managers.Update(before, after, schema, apiVersion, manager, now, touched);
        managers.Encode(after);
    }

    /// <summary>Applies what a manager wants.</summary>
    /// <param name="live">The object, without managedFields; what an empty object of the type has when it is new.</param>
    /// <param name="wanted">What was applied.</param>
    /// <param name="managed">The managedFields before; null for none.</param>
    /// <param name="schema">The object's type.</param>
    /// <param name="apiVersion">The version of what was applied.</param>
    /// <param name="manager">Who applies.</param>
    /// <param name="force">Whether fields of others are taken over.</param>
    /// <param name="now">The time.</param>
    /// <returns>The object as it is then, with its managedFields.</returns>
    /// <exception cref="ApiException">Others manage fields that would change (409), or the object is none of its type (500).</exception>
    public static JsonObject Apply(JsonObject live, JsonObject wanted, JsonArray? managed, Schema schema, string apiVersion, string manager, bool force, DateTimeOffset now)
    {
        if (wanted["metadata"]?["managedFields"] is not null)
            throw ApiErrors.BadRequest("metadata.managedFields must be nil");
        if (FieldMerge.Check(wanted, schema) is { Count: > 0 } problems)
            throw new ApiException(500, "", $"failed to create typed patch object: {(problems.Count == 1 ? problems[0] : "errors:\n  " + string.Join("\n  ", problems))}");
        FieldManagers managers = Decode(managed) ?? new();
        if (managers._entries.Count == 0 && live.TextAt("metadata.uid") is not null)
            managers.Update(schema.ZeroStruct(), live, schema, apiVersion, BeforeFirstApply, now);
        JsonObject applied = managers.Apply(live, wanted, schema, apiVersion, manager, force, now);
        if (manager == "kubectl" && applied.At("metadata.annotations") is JsonObject annotations && annotations.ContainsKey(LastApplied))
        {
            var record = (JsonObject)wanted.DeepClone();
            (record.At("metadata.annotations") as JsonObject)?.Remove(LastApplied);
            annotations[LastApplied] = record.ToJsonString() + "\n";
        }
        managers.Encode(applied);
        return applied;
    }

    private static FieldManagers? Decode(JsonArray? entries)
    {
        if (entries is null)
            return null;
        var managers = new FieldManagers();
        foreach (JsonNode? entry in entries)
        {
            if (entry is not JsonObject map || map.TextAt("fieldsType") != "FieldsV1")
                return null;
            JsonObject written = map["fieldsV1"] as JsonObject ?? [];
            FieldTree fields = FieldTree.Parse(written);
            managers._entries.Add(new Entry
            {
                Manager = map.TextAt("manager") ?? "",
                Operation = map.TextAt("operation") ?? "",
                ApiVersion = map.TextAt("apiVersion") ?? "",
                Time = map.TextAt("time"),
                Fields = fields,
                Source = (fields, written),
            });
        }
        return managers;
    }

    private void Encode(JsonObject item)
    {
        var metadata = (JsonObject)item["metadata"]!;
        metadata.Remove("managedFields");
        if (_entries.Count == 0)
            return;
        metadata["managedFields"] = new JsonArray([.. _entries
            .OrderBy(entry => entry.Operation, StringComparer.Ordinal).ThenBy(entry => entry.Time, StringComparer.Ordinal)
            .ThenBy(entry => entry.Manager, StringComparer.Ordinal).ThenBy(entry => entry.ApiVersion, StringComparer.Ordinal)
            .Select(entry =>
            {
                var written = new JsonObject { ["manager"] = entry.Manager, ["operation"] = entry.Operation, ["apiVersion"] = entry.ApiVersion };
                if (entry.Time is not null)
                    written["time"] = entry.Time;
                written["fieldsType"] = "FieldsV1";
                written["fieldsV1"] = entry.Source is var (fields, known) && ReferenceEquals(fields, entry.Fields) ? known.DeepClone() : entry.Fields.ToJson();
                return (JsonNode)written;
            })]);
    }

    private void Update(JsonObject before, JsonObject after, Schema schema, string apiVersion, string manager, DateTimeOffset now, IReadOnlyCollection<string>? touched = null)
    {
        Comparison comparison = Comparison.Of(before, after, schema, touched);
        Entry? own = _entries.Find(entry => entry.Is(manager, "Update", apiVersion));
        FieldTree? former = own?.Fields;
        FieldTree taken = comparison.Modified.Union(comparison.Added);
        foreach (Entry entry in _entries)
            entry.Fields = entry.Fields.Difference(taken).Difference(comparison.Removed);
        FieldTree written = taken.Difference(comparison.Removed).Difference(Identity);
        if (!written.IsEmpty)
        {
            if (own is null)
                _entries.Add(own = new Entry { Manager = manager, Operation = "Update", ApiVersion = apiVersion, Fields = written });
            else
                own.Fields = own.Fields.Union(written);
            if (former is null || !own.Fields.SameAs(former))
                own.Time = Stamp(now);
        }
        _entries.RemoveAll(entry => entry.Fields.IsEmpty);
        Cap();
    }

    private JsonObject Apply(JsonObject live, JsonObject wanted, Schema schema, string apiVersion, string manager, bool force, DateTimeOffset now)
    {
        Entry? own = _entries.Find(entry => entry.Is(manager, "Apply", apiVersion));
        FieldTree? last = own?.Fields;
        FieldTree fields = Comparison.Fields(wanted, schema);
        JsonObject merged = FieldMerge.Merge(live, wanted, schema);
        if (last is { IsEmpty: false })
            merged = Prune(merged, last, fields, own!, schema);
        Comparison comparison = Comparison.Of(live, merged, schema);
        FieldTree taken = comparison.Modified.Union(comparison.Added);
        (Entry Entry, FieldTree Fields)[] conflicts = [.. _entries.Where(entry => entry != own).Select(entry => (entry, entry.Fields.Intersection(taken))).Where(conflict => !conflict.Item2.IsEmpty)];
        if (conflicts.Length > 0 && !force)
        {
            FieldTree allowed = manager == "kubectl" ? AllowedByLastApplied(live, schema, apiVersion) : new FieldTree();
            conflicts = [.. conflicts.Select(conflict => (conflict.Entry, conflict.Fields.Difference(allowed))).Where(conflict => !conflict.Item2.IsEmpty)];
            if (conflicts.Length > 0)
                throw Conflict([.. conflicts.SelectMany(conflict => conflict.Fields.Paths().Select(path => (Show(conflict.Entry), path)))]);
        }
        foreach (Entry entry in _entries.Where(entry => entry != own))
            entry.Fields = entry.Fields.Difference(taken).Difference(comparison.Removed);
        fields = fields.Difference(Identity);
        bool changed = !comparison.IsSame || last is null || !last.SameAs(fields) || own!.ApiVersion != apiVersion;
        if (own is null)
            _entries.Add(own = new Entry { Manager = manager, Operation = "Apply", ApiVersion = apiVersion, Fields = fields });
        own.Fields = fields;
        own.ApiVersion = apiVersion;
        if (changed)
            own.Time = Stamp(now);
        _entries.RemoveAll(entry => entry.Fields.IsEmpty);
        return merged;
    }

    // What was applied before and is not any more goes, unless somebody else has it too.
    private JsonObject Prune(JsonObject merged, FieldTree last, FieldTree now, Entry own, Schema schema)
    {
        JsonObject pruned = FieldMerge.Remove(merged, last, schema);
        FieldTree everybody = _entries.Where(entry => entry != own).Aggregate(now, (all, entry) => all.Union(entry.Fields));
        FieldTree mergedFields = Comparison.Fields(merged, schema);
        pruned = FieldMerge.Remove(merged, mergedFields.Difference(Comparison.Fields(pruned, schema).Union(everybody)), schema);
        return FieldMerge.Remove(merged, mergedFields.Difference(Comparison.Fields(pruned, schema)).Intersection(last), schema);
    }

    // What kubectl applied on its own side before is no one else's, as long as nobody changed it.
    private static FieldTree AllowedByLastApplied(JsonObject live, Schema schema, string apiVersion)
    {
        try
        {
            if (live.At("metadata", "annotations", LastApplied).Text() is not { } text || JsonNode.Parse(text) is not JsonObject record || record.TextAt("apiVersion") != apiVersion)
                return new FieldTree();
            Comparison since = Comparison.Of(record, live, schema);
            return Comparison.Fields(record, schema).Difference(since.Modified).Difference(since.Added).Difference(since.Removed);
        }
        catch (JsonException)
        {
            return new FieldTree();
        }
    }

    private static ApiException Conflict(IReadOnlyList<(string Manager, string Path)> conflicts)
    {
        string message = conflicts.Count == 1
            ? $"Apply failed with 1 conflict: conflict with {conflicts[0].Manager}: {conflicts[0].Path}"
            : $"Apply failed with {conflicts.Count} conflicts: " + string.Join("\n", conflicts.GroupBy(conflict => conflict.Manager).OrderBy(group => group.Key, StringComparer.Ordinal)
                .SelectMany(group => group.Select(conflict => $"- {conflict.Path}").Prepend($"conflicts with {group.Key}:")));
        return new ApiException(409, "Conflict", message, new JsonObject
        {
            ["causes"] = new JsonArray([.. conflicts.Select(conflict => new JsonObject
            {
                ["reason"] = "FieldManagerConflict",
                ["message"] = $"conflict with {conflict.Manager}",
                ["field"] = conflict.Path,
            })]),
        });
    }

    private static string Show(Entry entry) => entry.IsApply ? FieldError.Quote(entry.Manager) : $"{FieldError.Quote(entry.Manager)} using {entry.ApiVersion}";

    // The oldest updaters become one.
    private void Cap()
    {
        if (_entries.Count <= MostUpdaters)
            return;
        Entry[] updaters = [.. _entries.Where(entry => !entry.IsApply).OrderBy(entry => entry.Time, StringComparer.Ordinal).ThenBy(entry => entry.Manager, StringComparer.Ordinal)];
        int count = updaters.Length;
        var first = new Dictionary<string, Entry>();
        foreach (Entry entry in updaters)
        {
            if (count <= MostUpdaters)
                return;
            if (!first.TryGetValue(entry.ApiVersion, out Entry? bucket))
            {
                first[entry.ApiVersion] = entry;
                continue;
            }
            if (bucket.Manager != AncientManager)
            {
                _entries.Remove(bucket);
                first[entry.ApiVersion] = bucket = new Entry { Manager = AncientManager, Operation = "Update", ApiVersion = entry.ApiVersion, Fields = bucket.Fields };
                _entries.Add(bucket);
            }
            bucket.Fields = bucket.Fields.Union(entry.Fields);
            bucket.Time = entry.Time;
            _entries.Remove(entry);
            count--;
        }
    }

    private static string Stamp(DateTimeOffset now) => now.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture);
}
