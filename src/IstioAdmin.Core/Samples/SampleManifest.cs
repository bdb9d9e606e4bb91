using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;

namespace IstioAdmin.Core.Samples;

/// <summary>One object of a sample, as it is sent to the server.</summary>
internal sealed record SampleManifest(KubeResource Resource, string Namespace, string Name, JsonObject Manifest)
{
    public static KubeResource Services { get; } = new("", "v1", "services", "Service", true);

    public static KubeResource ServiceAccounts { get; } = new("", "v1", "serviceaccounts", "ServiceAccount", true);

    public static KubeResource Deployments { get; } = new("apps", "v1", "deployments", "Deployment", true);

    /// <summary>Puts an object together; the labels that mark it as the sample's are added to <paramref name="labels"/>.</summary>
    public static SampleManifest Create(string sample, KubeResource resource, string ns, string name, JsonObject labels, params (string Field, JsonNode Value)[] content)
    {
        SampleOwner.Mark(labels, sample);
        var manifest = new JsonObject
        {
            ["apiVersion"] = resource.ApiVersion,
            ["kind"] = resource.Kind,
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = ns, ["labels"] = labels },
        };
        foreach ((string field, JsonNode value) in content)
            manifest[field] = value;
        return new SampleManifest(resource, ns, name, manifest);
    }
}
