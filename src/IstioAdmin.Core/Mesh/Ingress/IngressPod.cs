using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube.Listing;

namespace IstioAdmin.Core.Mesh.Ingress;

/// <summary>A pod behind an ingress gateway's Service.</summary>
/// <param name="Resource">The pod.</param>
internal sealed record IngressPod(JsonObject Resource)
{
    public string Namespace => Resource.Metadata("namespace") ?? "";

    public string Name => Resource.Metadata("name") ?? "";

    public string? Node => Resource.TextAt("spec.nodeName");

    public string? NodeAddress => Resource.TextAt("status.hostIP");

    /// <summary>Whether it takes requests: ready, and not about to end.</summary>
    public bool IsReady => Resource.At("metadata.deletionTimestamp") is null
        && Conditions.Any(condition => condition.TextAt("type") == "Ready" && condition.TextAt("status") == "True");

    /// <summary>Why it is not ready, in a word or two.</summary>
    public string Trouble => Resource.At("metadata.deletionTimestamp") is not null ? "is ending"
        : Waiting ?? Conditions.FirstOrDefault(condition => condition.TextAt("type") == "PodScheduled" && condition.TextAt("status") == "False")?.TextAt("message")
        ?? (Resource.TextAt("status.phase") is { } phase and not "Running" ? $"is {phase}" : "is not ready");

    public bool Has(IReadOnlyDictionary<string, string> selector) => LabelSelector.Matches(selector, Resource.At("metadata.labels"));

    /// <summary>The number of a port that is a number already, or the name of one of the containers' ports; null when no container has it.</summary>
    public int? PortOf(string target) => int.TryParse(target, out int number)
        ? number
        : Objects(Resource.At("spec.containers")).SelectMany(container => Objects(container["ports"]))
            .Where(port => port.TextAt("name") == target).Select(port => port.NumberAt("containerPort")).FirstOrDefault();

    private string? Waiting => Objects(Resource.At("status.containerStatuses"))
        .Select(status => status.TextAt("state.waiting.reason")).OfType<string>().FirstOrDefault() is { } reason ? $"waits: {reason}" : null;

    private IEnumerable<JsonObject> Conditions => Objects(Resource.At("status.conditions"));

    private static IEnumerable<JsonObject> Objects(JsonNode? list) => list.Objects();
}
