using System.Globalization;
using System.Text.Json.Nodes;

namespace IstioAdmin.Sandbox.Client;

/// <summary>What every Kubernetes object has, and paths of objects.</summary>
internal static class Meta
{
    public static string Name(JsonObject item) => Json.Text(item, "metadata", "name") ?? "";

    public static string? Namespace(JsonObject item) => Json.Text(item, "metadata", "namespace");

    public static string Uid(JsonObject item) => Json.Text(item, "metadata", "uid") ?? "";

    public static long Generation(JsonObject item) => Long(item, "metadata", "generation") ?? 0;

    public static bool IsDeleting(JsonObject item) => Json.At(item, "metadata", "deletionTimestamp") is not null;

    public static JsonObject? Labels(JsonObject? item) => Json.At(item, "metadata", "labels") as JsonObject;

    public static string? Label(JsonObject? item, string name) => Json.Text(Labels(item), name);

    public static string? Annotation(JsonObject? item, string name) => Json.Text(item, "metadata", "annotations", name);

    public static IReadOnlyList<string> Finalizers(JsonObject item) => Json.Texts(item, "metadata", "finalizers");

    public static DateTimeOffset? Created(JsonObject item) => Time(Json.Text(item, "metadata", "creationTimestamp"));

    /// <summary>A time as Kubernetes writes it.</summary>
    public static DateTimeOffset? Time(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset time) ? time : null;

    /// <summary>The owner reference of the controller; null when there is none.</summary>
    public static JsonObject? ControllerOf(JsonObject item)
    {
        foreach (JsonNode? one in Json.At(item, "metadata", "ownerReferences") as JsonArray ?? [])
        {
            if (one is JsonObject owner && Json.Flag(owner, "controller") == true)
                return owner;
        }
        return null;
    }

    public static IEnumerable<JsonObject> Owners(JsonObject item) =>
        (Json.At(item, "metadata", "ownerReferences") as JsonArray)?.OfType<JsonObject>() ?? [];

    public static int? Int(JsonNode? node, params ReadOnlySpan<string> path) => (int?)Long(node, path);

    public static long? Long(JsonNode? node, params ReadOnlySpan<string> path)
    {
        if (Json.At(node, path) is not JsonValue value)
            return null;
        return value.TryGetValue(out long number) ? number : value.TryGetValue(out int small) ? small : null;
    }

    public static IEnumerable<JsonObject> Items(JsonNode? node, params ReadOnlySpan<string> path) => (Json.At(node, path) as JsonArray)?.OfType<JsonObject>() ?? [];

    /// <summary>Path of a collection within a namespace, or of the collection itself for null.</summary>
    public static string Collection(string collection, string? ns)
    {
        if (ns is null)
            return collection;
        int plural = collection.LastIndexOf('/');
        return $"{collection[..plural]}/namespaces/{ns}{collection[plural..]}";
    }

    /// <summary>Path of an object.</summary>
    public static string PathOf(string collection, string? ns, string name) => $"{Collection(collection, ns)}/{name}";

    /// <summary>Path of an object.</summary>
    public static string PathOf(string collection, JsonObject item) => PathOf(collection, Namespace(item), Name(item));

    /// <summary>Namespace and name of a key of <see cref="Informer.KeyOf"/>.</summary>
    public static (string? Namespace, string Name) Split(string key)
    {
        int slash = key.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? (null, key) : (key[..slash], key[(slash + 1)..]);
    }

    /// <summary>A controller's owner reference to an object.</summary>
    public static JsonObject OwnerReference(string apiVersion, string kind, JsonObject owner) => new()
    {
        ["apiVersion"] = apiVersion,
        ["kind"] = kind,
        ["name"] = Name(owner),
        ["uid"] = Uid(owner),
        ["controller"] = true,
        ["blockOwnerDeletion"] = true,
    };

    /// <summary>A condition of a status; null when it is not there.</summary>
    public static JsonObject? Condition(JsonObject? item, string type) =>
        Find(Json.At(item, "status", "conditions") as JsonArray, type);

    private static JsonObject? Find(JsonArray? conditions, string type)
    {
        foreach (JsonNode? one in conditions ?? [])
        {
            if (one is JsonObject condition && Json.Text(condition, "type") == type)
                return condition;
        }
        return null;
    }
}
