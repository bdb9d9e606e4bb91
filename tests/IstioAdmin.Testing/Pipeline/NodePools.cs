using System.Text.Json.Nodes;

namespace IstioAdmin.Testing.Pipeline;

/// <summary>Node pools on their own, and the processes that change them.</summary>
internal static class NodePools
{
    public static PipelineAnswer List(PipelineCall call) => new(200, PipelineOperations.Array(call.Cluster.Pools.Select(pool => new JsonObject
    {
        ["name"] = pool.Key,
        ["size"] = pool.Value["count"]?.DeepClone() ?? 0,
        ["instanceType"] = (string?)pool.Value["instanceType"] ?? "",
        ["labels"] = pool.Value["labels"]?.DeepClone() ?? new JsonObject(),
        ["status"] = "READY",
        ["statusMessage"] = "",
    })));

    public static Shape CreationShape(PipelineCall call) => call.Body!.ContainsKey("nodePools") ? ClusterShapes.Pools : ClusterShapes.Pool;

    public static PipelineAnswer Create(PipelineCall call)
    {
        StoredCluster cluster = Clusters.Settled(call);
        IEnumerable<JsonObject> pools = call.Body!["nodePools"] is JsonObject several ? several.Select(pool => pool.Value!.AsObject()) : [call.Body!];
        foreach (JsonObject pool in pools)
        {
            JsonNode? scaling = pool["autoscaling"];
            var stored = new JsonObject
            {
                ["count"] = pool["size"]!.DeepClone(),
                ["instanceType"] = pool["instanceType"]!.DeepClone(),
                ["autoscaling"] = scaling?["enabled"]?.DeepClone() ?? false,
                ["minCount"] = (scaling?["minSize"] ?? pool["size"])!.DeepClone(),
                ["maxCount"] = (scaling?["maxSize"] ?? pool["size"])!.DeepClone(),
            };
            if (!cluster.Pools.TryAdd((string)pool["name"]!, stored))
                throw new PipelineRefusal(409, "Conflict", "node pool already exists");
        }
        Clusters.Begin(cluster, "Creating node pools");
        return new(202);
    }

    public static PipelineAnswer Delete(PipelineCall call)
    {
        StoredCluster cluster = Clusters.Settled(call);
        Find(call);
        if (cluster.Masters.Contains(call.Path["name"]))
            throw new PipelineRefusal(400, "Invalid request", "master node pool cannot be deleted");
        cluster.Pools.Remove(call.Path["name"]);
        Clusters.Begin(cluster, "Deleting node pool");
        return new(202);
    }

    public static PipelineAnswer Update(PipelineCall call)
    {
        StoredCluster cluster = Clusters.Settled(call);
        JsonObject pool = Find(call);
        pool["count"] = call.Body!["size"]!.DeepClone();
        string id = $"process-{call.State.NextId()}";
        call.Organization.Processes.Add(new JsonObject
        {
            ["id"] = id,
            ["orgId"] = call.Organization.Id,
            ["type"] = "pke-update-node-pool",
            ["resourceId"] = $"{cluster.Id}",
            ["resourceType"] = "cluster",
            ["status"] = "running",
            ["startedAt"] = "2020-12-01T10:00:00Z",
        });
        Clusters.Begin(cluster, "Updating node pool");
        return new(202, new JsonObject { ["processId"] = id });
    }

    public static PipelineAnswer Process(PipelineCall call)
    {
        JsonObject process = call.Organization.Processes.Find(process => (string?)process["id"] == call.Path["process"]) ?? throw new PipelineRefusal(404, "Not found", "process not found");
        bool over = call.Organization.Clusters.TrueForAll(cluster => $"{cluster.Id}" != (string?)process["resourceId"] || cluster.Status != "UPDATING");
        if (over)
            process["status"] = "finished";
        return new(200, process.DeepClone());
    }

    private static JsonObject Find(PipelineCall call) => call.Cluster.Pools.GetValueOrDefault(call.Path["name"]) ?? throw new PipelineRefusal(404, "Not found", "node pool not found");
}
