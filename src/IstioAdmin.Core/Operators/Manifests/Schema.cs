using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Operators.Manifests;

/// <summary>
/// The words of which the schemas of custom resources are made. Objects keep what their schema does not mention: it describes the fields that
/// this module sets, and the operators have many more.
/// </summary>
internal static class Schema
{
    /// <summary>
    /// A string, the empty one and null among them: in Go's eyes both are "not given". API servers of Kubernetes 1.20 that were built with a newer
    /// Go than its own take the empty string for null, and refuse it where null is not allowed.
    /// </summary>
    public static JsonObject Text() => Type("string").OrNull();

    public static JsonObject Text(string pattern) => new() { ["type"] = "string", ["pattern"] = pattern };

    public static JsonObject OneOf(params ReadOnlySpan<string> values)
    {
        var choices = new JsonArray();
        foreach (string value in values)
            choices.Add(value);
        return new JsonObject { ["type"] = "string", ["enum"] = choices };
    }

    public static JsonObject Flag() => Type("boolean");

    /// <summary>A whole number that is not negative.</summary>
    public static JsonObject Count() => new() { ["type"] = "integer", ["format"] = "int32", ["minimum"] = 0 };

    public static JsonObject Number() => Type("number");

    public static JsonObject List(JsonObject items) => new() { ["type"] = "array", ["items"] = items };

    public static JsonObject Texts() => List(Text());

    public static JsonObject TextMap() => new() { ["type"] = "object", ["additionalProperties"] = Text() };

    /// <summary>An object of any content.</summary>
    public static JsonObject Any() => new() { ["type"] = "object", ["x-kubernetes-preserve-unknown-fields"] = true };

    /// <summary>An object with these fields and any others.</summary>
    public static JsonObject Object(params ReadOnlySpan<(string Name, JsonObject Schema)> fields)
    {
        var properties = new JsonObject();
        foreach ((string name, JsonObject schema) in fields)
            properties[name] = schema;
        return new JsonObject { ["type"] = "object", ["properties"] = properties, ["x-kubernetes-preserve-unknown-fields"] = true };
    }

    /// <summary>The object schema, with fields that must be there.</summary>
    public static JsonObject Requires(this JsonObject schema, params ReadOnlySpan<string> fields)
    {
        var required = new JsonArray();
        foreach (string field in fields)
            required.Add(field);
        schema["required"] = required;
        return schema;
    }

    /// <summary>The schema, with null as one more value.</summary>
    public static JsonObject OrNull(this JsonObject schema)
    {
        schema["nullable"] = true;
        return schema;
    }

    private static JsonObject Type(string name) => new() { ["type"] = name };
}
