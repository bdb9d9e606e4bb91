using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using IstioAdmin.Core;

namespace IstioAdmin.Sandbox.Api.Resources;

/// <summary>What a CustomResourceDefinition, in v1, defines.</summary>
internal sealed partial class CustomDefinition
{
    /// <param name="definition">The definition; what it has is valid.</param>
    public CustomDefinition(JsonObject definition)
    {
        Name = definition.TextAt("metadata.name")!;
        string group = definition.TextAt("spec.group")!;
        JsonNode? names = definition.At("status.acceptedNames") is JsonObject accepted && accepted.TextAt("plural") is not null ? accepted : definition.At("spec.names");
        PreservesAll = definition.FlagAt("spec.preserveUnknownFields") == true;
        HasOwnershipRules = !StructuralSchema.IsBeyondOpenApi2(definition.At("spec.versions"));
        var versions = new List<CustomVersion>();
        foreach (JsonObject version in (definition.At("spec.versions") as JsonArray ?? []).OfType<JsonObject>())
        {
            List<SubresourceType> subresources = [];
            var scale = version.At("subresources.scale") as JsonObject;
            string kind = names.TextAt("kind")!;
            if (version.At("subresources.status") is not null)
                subresources.Add(new SubresourceType("status", kind, ["get", "patch", "update"]));
            if (scale is not null)
                subresources.Add(new SubresourceType("scale", "Scale", ["get", "patch", "update"]) { Group = "autoscaling", Version = "v1" });
            var type = new ResourceType(group, version.TextAt("name")!, names.TextAt("plural")!, kind, definition.TextAt("spec.scope") != "Cluster")
            {
                IsCustom = true,
                Singular = names.TextAt("singular") ?? kind.ToLowerInvariant(),
                ListKind = names.TextAt("listKind") ?? kind + "List",
                ShortNames = names.TextsAt("shortNames"),
                Categories = names.TextsAt("categories"),
                Verbs = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"],
                SubresourceTypes = subresources,
                PrinterColumns = [.. (version["additionalPrinterColumns"] as JsonArray ?? []).OfType<JsonObject>().Select(column =>
                    new PrinterColumn(column.TextAt("name") ?? "", column.TextAt("type") ?? "", column.TextAt("jsonPath") ?? "",
                        column.TextAt("description") ?? "", column.TextAt("format") ?? "", (int)(column.WholeAt("priority") ?? 0)))],
            };
            var custom = new CustomVersion(this, type, version.At("schema.openAPIV3Schema") as JsonObject, scale);
            if (version.FlagAt("storage") == true)
                StorageType = type;
            if (version.FlagAt("served") == true)
                versions.Add(custom);
        }
        Versions = [.. versions.OrderBy(version => Rank(version.Type.Version)).ThenByDescending(version => Numbers(version.Type.Version)).ThenBy(version => version.Type.Version, StringComparer.Ordinal)];
        StorageType ??= Versions[0].Type;
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Whether fields that no schema knows are kept everywhere.</summary>
    public bool PreservesAll { get; }

    /// <summary>
    /// Whether the schemas say who may own what. Kubernetes 1.20 reads them as OpenAPI 2 for that, and falls back to no rules at all where they say more.
    /// </summary>
    public bool HasOwnershipRules { get; }

    /// <summary>The versions that are served; the preferred first.</summary>
    public IReadOnlyList<CustomVersion> Versions { get; }

    /// <summary>The type in the version that is stored.</summary>
    public ResourceType StorageType { get; } = null!;

    // Stable before beta before alpha before what is no Kubernetes version (apimachinery/pkg/version/helpers.go).
    private static int Rank(string version) => Pattern().Match(version) is not { Success: true } match ? 3 : match.Groups[2].Value switch { "" => 0, "beta" => 1, _ => 2 };

    private static (int, int) Numbers(string version) => Pattern().Match(version) is { Success: true } match
        ? (int.Parse(match.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture), match.Groups[3].Length == 0 ? 0 : int.Parse(match.Groups[3].Value, System.Globalization.CultureInfo.InvariantCulture))
        : (0, 0);

    [GeneratedRegex("^v([0-9]{1,8})(?:(alpha|beta)([0-9]{1,8}))?$")]
    private static partial Regex Pattern();
}

/// <summary>A version of what a CustomResourceDefinition defines.</summary>
/// <param name="Definition">The definition.</param>
/// <param name="Type">The type that it makes.</param>
/// <param name="OpenApi">The schema as it was written; null for none.</param>
/// <param name="Scale">The paths of the scale subresource; null for none.</param>
internal sealed record CustomVersion(CustomDefinition Definition, ResourceType Type, JsonObject? OpenApi, JsonObject? Scale)
{
    /// <summary>The shape of the objects, for who owns which field.</summary>
    public Schema Schema { get; } = Definition.HasOwnershipRules ? StructuralSchema.ForOwnership(OpenApi, Definition.PreservesAll) : Schema.Anything;

    /// <summary>Whether fields that the schema does not know go.</summary>
    public bool Prunes => !Definition.PreservesAll && OpenApi is not null;
}
