using System.Text.Json;
using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Pke;

/// <summary>
/// The body of a refusal: either the older form (<c>code</c>, <c>message</c>, <c>error</c>) or problem details (<c>title</c>, <c>detail</c>,
/// <c>status</c>, and the older fields as well).
/// </summary>
/// <param name="Code">The HTTP status that the body tells; null when it tells none.</param>
/// <param name="Message">What is wrong in this case (<c>detail</c>, else <c>message</c>).</param>
/// <param name="Error">What is wrong in general (<c>title</c>, else <c>error</c>).</param>
/// <remarks>Source: the API description's schemas Error and CommonError.</remarks>
public sealed record PipelineError(int? Code, string? Message, string? Error)
{
    /// <summary>Both texts, once where they say the same.</summary>
    public override string ToString() => (Message, Error) switch
    {
        (null, null) => "",
        (null, { } error) => error,
        ({ } message, null) => message,
        var (message, error) when message.Contains(error, StringComparison.OrdinalIgnoreCase) => message,
        var (message, error) => $"{message}: {error}",
    };

    /// <summary>Reads a body; null when it is no such object.</summary>
    internal static PipelineError? Parse(ReadOnlySpan<byte> body, Func<string, string> clean)
    {
        try
        {
            if (JsonNode.Parse(body) is not JsonObject fields)
                return null;
            string? Text(string first, string second) => (fields.TextAt(first) ?? fields.TextAt(second)) is { } text ? clean(text) : null;
            var error = new PipelineError(Number(fields["status"]) ?? Number(fields["code"]), Text("detail", "message"), Text("title", "error"));
            return error.Message is null && error.Error is null ? null : error;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static int? Number(JsonNode? node) => node is JsonValue value && value.TryGetValue(out int number) ? number : null;
}
