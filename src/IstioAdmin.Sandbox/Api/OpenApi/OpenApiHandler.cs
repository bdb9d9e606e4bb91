using System.Text.Json;
using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Api.Resources;
using IstioAdmin.Sandbox.Http;

namespace IstioAdmin.Sandbox.Api.OpenApi;

/// <summary>Answers <c>/openapi/v2</c>. There is no <c>/openapi/v3</c> in Kubernetes 1.20; clients fall back.</summary>
/// <param name="types">What is served.</param>
internal sealed class OpenApiHandler(ResourceTypes types)
{
    // As clients ask for it, and as it was named once.
    private static readonly string[] Protobuf = ["application/com.github.proto-openapi.spec.v2@v1.0+protobuf", "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"];

    private readonly object _gate = new();
    private ResourceType[] _described = [];
    private byte[] _json = [];
    private byte[] _protobuf = [];

    /// <summary>Answers a request if it is one of these.</summary>
    public async Task<bool> TryHandleAsync(HttpExchange exchange)
    {
        if (exchange.Path.TrimEnd('/') != "/openapi/v2")
            return false;
        string accept = exchange.Headers.GetValueOrDefault("Accept") ?? "*/*";
        string[] ranges = [.. accept.Split(',').Select(range => range.Split(';')[0].Trim())];
        (byte[] json, byte[] protobuf) = Describe();
        if (Array.Find(ranges, range => Protobuf.Contains(range) || range is "application/json" or "application/*" or "*/*") is not { } chosen)
            throw new ApiException(406, "NotAcceptable", "only the following media types are accepted: application/json, " + Protobuf[0]);
        // The name that clients ask with is no valid type of content, and they would refuse it.
        bool isProtobuf = Protobuf.Contains(chosen);
        await JsonAnswer.WriteAsync(exchange, 200, isProtobuf ? "application/octet-stream" : "application/json", isProtobuf ? protobuf : json).ConfigureAwait(false);
        return true;
    }

    // CustomResourceDefinitions come and go.
    private (byte[] Json, byte[] Protobuf) Describe()
    {
        lock (_gate)
        {
            ResourceType[] served = [.. types.All];
            if (served.Length != _described.Length || served.Where((type, at) => !ReferenceEquals(type, _described[at])).Any())
            {
                JsonObject document = OpenApiDocument.Of(types);
                _json = JsonSerializer.SerializeToUtf8Bytes(document);
                _protobuf = OpenApiProtobuf.Write(document);
                _described = served;
            }
            return (_json, _protobuf);
        }
    }
}
