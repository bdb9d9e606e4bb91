using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Core.Kube.Yaml;
using IstioAdmin.Sandbox.Api.Wire;
using IstioAdmin.Sandbox.Http;

namespace IstioAdmin.Sandbox.Api.Requests;

/// <summary>Reads the documents that requests carry.</summary>
internal static class RequestBody
{
    /// <summary>The largest body that is read (apiserver's limit on requests).</summary>
    public const int Limit = 3 * 1024 * 1024;

    /// <summary>The type of a request's content, without its parameters; JSON when none is named.</summary>
    public static string MediaType(HttpExchange exchange)
    {
        string type = exchange.Headers.TryGetValue("Content-Type", out string? header) ? header.Split(';')[0].Trim().ToLowerInvariant() : "";
        return type.Length == 0 ? "application/json" : type;
    }

    /// <summary>Reads an object in JSON or YAML.</summary>
    /// <returns>The object; null when the body is empty.</returns>
    /// <exception cref="ApiException">The content is of another type (415), too large (413) or cannot be read (400).</exception>
    public static async Task<JsonObject?> ReadObjectAsync(HttpExchange exchange)
    {
        string type = MediaType(exchange);
        if (type == ProtobufObjects.MediaType)
        {
            byte[] message = await ReadAsync(exchange).ConfigureAwait(false);
            return message.Length == 0 ? null : ProtobufObjects.Read(message);
        }
        if (type is not ("application/json" or "application/yaml" or "application/x-yaml" or "text/yaml" or "text/plain" or "application/x-www-form-urlencoded"))
        {
            throw ApiErrors.UnsupportedMediaType("the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf");
        }
        byte[] content = await ReadAsync(exchange).ConfigureAwait(false);
        if (content.Length == 0)
            return null;
        return Parse(content, type.Contains("yaml", StringComparison.Ordinal)) as JsonObject
            ?? throw ApiErrors.BadRequest("couldn't get version/kind; json parse error: the body of the request is no object");
    }

    /// <summary>Reads a document in JSON, or in YAML.</summary>
    /// <exception cref="ApiException">It cannot be read (400).</exception>
    public static JsonNode? Parse(byte[] content, bool isYaml)
    {
        try
        {
            return isYaml ? KubeYaml.ParseMapping(Encoding.UTF8.GetString(content), "the body of the request") : Checked(JsonNode.Parse(content));
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            throw ApiErrors.BadRequest($"couldn't get version/kind; json parse error: {e.Message}");
        }
        catch (MeshException e)
        {
            throw ApiErrors.BadRequest($"error decoding YAML: {e.Message}");
        }
    }

    /// <summary>Reads a request's body.</summary>
    /// <exception cref="ApiException">It is too large (413).</exception>
    public static async Task<byte[]> ReadAsync(HttpExchange exchange)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
        int length = 0;
        try
        {
            int read;
            while ((read = await exchange.Body.ReadAsync(buffer.AsMemory(length), exchange.Aborted).ConfigureAwait(false)) > 0)
            {
                length += read;
                if (length > Limit)
                    throw new ApiException(413, "RequestEntityTooLarge", $"Request entity too large: limit is {Limit}", new JsonObject());
                if (length < buffer.Length)
                    continue;
                byte[] larger = ArrayPool<byte>.Shared.Rent(2 * length);
                buffer.CopyTo(larger, 0);
                ArrayPool<byte>.Shared.Return(buffer);
                buffer = larger;
            }
            return buffer[..length];
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // A key that stands there twice is only seen once the object is looked into.
    private static JsonNode? Checked(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject map:
                foreach ((string _, JsonNode? inner) in map)
                    Checked(inner);
                break;
            case JsonArray list:
                foreach (JsonNode? item in list)
                    Checked(item);
                break;
        }
        return node;
    }
}
