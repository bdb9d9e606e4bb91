using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Api.Storage;

namespace IstioAdmin.Sandbox.Api.Admission;

/// <summary>The webhooks of all configurations of one type, read anew only when one of them has changed.</summary>
internal sealed class WebhookRegistry(ObjectStore store, TypeKey type)
{
    private (StoredObject[] From, JsonObject[] Webhooks) _known = ([], []);

    /// <summary>The webhooks: the configurations by their names, and each one's in their order. Not to be changed.</summary>
    public IReadOnlyList<JsonObject> Webhooks
    {
        get
        {
            if (store.Count(type) == 0)
                return [];
            StoredObject[] now = [.. store.Snapshot(type, null).Objects];
            if (!now.SequenceEqual(_known.From))
                _known = (now, [.. now.SelectMany(stored => stored.Parse()["webhooks"] as JsonArray ?? []).OfType<JsonObject>()]);
            return _known.Webhooks;
        }
    }
}
