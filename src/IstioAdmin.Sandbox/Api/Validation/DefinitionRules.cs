using System.Text.Json.Nodes;
using IstioAdmin.Core;

namespace IstioAdmin.Sandbox.Api.Validation;

/// <summary>Rules of CustomResourceDefinitions (<c>apiextensions-apiserver/pkg/apis/apiextensions/validation</c>).</summary>
internal static class DefinitionRules
{
    /// <summary>Checks a definition.</summary>
    public static void Check(JsonObject item, List<FieldError> errors)
    {
        JsonObject spec = item["spec"] as JsonObject ?? [];
        string? name = item.TextAt("metadata.name"), group = spec.TextAt("group"), plural = spec.TextAt("names.plural");
        if (name is not null && name != $"{plural}.{group}")
            errors.Add(FieldError.Invalid("metadata.name", name, "must be spec.names.plural+\".\"+spec.group"));
        if (group is null)
            errors.Add(FieldError.Required("spec.group"));
        else if (!group.Contains('.', StringComparison.Ordinal))
            errors.Add(FieldError.Invalid("spec.group", group, "should be a domain with at least one dot"));
        if (spec.TextAt("scope") is not ("Cluster" or "Namespaced"))
            errors.Add(spec.TextAt("scope") is { } scope ? FieldError.NotSupported("spec.scope", scope, "Cluster", "Namespaced") : FieldError.NotSupported("spec.scope", "", "Cluster", "Namespaced"));
        foreach (string field in (string[])["plural", "singular", "kind", "listKind"])
        {
            if (spec.TextAt("names." + field) is not { } given)
            {
                errors.Add(FieldError.Required("spec.names." + field));
            }
            else
            {
                foreach (string problem in NameRules.Label1035(field is "kind" or "listKind" ? given.ToLowerInvariant() : given))
                    errors.Add(FieldError.Invalid("spec.names." + field, given, problem));
            }
        }
        JsonObject[] versions = [.. (spec["versions"] as JsonArray ?? []).OfType<JsonObject>()];
        if (versions.Count(version => version.FlagAt("storage") == true) != 1)
            errors.Add(FieldError.InvalidShown("spec.versions", $"[]apiextensions.CustomResourceDefinitionVersion{(versions.Length == 0 ? "(nil)" : "{...}")}", "must have exactly one version marked as storage version"));
        bool isV1 = item.TextAt("apiVersion")?.EndsWith("/v1", StringComparison.Ordinal) == true;
        for (int at = 0; at < versions.Length; at++)
        {
            if (versions[at].At("schema.openAPIV3Schema") is null)
            {
                if (isV1)
                    errors.Add(FieldError.Required($"spec.versions[{at}].schema.openAPIV3Schema", "schemas are required"));
                continue;
            }
            if (isV1 && versions[at].TextAt("schema.openAPIV3Schema.type") is not "object")
                errors.Add(FieldError.Required($"spec.versions[{at}].schema.openAPIV3Schema.type", "must not be empty at the root"));
            if (isV1)
                Structural(versions[at].At("schema.openAPIV3Schema.properties") as JsonObject, $"spec.versions[{at}].schema.openAPIV3Schema.properties", errors);
        }
    }

    // Every value has a type of its own.
    private static void Structural(JsonObject? properties, string path, List<FieldError> errors)
    {
        foreach ((string name, JsonNode? property) in properties ?? [])
        {
            if (property is JsonObject schema)
                Typed(schema, $"{path}[{name}]", errors);
        }
    }

    private static void Typed(JsonObject schema, string path, List<FieldError> errors)
    {
        bool free = schema.FlagAt("x-kubernetes-int-or-string") == true || schema.FlagAt("x-kubernetes-preserve-unknown-fields") == true;
        if (schema.TextAt("type") is null && !free)
            errors.Add(FieldError.Required(path + ".type", "must not be empty for specified object fields"));
        Structural(schema["properties"] as JsonObject, path + ".properties", errors);
        if (schema["items"] is JsonObject items)
            Typed(items, path + ".items", errors);
        else if (schema.TextAt("type") == "array")
            errors.Add(FieldError.Required(path + ".items", "must be specified"));
        if (schema["additionalProperties"] is JsonObject additional)
            Typed(additional, path + ".additionalProperties", errors);
    }
}
