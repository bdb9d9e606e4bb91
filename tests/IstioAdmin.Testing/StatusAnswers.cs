using Microsoft.AspNetCore.Http;

namespace IstioAdmin.Testing;

/// <summary>The API server's <c>Status</c> objects, as the fakes answer them.</summary>
internal static class StatusAnswers
{
    /// <summary>Answers that a request failed.</summary>
    public static Task FailAsync(this HttpContext context, int status, string message, string? reason = null) =>
        AnswerAsync(context, status, message, reason ?? status switch { 403 => "Forbidden", 404 => "NotFound", _ => "" }, details: null);

    /// <summary>Answers that a server-side apply met fields of other managers.</summary>
    public static Task ConflictAsync(this HttpContext context, IReadOnlyList<(string Manager, string Field)> conflicts) =>
        AnswerAsync(context, StatusCodes.Status409Conflict, $"Apply failed with {conflicts.Count} conflicts", "Conflict", new
        {
            causes = conflicts.Select(conflict => new { reason = "FieldManagerConflict", message = $"conflict with \"{conflict.Manager}\" using v1", field = conflict.Field.Replace('\u001f', '.') }),
        });

    private static Task AnswerAsync(HttpContext context, int status, string message, string reason, object? details)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(new { kind = "Status", apiVersion = "v1", status = "Failure", reason, message, code = status, details });
    }
}
