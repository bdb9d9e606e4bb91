using System.Text.Json;
using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Sandbox.Api.Storage;

namespace IstioAdmin.Sandbox.Api.Requests;

/// <summary>Where the next part of a list begins, in the form that the API server gives it (<c>apiserver/pkg/storage/etcd3/store.go</c>).</summary>
internal static class ContinueToken
{
    /// <summary>Writes a token.</summary>
    /// <param name="version">The version at which the list is shown; -1 for whatever is the newest.</param>
    /// <param name="namespace">The namespace of the first object of the next part; empty for an object of the cluster.</param>
    /// <param name="name">Its name.</param>
    public static string Write(long version, string @namespace, string name)
    {
        var token = new JsonObject { ["v"] = "meta.k8s.io/v1", ["rv"] = version, ["start"] = @namespace.Length == 0 ? name : $"{@namespace}/{name}" };
        return Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(token)).TrimEnd('=').Replace('+', '-').Replace('/', '_');
    }

    /// <summary>Reads a token.</summary>
    /// <exception cref="ApiException">It is none (400).</exception>
    public static (long Version, string Namespace, string Name) Parse(string token)
    {
        try
        {
            string base64 = token.Replace('-', '+').Replace('_', '/');
            JsonNode? content = JsonNode.Parse(Convert.FromBase64String(base64.PadRight((base64.Length + 3) / 4 * 4, '=')));
            if (content.TextAt("v") == "meta.k8s.io/v1" && content.TextAt("start") is { } start && content.WholeAt("rv") is { } version && version != 0)
            {
                int slash = start.IndexOf('/', StringComparison.Ordinal);
                return slash < 0 ? (version, "", start) : (version, start[..slash], start[(slash + 1)..]);
            }
        }
        catch (Exception e) when (e is FormatException or JsonException or InvalidOperationException)
        {
            throw ApiErrors.BadRequest($"invalid continue token: continue key is not valid: {e.Message}");
        }
        throw ApiErrors.BadRequest("invalid continue token: continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)");
    }

    /// <summary>Whether an object comes at or after a place in the order of lists.</summary>
    public static bool IsAtOrAfter(StoredObject stored, string @namespace, string name)
    {
        int order = string.CompareOrdinal(stored.Namespace + "/", @namespace + "/");
        return order > 0 || (order == 0 && string.CompareOrdinal(stored.Name, name) >= 0);
    }
}
