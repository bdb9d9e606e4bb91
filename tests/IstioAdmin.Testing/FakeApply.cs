using System.Text.Json.Nodes;

namespace IstioAdmin.Testing;

/// <summary>
/// Server-side apply on one object, as far as tests of callers need it: fields that are not applied any more go away, fields of other
/// managers with other values are conflicts, and <c>managedFields</c> says whose is whose. Lists are single values. What a real server does
/// is tested against a real one.
/// </summary>
public static class FakeApply
{
    /// <summary>Applies a manifest.</summary>
    /// <param name="live">The object; null when there is none.</param>
    /// <param name="manifest">What is applied.</param>
    /// <param name="manager">Who applies.</param>
    /// <param name="force">Whether conflicts are won.</param>
    /// <returns>The object afterwards, or the conflicts.</returns>
    public static (JsonObject? Result, IReadOnlyList<(string Manager, string Field)> Conflicts) Apply(JsonObject? live, JsonObject manifest, string manager, bool force)
    {
        var result = (JsonObject?)live?.DeepClone() ?? [];
        JsonArray entries = (result["metadata"]?["managedFields"] as JsonArray)?.DeepClone().AsArray() ?? [];
        Dictionary<string, JsonNode?> wanted = Leaves(manifest);
        List<(string, string)> conflicts = [];
        foreach (JsonObject entry in entries.OfType<JsonObject>().Where(entry => (string?)entry["manager"] != manager).ToArray())
        {
            JsonObject fields = entry["fieldsV1"]!.AsObject();
            foreach ((string path, JsonNode? value) in wanted.Where(leaf => Owns(fields, leaf.Key) && !JsonNode.DeepEquals(At(result, leaf.Key), leaf.Value)))
            {
                if (force)
                    Disown(fields, path);
                else
                    conflicts.Add(((string)entry["manager"]!, "." + path));
            }
        }
        if (conflicts.Count > 0)
            return (null, conflicts);
        JsonObject? mine = entries.OfType<JsonObject>().FirstOrDefault(entry => (string?)entry["manager"] == manager && (string?)entry["operation"] == "Apply");
        if (mine is not null)
        {
            entries.Remove(mine);
            foreach (string gone in Paths(mine["fieldsV1"]!.AsObject(), "").Where(path => !wanted.ContainsKey(path)
                && !entries.OfType<JsonObject>().Any(entry => Owns(entry["fieldsV1"]!.AsObject(), path))))
            {
                RemoveAt(result, gone);
            }
        }
        Merge(result, manifest);
        entries.Add(Entry(manager, "Apply", wanted.Keys));
        result["metadata"]!["managedFields"] = entries;
        return (result, []);
    }

    /// <summary>Writes fields as a controller does that updates: it owns what it changes, status and all.</summary>
    public static void Update(JsonObject live, JsonObject fields, string manager)
    {
        JsonArray entries = (live["metadata"]!["managedFields"] as JsonArray)?.DeepClone().AsArray() ?? [];
        string[] changed = [.. Leaves(fields).Where(leaf => !JsonNode.DeepEquals(At(live, leaf.Key), leaf.Value)).Select(leaf => leaf.Key)];
        Merge(live, fields);
        JsonObject? mine = entries.OfType<JsonObject>().FirstOrDefault(entry => (string?)entry["manager"] == manager && (string?)entry["operation"] == "Update");
        string[] before = mine is null ? [] : [.. Paths(mine["fieldsV1"]!.AsObject(), "")];
        if (mine is not null)
            entries.Remove(mine);
        foreach (JsonObject other in entries.OfType<JsonObject>())
        {
            foreach (string path in changed)
                Disown(other["fieldsV1"]!.AsObject(), path);
        }
        entries.Add(Entry(manager, "Update", before.Union(changed)));
        live["metadata"]!["managedFields"] = entries;
    }

    private static JsonObject Entry(string manager, string operation, IEnumerable<string> paths)
    {
        var fields = new JsonObject();
        foreach (string path in paths)
        {
            JsonObject at = fields;
            foreach (string name in path.Split('\u001f'))
            {
                if (at["f:" + name] is not JsonObject inner)
                    at["f:" + name] = inner = [];
                at = inner;
            }
        }
        return new JsonObject { ["manager"] = manager, ["operation"] = operation, ["apiVersion"] = "v1", ["fieldsType"] = "FieldsV1", ["fieldsV1"] = fields };
    }

    // The identity of an object is nobody's field. Names may have dots; a control character keeps them apart.
    private static Dictionary<string, JsonNode?> Leaves(JsonObject manifest)
    {
        Dictionary<string, JsonNode?> leaves = [];
        foreach ((string name, JsonNode? value) in manifest)
        {
            switch (name)
            {
                case "apiVersion" or "kind":
                    break;
                case "metadata":
                    foreach (string part in new[] { "labels", "annotations" })
                        Add(leaves, $"metadata\u001f{part}", value![part]);
                    break;
                default:
                    Add(leaves, name, value);
                    break;
            }
        }
        return leaves;
    }

    private static void Add(Dictionary<string, JsonNode?> leaves, string path, JsonNode? value)
    {
        if (value is null)
            return;
        if (value is not JsonObject { Count: > 0 } map)
        {
            leaves[path] = value;
            return;
        }
        foreach ((string name, JsonNode? inner) in map)
            Add(leaves, $"{path}\u001f{name}", inner);
    }

    private static IEnumerable<string> Paths(JsonObject fields, string path)
    {
        foreach ((string key, JsonNode? inner) in fields)
        {
            string here = path.Length == 0 ? key[2..] : $"{path}\u001f{key[2..]}";
            if (inner is not JsonObject { Count: > 0 } map)
            {
                yield return here;
                continue;
            }
            foreach (string below in Paths(map, here))
                yield return below;
        }
    }

    private static bool Owns(JsonObject fields, string path) => Paths(fields, "").Contains(path);

    private static void Disown(JsonObject fields, string path)
    {
        string[] names = path.Split('\u001f');
        JsonObject? at = fields;
        foreach (string name in names[..^1])
            at = at?["f:" + name] as JsonObject;
        at?.Remove("f:" + names[^1]);
    }

    private static JsonNode? At(JsonNode? node, string path) => path.Split('\u001f').Aggregate(node, (found, name) => (found as JsonObject)?[name]);

    private static void RemoveAt(JsonObject item, string path)
    {
        string[] names = path.Split('\u001f');
        JsonNode? at = item;
        foreach (string name in names[..^1])
            at = (at as JsonObject)?[name];
        (at as JsonObject)?.Remove(names[^1]);
    }

    private static void Merge(JsonObject target, JsonObject patch)
    {
        foreach ((string name, JsonNode? value) in patch.ToArray())
        {
            if (value is JsonObject inner && target[name] is JsonObject existing)
                Merge(existing, inner);
            else
                target[name] = value?.DeepClone();
        }
    }
}
