using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Api.Resources;

namespace IstioAdmin.Sandbox.Api.Applying;

/// <summary>What two versions of an object differ in, by its type's rules of ownership (structured-merge-diff, <c>typed/merge.go</c>).</summary>
internal sealed class Comparison
{
    private static readonly FieldTree Nothing = new();

    private Comparison(Difference difference) =>
        (Added, Removed, Modified) = (difference.Added ?? Nothing, difference.Removed ?? Nothing, difference.Modified ?? Nothing);

    /// <summary>The fields that only the later has.</summary>
    public FieldTree Added { get; }

    /// <summary>The fields that only the earlier has.</summary>
    public FieldTree Removed { get; }

    /// <summary>The fields that have another value.</summary>
    public FieldTree Modified { get; }

    /// <summary>Whether there is no difference.</summary>
    public bool IsSame => Added.IsEmpty && Removed.IsEmpty && Modified.IsEmpty;

    /// <summary>Compares two versions.</summary>
    /// <param name="before">The earlier.</param>
    /// <param name="after">The later.</param>
    /// <param name="schema">Their type.</param>
    /// <param name="only">The fields at the root that may differ; null for all.</param>
    public static Comparison Of(JsonObject before, JsonObject after, Schema schema, IReadOnlyCollection<string>? only = null) =>
        new(only is null ? Walk(new Operand(true, before), new Operand(true, after), schema) : Walk(before, after, schema, only));

    /// <summary>All fields of an object.</summary>
    public static FieldTree Fields(JsonObject item, Schema schema)
    {
        var fields = new FieldTree();
        Collect(item, schema, fields);
        return fields;
    }

    /// <summary>A value, or that there is none.</summary>
    private readonly record struct Operand(bool IsPresent, JsonNode? Value)
    {
        public static Operand Of(JsonObject? map, string name) => map is not null && map.TryGetPropertyValue(name, out JsonNode? value) ? new(true, value) : default;
    }

    // What differs below a field; null where nothing does.
    private record struct Difference(FieldTree? Added, FieldTree? Removed, FieldTree? Modified)
    {
        public void Take(string key, Difference inner)
        {
            if (inner.Added is not null)
                (Added ??= new FieldTree()).Put(key, inner.Added);
            if (inner.Removed is not null)
                (Removed ??= new FieldTree()).Put(key, inner.Removed);
            if (inner.Modified is not null)
                (Modified ??= new FieldTree()).Put(key, inner.Modified);
        }
    }

    private static Difference Walk(Operand before, Operand after, Schema schema)
    {
        if (FieldShape.IsLeaf(before.Value, after.Value, schema))
        {
            return !before.IsPresent ? new(FieldTree.Leaf, null, null)
                : !after.IsPresent ? new(null, FieldTree.Leaf, null)
                : JsonNode.DeepEquals(before.Value, after.Value) ? default : new(null, null, FieldTree.Leaf);
        }
        Difference found = !before.IsPresent ? new(new FieldTree { IsMember = true }, null, null)
            : !after.IsPresent ? new(null, new FieldTree { IsMember = true }, null) : default;
        if ((before.Value ?? after.Value) is JsonArray)
        {
            Dictionary<string, JsonNode?> former = FieldShape.Items(before.Value as JsonArray, schema), latter = FieldShape.Items(after.Value as JsonArray, schema);
            foreach ((string key, JsonNode? had) in former)
            {
                bool stays = latter.TryGetValue(key, out JsonNode? has);
                if (!stays || !JsonNode.DeepEquals(had, has))
                    found.Take(key, Walk(new(true, had), new(stays, has), schema.Element ?? Schema.Opaque));
            }
            foreach ((string key, JsonNode? has) in latter)
            {
                if (!former.ContainsKey(key))
                    found.Take(key, Walk(default, new(true, has), schema.Element ?? Schema.Opaque));
            }
            return found;
        }
        var from = before.Value as JsonObject;
        var to = after.Value as JsonObject;
        foreach ((string name, JsonNode? had) in from ?? [])
        {
            Operand other = Operand.Of(to, name);
            if (!other.IsPresent || had is null != other.Value is null || !JsonNode.DeepEquals(had, other.Value))
                found.Take(FieldTree.Field(name), Walk(new(true, had), other, schema.Child(name) ?? Schema.Opaque));
        }
        foreach ((string name, JsonNode? has) in to ?? [])
        {
            if (from?.ContainsKey(name) != true)
                found.Take(FieldTree.Field(name), Walk(default, new(true, has), schema.Child(name) ?? Schema.Opaque));
        }
        return found;
    }

    private static Difference Walk(JsonObject before, JsonObject after, Schema schema, IReadOnlyCollection<string> only)
    {
        Difference found = default;
        foreach (string name in only)
        {
            Operand one = Operand.Of(before, name), other = Operand.Of(after, name);
            if (one != other && (!one.IsPresent || !other.IsPresent || !JsonNode.DeepEquals(one.Value, other.Value)))
                found.Take(FieldTree.Field(name), Walk(one, other, schema.Child(name) ?? Schema.Opaque));
        }
        return found;
    }

    private static void Collect(JsonNode? value, Schema schema, FieldTree fields)
    {
        if (value is JsonObject map && !schema.AtomicMap)
        {
            foreach ((string name, JsonNode? inner) in map)
            {
                FieldTree child = fields.Child(FieldTree.Field(name));
                Collect(inner, schema.Child(name) ?? Schema.Opaque, child);
                if (!schema.Fields.ContainsKey(name))
                    child.IsMember = true;
            }
        }
        else if (value is JsonArray list && schema.Kind == ValueKind.List && schema.ListKind != ListKind.Atomic)
        {
            foreach ((string key, JsonNode? inner) in FieldShape.Items(list, schema))
            {
                FieldTree child = fields.Child(key);
                Collect(inner, schema.Element ?? Schema.Opaque, child);
                child.IsMember = true;
            }
        }
        else
        {
            fields.IsMember = true;
        }
    }
}
