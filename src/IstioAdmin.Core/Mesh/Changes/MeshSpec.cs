using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube.Yaml;
using IstioAdmin.Core.Operators;

namespace IstioAdmin.Core.Mesh.Changes;

/// <summary>What an administrator writes of a mesh in the operator's own words: the contents of <c>spec</c>, or a whole resource.</summary>
/// <param name="Json">As JSON. A field that is null is taken away.</param>
public sealed record MeshSpec(JsonObject Json)
{
    /// <summary>Reads YAML or JSON.</summary>
    /// <param name="text">The text.</param>
    /// <param name="source">What to call it in messages.</param>
    /// <exception cref="MeshException">It cannot be read (<c>YamlInvalid</c>).</exception>
    public static MeshSpec Parse(string text, string source) => new(KubeYaml.ParseMapping(text, source));

    private bool IsResource => Json["kind"] is JsonValue && Json["apiVersion"] is JsonValue;

    /// <summary>The name that a whole resource gives; null when it gives none.</summary>
    public string? Name => IsResource ? Json.TextAt("metadata.name") : null;

    /// <summary>The operator whose resource it is; null for the contents of a spec.</summary>
    internal MeshOperator? Operator => IsResource
        ? MeshOperator.All.FirstOrDefault(known => known.Mesh.Kind == (string?)Json["kind"] && known.Mesh.Group == ((string?)Json["apiVersion"])!.Split('/')[0])
            ?? throw new MeshException("MeshSpecInvalid", FailureKind.InvalidInput, $"-Spec is a {Json["kind"]} of {Json["apiVersion"]}, which describes no mesh.",
                $"Give the contents of spec, or one of {string.Join(", ", MeshOperator.All.Select(known => $"{known.Mesh.Kind} ({known.Mesh.ApiVersion})"))}.")
        : null;

    /// <summary>Merges it on top of a manifest.</summary>
    /// <exception cref="MeshException">It is a resource of another kind than the manifest (<c>MeshSpecInvalid</c>).</exception>
    internal void MergeInto(JsonObject manifest)
    {
        if (!IsResource)
        {
            manifest.Merge(new JsonObject { ["spec"] = Json.DeepClone() });
            return;
        }
        if (Operator is { } meant && meant.Mesh.Kind + meant.Mesh.ApiVersion != $"{manifest["kind"]}{manifest["apiVersion"]}")
        {
            throw new MeshException("MeshSpecInvalid", FailureKind.InvalidInput, $"-Spec is a {Json["kind"]} of {Json["apiVersion"]}; the mesh is a {manifest["kind"]} of {manifest["apiVersion"]}.",
                "Give the contents of spec, or a resource of the mesh's own operator.");
        }
        JsonObject whole = MeshManifest.Clean(Json);
        whole.Remove("apiVersion");
        // Name and namespace are the mesh's own.
        if (whole["metadata"] is JsonObject metadata)
        {
            metadata.Remove("name");
            metadata.Remove("namespace");
        }
        manifest.Merge(whole);
    }
}
