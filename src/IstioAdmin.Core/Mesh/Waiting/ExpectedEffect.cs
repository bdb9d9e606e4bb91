using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;

namespace IstioAdmin.Core.Mesh.Waiting;

/// <summary>
/// Something that must be so once an operator has done what a mesh's resource wants. Operators' statuses run behind, or say nothing; the
/// objects that they make do not lie.
/// </summary>
/// <param name="Resource">The kind of object that shows it.</param>
/// <param name="Namespace">The object's namespace; null for cluster scope.</param>
/// <param name="Name">The object's name; null to look at a list of them.</param>
/// <param name="Missing">
/// Says, from the object (null when there is none; with <c>items</c> for a list), what is missing; null when nothing is.
/// </param>
internal sealed record ExpectedEffect(KubeResource Resource, string? Namespace, string? Name, Func<JsonObject?, string?> Missing)
{
    /// <summary>The kind where <see cref="Resource"/> is not served.</summary>
    public KubeResource? OlderResource { get; init; }

    /// <summary>Which objects are listed.</summary>
    public string? LabelSelector { get; init; }

    /// <summary>The object in words.</summary>
    public string Target => Name is null ? $"{Resource.Kind}s" : Namespace is null ? $"{Resource.Kind} {Name}" : $"{Resource.Kind} {Namespace}/{Name}";
}
