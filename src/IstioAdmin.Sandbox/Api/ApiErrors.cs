using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Api.Storage;

namespace IstioAdmin.Sandbox.Api;

/// <summary>The API server's refusals in its own words (<c>apimachinery/pkg/api/errors</c>).</summary>
internal static class ApiErrors
{
    /// <summary>There is no object of that name.</summary>
    public static ApiException NotFound(TypeKey type, string name) =>
        new(404, "NotFound", $"{type} \"{name}\" not found", Details(name, type.Group, type.Plural));

    /// <summary>The path leads nowhere.</summary>
    public static ApiException NoSuchPath() => new(404, "NotFound", "the server could not find the requested resource", new JsonObject());

    /// <summary>There is an object of that name.</summary>
    public static ApiException AlreadyExists(TypeKey type, string name) =>
        new(409, "AlreadyExists", $"{type} \"{name}\" already exists", Details(name, type.Group, type.Plural));

    /// <summary>The change does not fit the object as it is.</summary>
    public static ApiException Conflict(TypeKey type, string name, string why) =>
        new(409, "Conflict", $"Operation cannot be fulfilled on {type} \"{name}\": {why}", Details(name, type.Group, type.Plural));

    /// <summary>The object changed meanwhile.</summary>
    public static ApiException Modified(TypeKey type, string name) =>
        Conflict(type, name, "the object has been modified; please apply your changes to the latest version and try again");

    /// <summary>The request makes no sense.</summary>
    public static ApiException BadRequest(string message) => new(400, "BadRequest", message);

    /// <summary>Refused by admission.</summary>
    public static ApiException Forbidden(TypeKey type, string? name, string why) =>
        new(403, "Forbidden", name is null ? $"{type} is forbidden: {why}" : $"{type} \"{name}\" is forbidden: {why}", Details(name, type.Group, type.Plural));

    /// <summary>The object breaks rules.</summary>
    public static ApiException Invalid(string group, string kind, string name, IReadOnlyList<FieldError> errors)
    {
        string[] texts = [.. errors.Select(error => error.ToString()).Distinct()];
        string joined = texts.Length == 1 ? texts[0] : $"[{string.Join(", ", texts)}]";
        string qualified = group.Length == 0 ? kind : $"{kind}.{group}";
        JsonObject details = Details(name, group, kind);
        details["causes"] = new JsonArray([.. errors.Select(error => error.Cause())]);
        return new ApiException(422, "Invalid", $"{qualified} \"{name}\" is invalid: {joined}", details);
    }

    /// <summary>The version that was asked for has been forgotten.</summary>
    public static ApiException Expired(string message) => new(410, "Expired", message);

    /// <summary>The content cannot be read.</summary>
    public static ApiException UnsupportedMediaType(string message) => new(415, "UnsupportedMediaType", message);

    /// <summary>The resource does not do that.</summary>
    public static ApiException MethodNotSupported(TypeKey type, string verb) =>
        new(405, "MethodNotAllowed", $"{verb} is not supported on resources of kind \"{type}\"", Details(null, type.Group, type.Plural));

    /// <summary>The method cannot be used on the path.</summary>
    public static ApiException MethodNotAllowed() =>
        new(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", new JsonObject());

    /// <summary>It failed for a reason of its own.</summary>
    public static ApiException Internal(string what) => new(500, "InternalError", $"Internal error occurred: {what}", new JsonObject
    {
        ["causes"] = new JsonArray(new JsonObject { ["message"] = what }),
    });

    private static JsonObject Details(string? name, string group, string kind)
    {
        var details = new JsonObject();
        if (!string.IsNullOrEmpty(name))
            details["name"] = name;
        if (group.Length > 0)
            details["group"] = group;
        details["kind"] = kind;
        return details;
    }
}
