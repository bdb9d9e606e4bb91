using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Pke.Requests;

/// <summary>Requests for clusters in Azure.</summary>
/// <remarks>Source: the API description's CreatePKEOnAzureClusterRequest, PKEOnAzureNodePool and UpdatePKEOnAzureClusterRequest.</remarks>
internal static class AzureBody
{
    public static JsonObject Create(PkeClusterOrder order)
    {
        JsonObject body = PkeBody.Modern(order, "pke-on-azure");
        body.PutGiven("location", order.Location);
        body["resourceGroup"] = order.ResourceGroup ?? "";
        var network = new JsonObject();
        network.PutGiven("name", order.NetworkName);
        network.PutGiven("cidr", order.NetworkCidr);
        if (network.Count > 0)
            body["network"] = network;
        body.PutGiven("accessPoints", PkeBody.List(order.AccessPoints));
        body.PutGiven("apiServerAccessPoints", PkeBody.List(order.ApiServerAccessPoints));
        body["nodepools"] = Pools(order.NodePools);
        return body;
    }

    public static JsonObject Update(IReadOnlyList<PkeNodePool> pools) => new() { ["nodepools"] = Pools(pools) };

    private static JsonArray Pools(IReadOnlyList<PkeNodePool> pools) => [.. pools.Select(Pool)];

    private static JsonObject Pool(PkeNodePool pool)
    {
        int count = pool.Count ?? pool.MinCount ?? 1;
        var fields = new JsonObject
        {
            ["name"] = pool.Name,
            ["roles"] = PkeCloud.Named("azure").Roles(pool),
            ["autoscaling"] = pool.Autoscaling,
            ["minCount"] = pool.MinCount ?? count,
            ["maxCount"] = pool.MaxCount ?? count,
            ["count"] = count,
            ["instanceType"] = pool.InstanceType ?? "",
        };
        fields.PutGiven("labels", PkeBody.Map(pool.Labels));
        fields.PutGiven("zones", PkeBody.List(pool.Zones));
        var subnet = new JsonObject();
        subnet.PutGiven("name", pool.Subnets is [var name, ..] ? name : null);
        subnet.PutGiven("cidr", pool.SubnetCidr);
        if (subnet.Count > 0)
            fields["subnet"] = subnet;
        return fields;
    }
}
