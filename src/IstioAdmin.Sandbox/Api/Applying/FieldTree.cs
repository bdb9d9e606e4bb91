using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace IstioAdmin.Sandbox.Api.Applying;

/// <summary>
/// A set of fields, as <c>managedFields</c> notes it: <c>f:</c> a field, <c>k:</c> an item of a list by its keys, <c>v:</c> an item of a set
/// (sigs.k8s.io/structured-merge-diff, <c>fieldpath</c>).
/// </summary>
internal sealed class FieldTree
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // In the order of their keys. What has been combined shares its parts with what it was made of; nothing is changed then any more.
    private List<KeyValuePair<string, FieldTree>>? _children;

    /// <summary>A field without anything inside; never to be changed.</summary>
    public static FieldTree Leaf { get; } = new() { IsMember = true };

    /// <summary>Whether the field itself belongs to the set, and not only some that are in it.</summary>
    public bool IsMember { get; set; }

    /// <summary>Whether the set is empty.</summary>
    public bool IsEmpty
    {
        get
        {
            if (IsMember)
                return false;
            foreach ((string _, FieldTree child) in _children ?? [])
            {
                if (!child.IsEmpty)
                    return false;
            }
            return true;
        }
    }

    /// <summary>The fields inside.</summary>
    public IReadOnlyList<KeyValuePair<string, FieldTree>> Children => _children ?? [];

    /// <summary>How a field is noted.</summary>
    public static string Field(string name) => "f:" + name;

    /// <summary>How an item of a set is noted.</summary>
    public static string Value(JsonNode? item) => "v:" + (item?.ToJsonString(Plain) ?? "null");

    /// <summary>How an item of a list with keys is noted.</summary>
    public static string Keys(IEnumerable<KeyValuePair<string, JsonNode?>> keys)
    {
        var map = new JsonObject();
        foreach ((string name, JsonNode? value) in keys.OrderBy(key => key.Key, StringComparer.Ordinal))
            map[name] = value?.DeepClone();
        return "k:" + map.ToJsonString(Plain);
    }

    /// <summary>Reads what <see cref="ToJson"/> writes.</summary>
    public static FieldTree Parse(JsonObject fields)
    {
        var tree = new FieldTree();
        foreach ((string key, JsonNode? inner) in fields)
        {
            if (key == ".")
                tree.IsMember = true;
            else
                tree.Child(key).Fill(inner as JsonObject ?? []);
        }
        return tree;
    }

    /// <summary>The set as <c>fieldsV1</c> has it.</summary>
    public JsonObject ToJson()
    {
        var fields = new JsonObject();
        if (_children is null)
            return fields;
        if (IsMember && _children.Count > 0)
            fields["."] = new JsonObject();
        foreach ((string key, FieldTree child) in _children)
        {
            if (!child.IsEmpty)
                fields[key] = child.ToJson();
        }
        return fields;
    }

    /// <summary>The fields inside a field, made when there are none.</summary>
    public FieldTree Child(string key)
    {
        int at = IndexOf(key);
        if (at >= 0)
            return _children![at].Value;
        var child = new FieldTree();
        (_children ??= []).Insert(~at, new(key, child));
        return child;
    }

    /// <summary>Puts fields inside a field of which there are none yet.</summary>
    public void Put(string key, FieldTree child) => (_children ??= []).Insert(~IndexOf(key), new(key, child));

    /// <summary>The fields inside a field; null when there are none.</summary>
    public FieldTree? Find(string key) => IndexOf(key) is >= 0 and var at ? _children![at].Value : null;

    /// <summary>What is in either.</summary>
    public FieldTree Union(FieldTree other)
    {
        if (other.IsEmpty)
            return this;
        if (IsEmpty)
            return other;
        var result = new FieldTree { IsMember = IsMember || other.IsMember };
        IReadOnlyList<KeyValuePair<string, FieldTree>> left = Children, right = other.Children;
        int at = 0, to = 0;
        while (at < left.Count || to < right.Count)
        {
            int order = at == left.Count ? 1 : to == right.Count ? -1 : string.CompareOrdinal(left[at].Key, right[to].Key);
            if (order < 0)
                result.Append(left[at].Key, left[at++].Value);
            else if (order > 0)
                result.Append(right[to].Key, right[to++].Value);
            else
                result.Append(left[at].Key, left[at++].Value.Union(right[to++].Value));
        }
        return result;
    }

    /// <summary>What is in both.</summary>
    public FieldTree Intersection(FieldTree other)
    {
        var result = new FieldTree { IsMember = IsMember && other.IsMember };
        if (_children is null || other._children is null)
            return result;
        foreach ((string key, FieldTree child) in _children)
        {
            if (other.Find(key) is { } same)
                result.Append(key, child.Intersection(same));
        }
        return result;
    }

    /// <summary>What is not in the other; this very set when they have nothing in common.</summary>
    public FieldTree Difference(FieldTree other)
    {
        bool member = IsMember && !other.IsMember, changed = member != IsMember;
        List<KeyValuePair<string, FieldTree>>? left = null;
        for (int at = 0; at < Children.Count && other._children is not null; at++)
        {
            (string key, FieldTree child) = _children![at];
            FieldTree rest = other.Find(key) is { } same ? child.Difference(same) : child;
            if (ReferenceEquals(rest, child))
            {
                left?.Add(_children[at]);
                continue;
            }
            left ??= [.. _children.Take(at)];
            if (!rest.IsEmpty)
                left.Add(new(key, rest));
        }
        return left is null && !changed ? this : new FieldTree { IsMember = member, _children = left ?? _children };
    }

    /// <summary>Whether both hold the same.</summary>
    public bool SameAs(FieldTree other)
    {
        if (ReferenceEquals(this, other))
            return true;
        if (IsMember != other.IsMember)
            return false;
        IReadOnlyList<KeyValuePair<string, FieldTree>> left = Children, right = other.Children;
        int at = 0, to = 0;
        while (true)
        {
            while (at < left.Count && left[at].Value.IsEmpty)
                at++;
            while (to < right.Count && right[to].Value.IsEmpty)
                to++;
            if (at == left.Count || to == right.Count)
                return at == left.Count && to == right.Count;
            if (left[at].Key != right[to].Key || !left[at++].Value.SameAs(right[to++].Value))
                return false;
        }
    }

    /// <summary>The paths of all members, as messages show them: <c>.spec.ports[port=80,protocol="TCP"]</c>.</summary>
    public IEnumerable<string> Paths()
    {
        List<string> paths = [];
        Walk(this, "", paths);
        return paths;

        static void Walk(FieldTree tree, string path, List<string> paths)
        {
            if (tree.IsMember)
                paths.Add(path);
            foreach ((string key, FieldTree child) in tree.Children)
                Walk(child, path + Show(key), paths);
        }
    }

    private static string Show(string key)
    {
        string rest = key[2..];
        if (key[0] == 'f')
            return "." + rest;
        if (key[0] == 'v')
            return $"[={rest}]";
        var text = new StringBuilder("[");
        foreach ((string name, JsonNode? value) in (JsonObject)JsonNode.Parse(rest)!)
            text.Append(text.Length > 1 ? "," : "").Append(name).Append('=').Append(value?.ToJsonString(Plain));
        return text.Append(']').ToString();
    }

    // The keys come in their order.
    private void Append(string key, FieldTree child)
    {
        if (!child.IsEmpty)
            (_children ??= []).Add(new(key, child));
    }

    private int IndexOf(string key)
    {
        if (_children is null)
            return ~0;
        int low = 0, high = _children.Count - 1;
        // What is read and what is compared comes in order, nearly always.
        if (high >= 0 && string.CompareOrdinal(_children[high].Key, key) < 0)
            return ~(high + 1);
        while (low <= high)
        {
            int middle = (low + high) / 2, order = string.CompareOrdinal(_children[middle].Key, key);
            if (order == 0)
                return middle;
            if (order < 0)
                low = middle + 1;
            else
                high = middle - 1;
        }
        return ~low;
    }

    private void Fill(JsonObject fields)
    {
        // A field with nothing noted inside is a member itself.
        IsMember = fields.Count == 0 || fields.ContainsKey(".");
        foreach ((string key, JsonNode? inner) in fields)
        {
            if (key != ".")
                Child(key).Fill(inner as JsonObject ?? []);
        }
    }
}
