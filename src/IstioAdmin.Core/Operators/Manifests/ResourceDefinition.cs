using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Changes;

namespace IstioAdmin.Core.Operators.Manifests;

/// <summary>A custom resource that an operator brings: what becomes its CustomResourceDefinition.</summary>
/// <param name="Resource">Where it is kept.</param>
/// <param name="Spec">The schema of its spec.</param>
/// <param name="Status">The schema of its status, which is a subresource.</param>
/// <param name="Columns">What <c>kubectl get</c> shows.</param>
/// <param name="ShortNames">What it is also called.</param>
internal sealed record ResourceDefinition(
    KubeResource Resource, JsonObject Spec, JsonObject Status, IReadOnlyList<ResourceColumn> Columns, params IReadOnlyList<string> ShortNames)
{
    /// <summary>Where API servers before Kubernetes 1.16 keep definitions; 1.22 and newer no longer have it.</summary>
    public static KubeResource Beta { get; } = KubeResource.CustomResourceDefinitions with { Version = "v1beta1" };

    /// <summary>Name of the definition.</summary>
    public string Name => Resource.FullName;

    /// <summary>Chooses the version of CustomResourceDefinition that a server serves; the newer where it serves both.</summary>
    /// <exception cref="MeshException">The server could not be asked.</exception>
    public static Task<KubeResource> ServedAsync(KubeClient client, CancellationToken cancel) => client.ServedAsync(KubeResource.CustomResourceDefinitions, cancel);

    /// <summary>The CustomResourceDefinition.</summary>
    /// <param name="served">One of the two versions that <see cref="ServedAsync"/> chooses between.</param>
    /// <param name="labels">Its labels.</param>
    public ObjectManifest Manifest(KubeResource served, JsonObject labels)
    {
        bool beta = served.Version == Beta.Version;
        var spec = new JsonObject
        {
            ["group"] = Resource.Group,
            ["scope"] = Resource.Namespaced ? "Namespaced" : "Cluster",
            ["names"] = Names(),
        };
        if (beta)
        {
            spec["version"] = Resource.Version;
            spec["subresources"] = Subresources();
            spec["validation"] = new JsonObject { ["openAPIV3Schema"] = WithoutExtensions(Whole()) };
            spec["additionalPrinterColumns"] = PrinterColumns("JSONPath");
        }
        var version = new JsonObject { ["name"] = Resource.Version, ["served"] = true, ["storage"] = true };
        if (!beta)
        {
            version["schema"] = new JsonObject { ["openAPIV3Schema"] = Whole() };
            version["subresources"] = Subresources();
            version["additionalPrinterColumns"] = PrinterColumns("jsonPath");
        }
        spec["versions"] = new JsonArray(version);
        return ObjectManifest.Create(served, null, Name, labels, ("spec", spec));
    }

    private static JsonObject Subresources() => new() { ["status"] = new JsonObject() };

    private JsonObject Names()
    {
        var names = new JsonObject
        {
            ["kind"] = Resource.Kind,
            ["listKind"] = $"{Resource.Kind}List",
            ["plural"] = Resource.Plural,
            ["singular"] = Resource.Kind.ToLowerInvariant(),
        };
        if (ShortNames.Count > 0)
            names["shortNames"] = new JsonArray([.. ShortNames.Select(name => (JsonNode)name)]);
        return names;
    }

    private JsonObject Whole() => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject
        {
            ["apiVersion"] = Schema.Text(),
            ["kind"] = Schema.Text(),
            ["metadata"] = new JsonObject { ["type"] = "object" },
            ["spec"] = Spec.DeepClone(),
            ["status"] = Status.DeepClone(),
        },
    };

    private JsonArray PrinterColumns(string pathField) => new([.. Columns.Select(column =>
        (JsonNode)new JsonObject { ["name"] = column.Name, ["type"] = column.Type, [pathField] = column.Path })]);

    // Before 1.15 nothing is pruned and there are no defaults; the words for both are unknown there.
    private static JsonNode WithoutExtensions(JsonNode node)
    {
        if (node is JsonObject schema)
        {
            foreach (string extension in (string[])["x-kubernetes-preserve-unknown-fields", "default"])
            {
                // A field may be called default: only what is no schema is the default itself.
                if (schema[extension] is not JsonObject)
                    schema.Remove(extension);
            }
            foreach (JsonNode child in schema.Select(member => member.Value).OfType<JsonNode>())
                WithoutExtensions(child);
        }
        return node;
    }
}
