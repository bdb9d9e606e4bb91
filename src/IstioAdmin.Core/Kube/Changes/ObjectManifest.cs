using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Kube.Changes;

/// <summary>One object as it is sent to the server.</summary>
/// <param name="Resource">Its kind.</param>
/// <param name="Namespace">Its namespace; null for cluster scope.</param>
/// <param name="Name">Its name.</param>
/// <param name="Manifest">All of it.</param>
internal sealed record ObjectManifest(KubeResource Resource, string? Namespace, string Name, JsonObject Manifest)
{
    /// <summary>Puts an object together.</summary>
    /// <param name="resource">Its kind.</param>
    /// <param name="ns">Its namespace; null for cluster scope.</param>
    /// <param name="name">Its name.</param>
    /// <param name="labels">Its labels; not copied.</param>
    /// <param name="content">The fields beside its metadata, in the order in which people expect them.</param>
    public static ObjectManifest Create(KubeResource resource, string? ns, string name, JsonObject labels, params (string Field, JsonNode Value)[] content)
    {
        var metadata = new JsonObject { ["name"] = name };
        if (ns is not null)
            metadata["namespace"] = ns;
        metadata["labels"] = labels;
        var manifest = new JsonObject { ["apiVersion"] = resource.ApiVersion, ["kind"] = resource.Kind, ["metadata"] = metadata };
        foreach ((string field, JsonNode value) in content)
            manifest[field] = value;
        return new ObjectManifest(resource, ns, name, manifest);
    }

    /// <summary>The object in words: <c>Deployment default/reviews-v1</c>.</summary>
    public override string ToString() => $"{Resource.Kind} {(Namespace is null ? "" : $"{Namespace}/")}{Name}";
}
