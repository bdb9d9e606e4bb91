using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Pke.Requests;

/// <summary>What the bodies of all clouds have in common.</summary>
internal static class PkeBody
{
    /// <summary>What all requests of the second form begin with.</summary>
    public static JsonObject Modern(PkeClusterOrder order, string type)
    {
        var kubernetes = new JsonObject { ["version"] = order.KubernetesVersion, ["rbac"] = order.Rbac, ["cri"] = new JsonObject { ["runtime"] = order.Runtime } };
        if (order.Oidc is { } oidc)
            kubernetes["oidc"] = new JsonObject { ["enabled"] = oidc };
        var network = new JsonObject();
        network.PutGiven("serviceCIDR", order.ServiceCidr);
        network.PutGiven("podCIDR", order.PodCidr);
        network.PutGiven("provider", order.NetworkProvider);
        if (network.Count > 0)
            kubernetes["network"] = network;
        var body = new JsonObject { ["name"] = order.Name, ["type"] = type };
        body.PutSecret(order);
        body.PutGiven("sshSecretId", order.SshSecretId);
        body["kubernetes"] = kubernetes;
        return body;
    }

    public static void PutSecret(this JsonObject body, PkeClusterOrder order)
    {
        if (order.SecretId is { } id)
            body["secretId"] = id;
        else
            body.PutGiven("secretName", order.SecretName);
    }

    /// <summary>Puts a value when there is one.</summary>
    public static void PutGiven(this JsonObject body, string name, JsonNode? value)
    {
        if (value is not null)
            body[name] = value.Parent is null ? value : value.DeepClone();
    }

    public static JsonArray? List(IReadOnlyList<string> texts) => texts.Count == 0 ? null : [.. texts.Select(text => (JsonNode)text)];

    public static JsonObject? Map(IReadOnlyDictionary<string, string> texts) =>
        texts.Count == 0 ? null : new JsonObject(texts.Select(entry => KeyValuePair.Create(entry.Key, (JsonNode?)entry.Value)));
}
