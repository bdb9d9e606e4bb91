using System.Text.Json;

namespace IstioAdmin.Core.Kube.Detection;

/// <summary>What the rows of <see cref="ProviderTable"/> look at.</summary>
/// <param name="Version">The server's version string.</param>
/// <param name="Groups">Its API groups; null when they could not be read.</param>
/// <param name="Nodes">A few of its nodes; none when they could not be listed.</param>
internal sealed record ClusterEvidence(string Version, ApiGroups? Groups, IReadOnlyList<NodeEvidence> Nodes);

/// <summary>What a node tells about its provider.</summary>
/// <param name="Keys">Keys of its labels and annotations.</param>
/// <param name="ProviderId">Its <c>spec.providerID</c>.</param>
internal sealed record NodeEvidence(IReadOnlyList<string> Keys, string? ProviderId)
{
    public static IReadOnlyList<NodeEvidence> Of(IReadOnlyList<JsonElement>? nodes) => [.. (nodes ?? []).Select(Of)];

    private static NodeEvidence Of(JsonElement node) =>
        new([.. Names(node.At("metadata", "labels")), .. Names(node.At("metadata", "annotations"))], node.At("spec", "providerID")?.AsText());

    private static IEnumerable<string> Names(JsonElement? map) =>
        map is { ValueKind: JsonValueKind.Object } found ? found.EnumerateObject().Select(p => p.Name) : [];
}
