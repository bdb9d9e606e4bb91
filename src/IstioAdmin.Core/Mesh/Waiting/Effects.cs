using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Yaml;
using IstioAdmin.Core.Workloads;
using k8s;
using k8s.Models;

namespace IstioAdmin.Core.Mesh.Waiting;

/// <summary>The kinds of effects that the dialects compose their lists of.</summary>
internal static class Effects
{
    /// <summary>A Deployment is there, runs an image, and is rolled out.</summary>
    /// <param name="ns">Its namespace.</param>
    /// <param name="name">Its name.</param>
    /// <param name="image">The image that one of its containers must have; null for any.</param>
    public static ExpectedEffect Deployment(string ns, string name, string? image = null) =>
        new(MeshResources.Deployments, ns, name, found => found is null ? "is not there yet" : Image(found, image) ?? RolledOut(Rollout.Of(Typed<V1Deployment>(found))));

    /// <summary>As <see cref="Deployment"/>, with a container whose image has a version as its tag.</summary>
    public static ExpectedEffect DeploymentOfVersion(string ns, string name, string? version) =>
        new(MeshResources.Deployments, ns, name, found => found is null ? "is not there yet"
            : version is not null && !Images(found).Any(image => Kube.Detection.IstioVersion.OfImage(image) == version) ? $"does not run version {version} yet but {string.Join(", ", Images(found))}"
            : RolledOut(Rollout.Of(Typed<V1Deployment>(found))));

    /// <summary>A DaemonSet is there and runs on every node that it is meant for.</summary>
    public static ExpectedEffect DaemonSet(string ns, string name) =>
        new(MeshResources.DaemonSets, ns, name, found => found is null ? "is not there yet" : RolledOut(Rollout.Of(Typed<V1DaemonSet>(found))));

    /// <summary>An object is not there, or on its way out.</summary>
    public static ExpectedEffect Absent(KubeResource resource, string? ns, string name) =>
        new(resource, ns, name, found => found is null || found.At("metadata.deletionTimestamp") is not null ? null : "is still there");

    /// <summary>An object is there and has fields; what it has besides does not matter.</summary>
    /// <param name="resource">Its kind.</param>
    /// <param name="ns">Its namespace.</param>
    /// <param name="name">Its name.</param>
    /// <param name="fields">The fields, by path.</param>
    public static ExpectedEffect Fields(KubeResource resource, string? ns, string name, params (string Path, JsonNode? Value)[] fields) =>
        new(resource, ns, name, found =>
        {
            if (found is null)
                return "is not there yet";
            (string Path, JsonNode? Value) wrong = fields.FirstOrDefault(field => !found.At(field.Path).Has(field.Value));
            return wrong.Path is null ? null : $"has {wrong.Path} {Short(found.At(wrong.Path))}, not {Short(wrong.Value)}";
        });

    /// <summary>A pod disruption budget is there, or is not.</summary>
    public static ExpectedEffect Budget(string ns, string name, bool wanted) =>
        (wanted ? Fields(MeshResources.Budgets, ns, name) : Absent(MeshResources.Budgets, ns, name)) with { OlderResource = MeshResources.OldBudgets };

    /// <summary>A text of a ConfigMap, read as YAML, has fields.</summary>
    public static ExpectedEffect ConfigMapYaml(string ns, string name, string key, params (string Path, JsonNode? Value)[] fields) =>
        new(KubeResource.ConfigMaps, ns, name, found =>
        {
            if (Data(found, key) is not { } text)
                return $"has no {key} yet";
            JsonNode config = KubeYaml.Parse(text, $"{key} of ConfigMap {ns}/{name}") is [var first, ..] ? first : new JsonObject();
            (string Path, JsonNode? Value) wrong = fields.FirstOrDefault(field => !config.At(field.Path).Has(field.Value));
            return wrong.Path is null ? null : $"has {wrong.Path} {Short(config.At(wrong.Path))}, not {Short(wrong.Value)}";
        });

    /// <summary>A text of a ConfigMap is as it should be.</summary>
    /// <param name="ns">The ConfigMap's namespace.</param>
    /// <param name="name">The ConfigMap's name.</param>
    /// <param name="key">Which text.</param>
    /// <param name="missing">Says what is missing in the text; null when nothing is.</param>
    public static ExpectedEffect ConfigMapText(string ns, string name, string key, Func<string, string?> missing) =>
        new(KubeResource.ConfigMaps, ns, name, found => Data(found, key) is { } text ? missing(text) : $"has no {key} yet");

    /// <summary>Exactly the namespaces on a list, as far as they exist, carry the labels by which an operator marks its own.</summary>
    /// <param name="namespaces">The list.</param>
    /// <param name="marker">The label, with value <c>enabled</c>, by which the operator knows its own.</param>
    /// <param name="injection">The label, with value <c>enabled</c>, that must go with it.</param>
    public static IEnumerable<ExpectedEffect> InjectionLabels(IReadOnlyList<string> namespaces, string marker, string injection) =>
    [
        // An operator ignores namespaces that do not exist, and labels them once they do.
        .. namespaces.Select(ns => new ExpectedEffect(KubeResource.Namespaces, null, ns, found =>
            found is null || (Label(found, injection) == "enabled" && Label(found, marker) == "enabled") ? null : $"does not have the label {injection}=enabled yet")),
        new ExpectedEffect(KubeResource.Namespaces, null, null, list =>
        {
            string[] extra = [.. (list?["items"] as JsonArray ?? []).OfType<JsonObject>().Select(ns => ns.TextAt("metadata.name") ?? "").Except(namespaces)];
            return extra.Length == 0 ? null : $"{string.Join(", ", extra)} still have the label {marker}";
        })
        {
            LabelSelector = $"{marker}=enabled",
        },
    ];

    private static string? Data(JsonObject? configMap, string key) =>
        (configMap?["data"] as JsonObject)?[key] is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private static string? Label(JsonObject item, string key) =>
        (item.At("metadata.labels") as JsonObject)?[key] is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private static string? Image(JsonObject workload, string? image) =>
        image is null || Images(workload).Contains(image) ? null : $"does not run {image} yet but {string.Join(", ", Images(workload))}";

    private static IReadOnlyList<string> Images(JsonObject workload) =>
        [.. (workload.At("spec.template.spec.containers") as JsonArray ?? []).OfType<JsonObject>().Select(container => container.TextAt("image")).OfType<string>()];

    private static string? RolledOut(Rollout rollout) =>
        rollout.IsDone ? null : $"is not rolled out: {rollout.Available} of {rollout.Desired} available{(rollout.Obstacle is null ? "" : $"; {rollout.Obstacle}")}";

    private static T Typed<T>(JsonObject item) => KubernetesJson.Deserialize<T>(item.ToJsonString());

    private static string Short(JsonNode? value)
    {
        string text = value?.ToJsonString() ?? "nothing";
        return text.Length > 80 ? text[..80] + "…" : text;
    }
}
