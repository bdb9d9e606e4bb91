using System.Text.Json.Nodes;

namespace IstioAdmin.Sandbox.Api.Resources;

/// <summary>What sort of value a schema describes.</summary>
internal enum ValueKind
{
    /// <summary>Anything.</summary>
    Any,

    /// <summary>A text.</summary>
    Text,

    /// <summary>A whole number.</summary>
    Whole,

    /// <summary>A number.</summary>
    Number,

    /// <summary>True or false.</summary>
    Flag,

    /// <summary>A time in whole seconds.</summary>
    Time,

    /// <summary>A time in microseconds.</summary>
    MicroTime,

    /// <summary>An amount such as <c>100m</c> or <c>2Gi</c>.</summary>
    Quantity,

    /// <summary>A number, or a text such as a port's name.</summary>
    IntOrString,

    /// <summary>Bytes in base64.</summary>
    Bytes,

    /// <summary>An object of any kind, kept as it is.</summary>
    Raw,

    /// <summary>A list.</summary>
    List,

    /// <summary>A map of texts to values of one schema.</summary>
    Map,

    /// <summary>An object with fields of its own.</summary>
    Struct,
}

/// <summary>How the items of a list are told apart when several managers own parts of it (<c>x-kubernetes-list-type</c>).</summary>
internal enum ListKind
{
    /// <summary>The list is one value.</summary>
    Atomic,

    /// <summary>Each item is its own key.</summary>
    Set,

    /// <summary>Items are told apart by the values of some of their fields.</summary>
    Map,
}

/// <summary>The shape of a value: of a built-in type, or of what a CustomResourceDefinition describes.</summary>
internal sealed class Schema(ValueKind kind)
{
    private SchemaField[]? _always;

    /// <summary>Anything, owned field by field.</summary>
    public static Schema Anything { get; } = MakeAnything();

    /// <summary>Anything, owned as one value.</summary>
    public static Schema Opaque { get; } = new(ValueKind.Any) { AtomicMap = true };

    /// <summary>The sort of value.</summary>
    public ValueKind Kind { get; } = kind;

    /// <summary>Name of the type, such as <c>core.v1.Pod</c>; empty where it has none.</summary>
    public string Name { get; init; } = "";

    /// <summary>The fields of a struct.</summary>
    public Dictionary<string, SchemaField> Fields { get; } = [];

    /// <summary>The fields of a struct that are written even when they are empty.</summary>
    public IReadOnlyList<SchemaField> AlwaysWritten => _always ??= [.. Fields.Values.Where(one => one.Always)];

    /// <summary>The schema of a list's items, of a map's values, and of a struct's further fields (null: it has none).</summary>
    public Schema? Element { get; set; }

    /// <summary>How a list's items are told apart.</summary>
    public ListKind ListKind { get; init; }

    /// <summary>The fields that tell the items of a list apart.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>Whether a map or struct is owned as one value (<c>x-kubernetes-map-type: atomic</c>).</summary>
    public bool AtomicMap { get; set; }

    /// <summary>Whether null is a value of its own.</summary>
    public bool Nullable { get; init; }

    /// <summary>The schema of a field or key; null when there is no such field.</summary>
    public Schema? Child(string name) => Fields.TryGetValue(name, out SchemaField? field) ? field.Schema : Element;

    /// <summary>What a field that is written even when it is empty is then.</summary>
    public JsonNode? Zero() => Kind switch
    {
        ValueKind.Text => "",
        ValueKind.Whole or ValueKind.Number or ValueKind.IntOrString => 0,
        ValueKind.Flag => false,
        ValueKind.Quantity => "0",
        ValueKind.Struct => ZeroStruct(),
        _ => null,
    };

    /// <summary>The object of which nothing has been set.</summary>
    public JsonObject ZeroStruct()
    {
        var zero = new JsonObject();
        foreach (SchemaField field in AlwaysWritten)
            zero[field.Name] = field.Pointer ? null : field.Schema.Zero();
        return zero;
    }

    private static Schema MakeAnything()
    {
        var schema = new Schema(ValueKind.Any);
        schema.Element = schema;
        return schema;
    }
}

/// <summary>A field of a struct.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Schema">Its values' shape.</param>
internal sealed record SchemaField(string Name, Schema Schema)
{
    /// <summary>Whether it must be there.</summary>
    public bool Required { get; init; }

    /// <summary>Whether it is written even when it is empty.</summary>
    public bool Always { get; init; }

    /// <summary>Whether an empty value is told apart from none.</summary>
    public bool Pointer { get; init; }

    /// <summary>Whether a strategic merge patch merges the list (else it replaces it).</summary>
    public bool MergesList { get; init; }

    /// <summary>Whether a strategic merge patch may name the fields that stay (<c>$retainKeys</c>).</summary>
    public bool RetainsKeys { get; init; }

    /// <summary>The field that tells the items apart in a strategic merge patch; null for a list of scalars.</summary>
    public string? MergeKey { get; init; }

    /// <summary>What a list's key is taken to be where an item leaves it out; null when it must be there.</summary>
    public string? KeyDefault { get; init; }
}
