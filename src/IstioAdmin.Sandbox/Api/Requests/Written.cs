using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Api.Storage;

namespace IstioAdmin.Sandbox.Api.Requests;

/// <summary>What came of a write: an object in the store, or one that is not there because it was only tried or went with the write.</summary>
internal readonly struct Written
{
    private readonly StoredObject? _stored;
    private readonly JsonObject? _item;

    /// <param name="stored">The object as it is stored.</param>
    public Written(StoredObject stored) => _stored = stored;

    private Written(JsonObject item) => _item = item;

    /// <summary>The object as it is stored; null when it is not.</summary>
    public StoredObject? Stored => _stored;

    /// <summary>Of an object that is not in the store, in the version of the request.</summary>
    public static Written Not(JsonObject item) => new(item);

    /// <summary>The object in the version of the request.</summary>
    public JsonObject Read(RequestContext context) => _item ?? context.Read(_stored!);
}
