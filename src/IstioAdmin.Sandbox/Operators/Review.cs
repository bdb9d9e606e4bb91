using System.Text;
using System.Text.Json.Nodes;

namespace IstioAdmin.Sandbox.Operators;

/// <summary>What a webhook answers: yes, yes with a JSON patch, or no.</summary>
/// <param name="Refusal">Why not; null when it is allowed.</param>
/// <param name="Code">The HTTP status code of a refusal.</param>
/// <param name="Patch">What changes; null for nothing.</param>
internal sealed record Review(string? Refusal = null, int Code = 403, JsonArray? Patch = null)
{
    /// <summary>Yes.</summary>
    public static Review Allowed { get; } = new();

    /// <summary>Answers an <c>AdmissionReview</c> with another.</summary>
    public static async Task<JsonObject> AnswerAsync(JsonObject review, Func<JsonObject, Task<Review>> handler)
    {
        JsonObject request = review["request"]!.AsObject();
        Review answer = await handler(request).ConfigureAwait(false);
        var response = new JsonObject { ["uid"] = (string)request["uid"]!, ["allowed"] = answer.Refusal is null };
        if (answer.Refusal is not null)
            response["status"] = new JsonObject { ["message"] = answer.Refusal, ["code"] = answer.Code };
        if (answer.Patch is not null)
        {
            response["patchType"] = "JSONPatch";
            response["patch"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(answer.Patch.ToJsonString()));
        }
        return new JsonObject { ["apiVersion"] = (string)review["apiVersion"]!, ["kind"] = "AdmissionReview", ["response"] = response };
    }
}
