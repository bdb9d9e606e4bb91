using System.Text.Json.Nodes;

namespace IstioAdmin.Sandbox.Pipeline.Service;

/// <summary>Creating, reading, changing and deleting clusters.</summary>
internal static class Clusters
{
    public static PipelineAnswer List(PipelineCall call)
    {
        foreach (StoredCluster cluster in call.Organization.Clusters)
            cluster.Asked();
        call.Organization.Clusters.RemoveAll(cluster => cluster.IsGone);
        return new(200, PipelineOperations.ListOf(call.Organization.Clusters.Select(cluster => cluster.Describe(call.State.User))));
    }

    public static PipelineAnswer Get(PipelineCall call)
    {
        StoredCluster cluster = call.Cluster;
        bool young = cluster is { HidesWhileYoung: true, HasConfig: false };
        cluster.Asked();
        call.Organization.Clusters.RemoveAll(gone => gone.IsGone);
        if (cluster.IsGone)
            throw new PipelineRefusal(404, "Cluster not found", "cluster not found");
        return young ? throw Contents.TooYoung() : new(200, cluster.Describe(call.State.User));
    }

    /// <summary>The newer requests say their type; the classic one says its cloud.</summary>
    public static Shape CreationShape(PipelineCall call) => call.Text("type") switch
    {
        "" => ClusterShapes.Classic,
        "pke-on-azure" => ClusterShapes.Azure,
        "pke-on-vsphere" => ClusterShapes.Sphere,
        var other => throw new PipelineRefusal(400, "Invalid request", $"unknown cluster type: {other}"),
    };

    public static PipelineAnswer Create(PipelineCall call)
    {
        StoredOrganization organization = call.Organization;
        organization.Clusters.RemoveAll(cluster => cluster.IsGone);
        JsonObject request = call.Body!;
        string type = call.Text("type");
        string cloud = type switch { "" => call.Text("cloud"), "pke-on-azure" => "azure", _ => "vsphere" };
        if (type == "" && cloud != "amazon")
            throw new PipelineRefusal(400, "Invalid request", $"{cloud} is not supported for PKE");
        RequireSecret(call, organization, cloud);
        if (type == "pke-on-azure" && !call.State.ResourceGroups.Contains(call.Text("resourceGroup")))
            throw new PipelineRefusal(400, "Invalid request", $"resource group {call.Text("resourceGroup")} not found");
        if (organization.Clusters.Exists(cluster => cluster.Name == call.Text("name")))
            return new(201, new JsonObject { ["status_code"] = 201, ["message"] = "cluster already exists with this name" });

        JsonNode? kubernetes = request["kubernetes"] ?? request["properties"]?["pke"]?["kubernetes"];
        StoredCluster created = call.State.NewCluster(new ClusterOrder(call.State.NextId(), call.Text("name"), cloud)
        {
            Location = call.Text("location"),
            Version = (string?)kubernetes?["version"] ?? "",
            Request = (JsonObject)request.DeepClone(),
        });
        created.HasConfig = false;
        PoolInput.Take(created, request["nodepools"] as JsonArray ?? request["properties"]?["pke"]?["nodePools"] as JsonArray ?? []);
        if (created.Masters.Count != 1)
            throw new PipelineRefusal(400, "Invalid request", "exactly one node pool must have the master role");
        created.Create();
        organization.Clusters.Add(created);
        return new(202, new JsonObject { ["name"] = created.Name, ["id"] = created.Id });
    }

    public static Shape UpdateShape(PipelineCall call) => call.Cluster.Cloud switch
    {
        "amazon" => ClusterShapes.ClassicUpdate,
        "azure" => ClusterShapes.AzureUpdate,
        _ => ClusterShapes.SphereUpdate,
    };

    public static PipelineAnswer Update(PipelineCall call)
    {
        StoredCluster cluster = Settled(call);
        JsonObject request = call.Body!;
        if (cluster.Cloud == "amazon" && call.Text("cloud") != "amazon")
            throw new PipelineRefusal(400, "Invalid request", "stored cloud type [amazon] and new cloud type differ");
        cluster.ChangePools(() =>
        {
            if (request["nodepools"] is JsonArray pools)
                PoolInput.Replace(cluster, pools);
            else if (request["properties"]?["pke"]?["nodePools"] is JsonObject named)
                PoolInput.Replace(cluster, named);
        });
        return new(202);
    }

    public static PipelineAnswer Upgrade(PipelineCall call)
    {
        StoredCluster cluster = Settled(call);
        cluster.Version = call.Text("version") is { Length: > 0 } version ? version : cluster.Version;
        cluster.Upgrade();
        return new(202);
    }

    public static PipelineAnswer Delete(PipelineCall call)
    {
        StoredCluster cluster = call.Cluster;
        if (cluster.Status == "ERROR" && cluster.StatusMessage.Contains("deletion", StringComparison.Ordinal) && call.Query.GetValueOrDefault("force") != "true")
            throw new PipelineRefusal(409, "Cluster cannot be deleted", "the last deletion failed");
        cluster.Delete();
        return new(202);
    }

    /// <summary>A cluster that takes changes.</summary>
    internal static StoredCluster Settled(PipelineCall call) => call.Cluster is { Status: "RUNNING" or "WARNING" } cluster
        ? cluster
        : throw new PipelineRefusal(409, "Cluster is not ready", $"cluster is in {call.Cluster.Status} state yet, not in RUNNING or WARNING state, which are needed for updating the cluster");

    private static void RequireSecret(PipelineCall call, StoredOrganization organization, string cloud)
    {
        (string id, string name) = (call.Text("secretId"), call.Text("secretName"));
        if (id == "" && name == "" && call.Body!["secretIds"] is not JsonArray { Count: > 0 })
            throw new PipelineRefusal(400, "Invalid request", "either secretId or secretName has to be set");
        if (call.Body!["secretIds"] is JsonArray { Count: > 0 } several)
            id = (string?)several[0] ?? "";
        StoredSecret secret = organization.Secrets.Find(secret => id == "" ? secret.Name == name : secret.Id == id)
            ?? throw new PipelineRefusal(400, "Invalid request", "secret not found");
        if (secret.Type != cloud)
            throw new PipelineRefusal(400, "Invalid request", $"missmatch secret type {secret.Type} versus {cloud}");
    }
}
