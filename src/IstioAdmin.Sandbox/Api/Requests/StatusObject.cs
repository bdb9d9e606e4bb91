using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Api.Storage;
using IstioAdmin.Sandbox.Http;

namespace IstioAdmin.Sandbox.Api.Requests;

/// <summary>The <c>Status</c> that answers what has no object, or failed.</summary>
internal static class StatusObject
{
    /// <summary>What a refused request is answered with.</summary>
    public static JsonObject Of(ApiException failure)
    {
        var status = new JsonObject
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject(),
            ["status"] = "Failure",
            ["message"] = failure.Message,
        };
        if (failure.Reason.Length > 0)
            status["reason"] = failure.Reason;
        if (failure.Details is { } details)
            status["details"] = details.DeepClone();
        status["code"] = failure.Status;
        return status;
    }

    /// <summary>What a request is answered with that succeeded and has nothing to show.</summary>
    public static JsonObject Success(TypeKey? type = null, string? name = null, string? uid = null, int? code = null)
    {
        var status = new JsonObject { ["kind"] = "Status", ["apiVersion"] = "v1", ["metadata"] = new JsonObject(), ["status"] = "Success" };
        if (type is { } about)
        {
            var details = new JsonObject { ["name"] = name };
            if (about.Group.Length > 0)
                details["group"] = about.Group;
            details["kind"] = about.Plural;
            details["uid"] = uid;
            status["details"] = details;
        }
        if (code is { } given)
            status["code"] = given;
        return status;
    }

    /// <summary>Answers a refused request.</summary>
    public static Task WriteAsync(HttpExchange exchange, ApiException failure) => exchange.WriteJsonAsync(failure.Status, Of(failure));

    /// <summary>Answers with a document.</summary>
    public static Task WriteJsonAsync(this HttpExchange exchange, int status, JsonNode document) =>
        exchange.WriteJsonAsync(status, [ObjectStore.Serialize(document), "\n"u8.ToArray()]);

    /// <summary>Answers with a document's bytes.</summary>
    public static async Task WriteJsonAsync(this HttpExchange exchange, int status, IReadOnlyList<ReadOnlyMemory<byte>> parts, string contentType = "application/json")
    {
        Stream body = await exchange.RespondAsync(status, contentType, parts.Sum(part => (long)part.Length)).ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
        {
            foreach (ReadOnlyMemory<byte> part in parts)
                await body.WriteAsync(part, exchange.Aborted).ConfigureAwait(false);
        }
    }
}
