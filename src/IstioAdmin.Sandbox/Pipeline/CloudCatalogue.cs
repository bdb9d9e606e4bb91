using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Pipeline.Service;

namespace IstioAdmin.Sandbox.Pipeline;

/// <summary>
/// What the sandbox knows of clouds: some of their regions and kinds of machines. It is told as the service beside Pipeline tells it
/// (banzaicloud/banzai-cli <c>.gen/cloudinfo/api/openapi.yaml</c>), so that requests are checked against it as they are against the real one.
/// </summary>
internal static class CloudCatalogue
{
    /// <summary>The path below which it answers.</summary>
    public const string Path = "/cloudinfo/api/v1/";

    private static readonly string[] Recent = ["large", "xlarge", "2xlarge", "4xlarge"];

    private static readonly string[] AmazonTypes =
    [
        .. Sizes("t2", ["small", "medium", "large", "xlarge"]), .. Sizes("t3", ["small", "medium", "large", "xlarge"]),
        .. Sizes("m4", Recent), .. Sizes("m5", Recent), .. Sizes("c4", Recent), .. Sizes("c5", Recent), .. Sizes("r4", Recent), .. Sizes("r5", Recent),
    ];

    private static readonly string[] AzureTypes =
    [
        "Standard_B2s", "Standard_B2ms", "Standard_B4ms", "Standard_D2s_v3", "Standard_D4s_v3", "Standard_D8s_v3", "Standard_E2s_v3", "Standard_E4s_v3",
        "Standard_F2s_v2", "Standard_F4s_v2", "Standard_F8s_v2",
    ];

    private static readonly Region[] Regions =
    [
        Amazon("ap-northeast-1", "acd"), Amazon("ap-south-1", "abc"), Amazon("ap-southeast-1", "abc"), Amazon("ap-southeast-2", "abc"), Amazon("ca-central-1", "abd"),
        Amazon("eu-central-1", "abc"), Amazon("eu-west-1", "abc"), Amazon("eu-west-2", "abc"), Amazon("sa-east-1", "abc"),
        Amazon("us-east-1", "abcdef"), Amazon("us-east-2", "abc"), Amazon("us-west-2", "abcd"),
        Azure("eastus"), Azure("eastus2"), Azure("francecentral"), Azure("northeurope"), Azure("southeastasia"), Azure("uksouth"), Azure("westeurope"), Azure("westus2"),
    ];

    /// <summary>Answers a request.</summary>
    /// <param name="path">What follows <see cref="Path"/>.</param>
    public static PipelineReply Answer(string path)
    {
        string[] parts = [.. path.Split('/').Select(Uri.UnescapeDataString)];
        if (parts is not ["providers", var cloud, "services", "compute", "regions", .. var rest])
            return NotFound;
        Region[] known = [.. Regions.Where(region => region.Cloud == cloud)];
        Region? one = rest.Length > 0 ? Array.Find(known, region => region.Name == rest[0]) : null;
        return rest switch
        {
            [] when known.Length > 0 => PipelineReply.Json(200, new JsonArray([.. known.Select(region => new JsonObject { ["id"] = region.Name, ["name"] = region.Name })])),
            [_] when one is not null => PipelineReply.Json(200, new JsonObject { ["id"] = one.Name, ["name"] = one.Name, ["zones"] = List(one.Zones) }),
            [_, "products"] when one is not null => PipelineReply.Json(200, new JsonObject { ["products"] = new JsonArray([.. one.Types.Select(type => new JsonObject { ["type"] = type })]) }),
            _ => NotFound,
        };
    }

    /// <summary>Why a cloud cannot make a cluster's machines; null when it can. vSphere makes any.</summary>
    public static string? Problem(StoredCluster cluster)
    {
        if (Array.TrueForAll(Regions, region => region.Cloud != cluster.Cloud))
            return null;
        if (Array.Find(Regions, region => region.Cloud == cluster.Cloud && region.Name == cluster.Location) is not { } place)
            return $"{cluster.Cloud} has no region '{cluster.Location}' that the sandbox knows";
        foreach ((string name, JsonObject pool) in cluster.Pools)
        {
            if ((string?)pool["instanceType"] is { } type && !place.Types.Contains(type))
                return $"node pool '{name}': {place.Name} has no instance type '{type}' that the sandbox knows";
        }
        return null;
    }

    private static PipelineReply NotFound => PipelineReply.Json(404, new JsonObject { ["status"] = 404, ["title"] = "Not Found" });

    private static IEnumerable<string> Sizes(string family, string[] sizes) => sizes.Select(size => $"{family}.{size}");

    private static Region Amazon(string name, string zones) => new("amazon", name, [.. zones.Select(zone => $"{name}{zone}")], AmazonTypes);

    private static Region Azure(string name) => new("azure", name, ["1", "2", "3"], AzureTypes);

    private static JsonArray List(IEnumerable<string> texts) => [.. texts.Select(text => (JsonNode)text)];

    private sealed record Region(string Cloud, string Name, string[] Zones, string[] Types);
}
