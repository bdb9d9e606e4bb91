using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Pke.Requests;

/// <summary>
/// The first form of requests, <c>properties.pke</c>. Fields that the API requires and the order leaves open are empty, as banzai's own
/// client has them; Pipeline fills them in.
/// </summary>
/// <remarks>
/// Source: the API description's CreateClusterRequest, CreatePKEProperties, NodePoolsPKE, AmazonAutoScalingGroup and UpdatePKEProperties;
/// <c>size.desired</c>, <c>oidc</c>, <c>cloudProviderConfig</c> and <c>scaleOptions</c> are in banzaicloud/pipeline <c>pkg/cluster/pke/types.go</c> and older clients.
/// </remarks>
internal static class AmazonBody
{
    public static JsonObject Create(PkeClusterOrder order)
    {
        var body = new JsonObject { ["name"] = order.Name, ["location"] = order.Location ?? "", ["cloud"] = "amazon" };
        body.PutSecret(order);
        if (order.SshSecretId is { } ssh)
        {
            // The first form has one list for all of a cluster's secrets, and needs to know the cloud's by its identifier then.
            body["secretIds"] = new JsonArray(order.SecretId ?? "", ssh);
        }
        body.PutGiven("postHooks", order.PostHooks);
        body.PutGiven("scaleOptions", order.ScaleOptions);
        var kubernetes = new JsonObject { ["version"] = order.KubernetesVersion, ["rbac"] = new JsonObject { ["enabled"] = order.Rbac } };
        if (order.Oidc is { } oidc)
            kubernetes["oidc"] = new JsonObject { ["enabled"] = oidc };
        var network = new JsonObject
        {
            ["apiServerAddress"] = "",
            ["serviceCIDR"] = order.ServiceCidr ?? "",
            ["podCIDR"] = order.PodCidr ?? "",
            ["provider"] = order.NetworkProvider ?? "",
        };
        // Where the cluster is made; what a pool says of it Pipeline reads and forgets (src/cluster/manager_common_creator.go).
        if (order.NodePools.Select(pool => pool.VpcId).FirstOrDefault(id => id is not null) is { } vpc)
            network["cloudProviderConfig"] = new JsonObject { ["vpcID"] = vpc };
        body["properties"] = JsonPath.Nest(
            new JsonObject
            {
                ["network"] = network,
                ["nodePools"] = new JsonArray([.. order.NodePools.Select(Pool)]),
                ["kubernetes"] = kubernetes,
                ["cri"] = new JsonObject { ["runtime"] = order.Runtime },
            },
            "pke");
        return body;
    }

    public static JsonObject Update(IReadOnlyList<PkeNodePool> pools)
    {
        var map = new JsonObject();
        foreach (PkeNodePool pool in pools)
        {
            int count = pool.Count ?? pool.MinCount ?? 1;
            var fields = new JsonObject
            {
                ["instanceType"] = pool.InstanceType ?? "",
                ["spotPrice"] = pool.SpotPrice ?? "",
                ["autoscaling"] = pool.Autoscaling,
                ["minCount"] = pool.MinCount ?? count,
                ["maxCount"] = pool.MaxCount ?? count,
                ["count"] = count,
            };
            fields.PutGiven("subnets", PkeBody.List(pool.Subnets));
            fields.PutGiven("labels", PkeBody.Map(pool.Labels));
            map[pool.Name] = fields;
        }
        return new JsonObject { ["cloud"] = "amazon", ["properties"] = JsonPath.Nest(map, "pke", "nodePools") };
    }

    private static JsonObject Pool(PkeNodePool pool)
    {
        var group = new JsonObject
        {
            ["name"] = pool.Name,
            ["image"] = pool.Image ?? "",
            ["zones"] = PkeBody.List(pool.Zones) ?? [],
            ["instanceType"] = pool.InstanceType ?? "",
            ["launchConfigurationName"] = pool.LaunchConfigurationName ?? pool.Name,
            ["vpcID"] = pool.VpcId ?? "",
            ["securityGroupID"] = pool.SecurityGroupId ?? "",
            ["subnets"] = PkeBody.List(pool.Subnets) ?? [],
            ["tags"] = PkeBody.Map(pool.Tags) ?? [],
            ["spotPrice"] = pool.SpotPrice ?? "",
            ["size"] = new JsonObject { ["desired"] = pool.Count ?? pool.MinCount ?? 1, ["min"] = pool.MinCount ?? pool.Count ?? 1, ["max"] = pool.MaxCount ?? pool.Count ?? 1 },
        };
        if (pool.VolumeSize is { } size)
            group["volumeSize"] = size;
        var fields = new JsonObject
        {
            ["name"] = pool.Name,
            ["roles"] = PkeCloud.Named("amazon").Roles(pool),
            ["provider"] = "amazon",
            ["autoscaling"] = pool.Autoscaling,
            ["providerConfig"] = new JsonObject { ["autoScalingGroup"] = group },
        };
        fields.PutGiven("labels", PkeBody.Map(pool.Labels));
        return fields;
    }
}
