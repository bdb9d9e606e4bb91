using System.Text.Json.Nodes;

namespace IstioAdmin.Sandbox.Api;

/// <summary>Reads objects, past all permissions, for the API server's own use.</summary>
/// <remarks>What it returns belongs to the caller: changing it changes no stored object.</remarks>
internal interface IObjectReader
{
    /// <summary>An object; null when there is none.</summary>
    /// <param name="group">Its API group; empty for the core.</param>
    /// <param name="plural">The name of its type in paths.</param>
    /// <param name="namespace">Its namespace; null for an object of the cluster.</param>
    /// <param name="name">Its name.</param>
    JsonObject? Find(string group, string plural, string? @namespace, string name);

    /// <summary>The objects of a type, in a namespace or, with null, everywhere.</summary>
    IReadOnlyList<JsonObject> List(string group, string plural, string? @namespace = null);
}
