using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace IstioAdmin.Sandbox.Api;

/// <summary>A field that breaks a rule (<c>apimachinery/pkg/util/validation/field</c>).</summary>
/// <param name="Reason">The cause's reason, such as <c>FieldValueInvalid</c>.</param>
/// <param name="Field">The field's path.</param>
/// <param name="Body">What is wrong with it.</param>
internal sealed record FieldError(string Reason, string Field, string Body)
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A value that is not allowed.</summary>
    public static FieldError Invalid(string field, JsonNode? value, string why) => new("FieldValueInvalid", field, $"Invalid value: {Show(value)}: {why}");

    /// <summary>A value that is not allowed, of a kind of its own that is shown as it is.</summary>
    public static FieldError InvalidShown(string field, string shown, string why) => new("FieldValueInvalid", field, $"Invalid value: {shown}: {why}");

    /// <summary>A value that must be there.</summary>
    public static FieldError Required(string field, string why = "") => new("FieldValueRequired", field, why.Length == 0 ? "Required value" : $"Required value: {why}");

    /// <summary>A value that is none of the known ones.</summary>
    public static FieldError NotSupported(string field, JsonNode? value, params string[] supported) =>
        new("FieldValueNotSupported", field, $"Unsupported value: {Show(value)}" + (supported.Length == 0 ? "" : $": supported values: {string.Join(", ", supported.Select(Quote))}"));

    /// <summary>A value that is there twice.</summary>
    public static FieldError Duplicate(string field, JsonNode? value) => new("FieldValueDuplicate", field, $"Duplicate value: {Show(value)}");

    /// <summary>A field that may not be set or changed.</summary>
    public static FieldError Forbidden(string field, string why) => new("FieldValueForbidden", field, $"Forbidden: {why}");

    /// <summary>A value that something else does not know.</summary>
    public static FieldError NotFound(string field, JsonNode? value) => new("FieldValueNotFound", field, $"Not found: {Show(value)}");

    /// <summary>The cause of a <c>Status</c>.</summary>
    public JsonObject Cause() => new() { ["reason"] = Reason, ["message"] = Body, ["field"] = Field };

    /// <inheritdoc/>
    public override string ToString() => $"{Field}: {Body}";

    /// <summary>A text in quotes, as Go's <c>%q</c> writes it.</summary>
    public static string Quote(string text) => JsonSerializer.Serialize(text, Plain);

    private static string Show(JsonNode? value) => value switch
    {
        null => "\"null\"",
        JsonValue scalar when scalar.TryGetValue(out string? text) => Quote(text),
        { } when value.Whole() is { } whole => whole.ToString(CultureInfo.InvariantCulture),
        _ => value.ToJsonString(Plain),
    };
}
