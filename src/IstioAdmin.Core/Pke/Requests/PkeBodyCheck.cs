using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Pke.Requests;

/// <summary>What is known to be wrong with a body that somebody wrote; what is not known is left to Pipeline to judge.</summary>
internal static class PkeBodyCheck
{
    // The fields that the API description has, of each form.
    private static readonly string[] Classic = ["name", "location", "cloud", "secretId", "secretIds", "secretName", "postHooks", "properties", "scaleOptions", "profileName", "tags"];

    private static readonly string[] Modern =
    [
        "name", "type", "secretId", "secretName", "sshSecretId", "kubernetes", "proxy", "location", "resourceGroup", "network", "accessPoints", "apiServerAccessPoints",
        "nodepools", "storageSecretId", "storageSecretName", "folder", "datastore", "resourcePool", "loadBalancerIPRange",
    ];

    /// <exception cref="MeshException">Something is wrong (<c>PkeRequestInvalid</c>); the message names every reason.</exception>
    public static void Check(JsonObject body)
    {
        var problems = new Problems();
        string? name = body.TextAt("name");
        if (name is null)
            problems.Add("it has no 'name'; put one in, or give -Name");
        else if (PkeNames.WrongCluster(name) is { } wrong)
            problems.Add(wrong);
        problems.AddIf(body.TextAt("secretId") is null && body.TextAt("secretName") is null && body["secretIds"] is not JsonArray { Count: > 0 },
            "it names no secret ('secretName' or 'secretId')");
        bool modern = body["type"] is not null;
        if (PkeCloud.Of(body) is null)
        {
            problems.Add(modern
                ? $"its 'type' is '{body["type"]}'; known are {string.Join(" and ", PkeCloud.All.Select(cloud => cloud.Type).OfType<string>())}"
                : body["cloud"] is null ? "it has neither 'cloud' nor 'type'" : $"its 'cloud' is '{body["cloud"]}' without a 'type'; amazon has this form alone");
        }
        foreach ((string field, _) in body.Where(field => !(modern ? Modern : Classic).Contains(field.Key)))
            problems.Add($"'{field}' is no field of such a request");
        if (modern)
        {
            problems.AddIf(body["kubernetes"].TextAt("version") is null, "it has no 'kubernetes.version'");
            problems.AddIf(body.TextAt("type") == "pke-on-azure" && body.TextAt("resourceGroup") is null, "it has no 'resourceGroup'");
        }
        else
        {
            problems.AddIf(body.TextAt("location") is null, "it has no 'location'");
            problems.AddIf(body.At("properties.pke") is not JsonObject, "it has no 'properties.pke'");
        }
        CheckPools(body, problems);
        problems.ThrowIfAny(name is null ? "The cluster of -Request" : $"Cluster '{name}'", name);
    }

    private static void CheckPools(JsonObject body, Problems problems)
    {
        JsonNode? pke = body.At("properties.pke");
        if ((pke.At("nodePools") ?? pke.At("nodepools") ?? body["nodepools"]) is not JsonArray list)
        {
            problems.Add("it has no list of node pools");
            return;
        }
        foreach (IGrouping<string, JsonNode?> same in list.GroupBy(pool => pool.TextAt("name") ?? "").Where(group => group.Count() > 1 || group.Key.Length == 0))
            problems.Add(same.Key.Length == 0 ? "a node pool has no name" : $"{same.Count()} node pools are named '{same.Key}'");
        int masters = list.Count(pool => pool.TextsAt("roles").Contains("master"));
        problems.AddIf(masters != 1, $"{masters} node pools have the role master; exactly one must");
    }
}
