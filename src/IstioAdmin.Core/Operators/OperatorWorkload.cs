using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube.Changes;
using IstioAdmin.Core.Kube.Listing;
using IstioAdmin.Core.Workloads;

namespace IstioAdmin.Core.Operators;

/// <summary>A Deployment or StatefulSet that may be an operator.</summary>
/// <param name="Object">The whole object.</param>
internal sealed record OperatorWorkload(JsonObject Object)
{
    private const string ReleaseName = "meta.helm.sh/release-name";

    public string Kind => (string?)Object["kind"] ?? "";

    public string Namespace => Object.Metadata("namespace") ?? "";

    public string Name => Object.Metadata("name") ?? "";

    public WorkloadReference Reference => new(Namespace, Kind, Name);

    /// <summary>The image of the container that is the operator: the one of these that has none of the well-known helpers' names.</summary>
    public string Image => Images.FirstOrDefault(image => !Repository(image).EndsWith("kube-rbac-proxy", StringComparison.Ordinal)) ?? "";

    /// <summary>Last part of the image's path: <c>istio-operator</c>.</summary>
    public string ImageName => Repository(Image)[(Repository(Image).LastIndexOf('/') + 1)..];

    /// <summary>The image's tag; null when it has none.</summary>
    public string? ImageTag
    {
        get
        {
            string reference = Image.Split('@')[0];
            return reference.Length > Repository(Image).Length ? reference[(Repository(Image).Length + 1)..] : null;
        }
    }

    /// <summary>Name of the Helm release that it belongs to; null when it belongs to none.</summary>
    public string? Release => Text(Object["metadata"]?["annotations"]?[ReleaseName]);

    /// <summary>Whether the Operator Lifecycle Manager installed it.</summary>
    public bool IsManagedByOlm => Label("olm.owner") is not null || Label("operators.coreos.com/operator") is not null;

    /// <summary>Name of its pods' service account.</summary>
    public string? ServiceAccount => Text(Object["spec"]?["template"]?["spec"]?["serviceAccountName"]);

    public string? Label(string name) => Text(Object["metadata"]?["labels"]?[name]);

    /// <summary>Who installed it, for people.</summary>
    public string InstalledBy(string partOf) =>
        ObjectOwner.Owns(partOf, Object) ? "IstioAdmin"
        : Release is { } release ? $"Helm release {release}"
        : IsManagedByOlm ? "Operator Lifecycle Manager"
        : ObjectOwner.OtherManagers(Object);

    private IEnumerable<string> Images =>
        (Object["spec"]?["template"]?["spec"]?["containers"] as JsonArray ?? []).Select(container => Text(container?["image"])).OfType<string>();

    private static string Repository(string image)
    {
        string reference = image.Split('@')[0];
        int colon = reference.LastIndexOf(':');
        return colon > reference.LastIndexOf('/') ? reference[..colon] : reference;
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
