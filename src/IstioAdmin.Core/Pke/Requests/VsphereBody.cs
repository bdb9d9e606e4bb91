using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Pke.Requests;

/// <summary>Requests for clusters on vSphere.</summary>
/// <remarks>
/// Source: the API description's CreatePKEOnVsphereClusterRequest, PKEOnVsphereNodePool and UpdatePKEOnVsphereClusterRequest. The description
/// requires a <c>resourceGroup</c> that it does not define; neither banzai's client nor the server knows one for vSphere.
/// </remarks>
internal static class VsphereBody
{
    public static JsonObject Create(PkeClusterOrder order)
    {
        JsonObject body = PkeBody.Modern(order, "pke-on-vsphere");
        body.PutGiven("storageSecretName", order.StorageSecretName);
        body.PutGiven("folder", order.Folder);
        body.PutGiven("datastore", order.Datastore);
        body.PutGiven("resourcePool", order.ResourcePool);
        body.PutGiven("loadBalancerIPRange", order.LoadBalancerIPRange);
        body["nodepools"] = Pools(order.NodePools);
        return body;
    }

    public static JsonObject Update(IReadOnlyList<PkeNodePool> pools) => new() { ["nodepools"] = Pools(pools) };

    private static JsonArray Pools(IReadOnlyList<PkeNodePool> pools) => [.. pools.Select(Pool)];

    private static JsonObject Pool(PkeNodePool pool)
    {
        var fields = new JsonObject
        {
            ["name"] = pool.Name,
            ["roles"] = PkeCloud.Named("vsphere").Roles(pool),
            ["size"] = pool.Count ?? pool.MinCount ?? 1,
            ["vcpu"] = pool.Vcpu ?? 0,
            ["ram"] = pool.Ram ?? 0,
        };
        fields.PutGiven("labels", PkeBody.Map(pool.Labels));
        fields.PutGiven("template", pool.Image);
        fields.PutGiven("adminUsername", pool.AdminUsername);
        return fields;
    }
}
