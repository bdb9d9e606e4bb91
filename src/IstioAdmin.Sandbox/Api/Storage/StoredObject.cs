using System.Text.Json.Nodes;

namespace IstioAdmin.Sandbox.Api.Storage;

/// <summary>What is stored together: all versions of a type are one.</summary>
/// <param name="Group">The API group; empty for the core.</param>
/// <param name="Plural">The name in paths.</param>
internal readonly record struct TypeKey(string Group, string Plural)
{
    /// <summary>As the API server writes it: <c>pods</c>, <c>deployments.apps</c>.</summary>
    public override string ToString() => Group.Length == 0 ? Plural : $"{Plural}.{Group}";
}

/// <summary>A version of an object, as it is stored: never changed, only replaced.</summary>
internal sealed class StoredObject
{
    /// <summary>Its namespace; empty for an object of the cluster.</summary>
    public required string Namespace { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its uid.</summary>
    public required string Uid { get; init; }

    /// <summary>Its resourceVersion.</summary>
    public required long Version { get; init; }

    /// <summary>The object in JSON without <c>kind</c> and <c>apiVersion</c>.</summary>
    public required byte[] Content { get; init; }

    /// <summary>Its labels.</summary>
    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    /// <summary>The values that field selectors ask for, by their paths; metadata.name and metadata.namespace are not among them.</summary>
    public required IReadOnlyDictionary<string, string> Fields { get; init; }

    /// <summary>The object; it belongs to the caller.</summary>
    public JsonObject Parse() => (JsonObject)JsonNode.Parse(Content)!;
}

/// <summary>Something that happened to an object.</summary>
/// <param name="Version">The resourceVersion of the change.</param>
/// <param name="Before">The object before; null when it was created.</param>
/// <param name="After">The object after; null when it was deleted.</param>
/// <param name="Deleted">The object as it was deleted, with the version of the deletion; null when it was not.</param>
internal sealed record StoreEvent(long Version, StoredObject? Before, StoredObject? After, StoredObject? Deleted = null)
{
    /// <summary>Bytes that the event holds on to.</summary>
    public int Size => (Before?.Content.Length ?? 0) + (Deleted?.Content.Length ?? 0) + 128;
}
