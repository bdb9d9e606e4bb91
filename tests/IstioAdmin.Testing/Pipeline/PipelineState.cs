using System.Text.Json.Nodes;

namespace IstioAdmin.Testing.Pipeline;

/// <summary>What a Pipeline installation has in its database and finds in the clouds.</summary>
public sealed class PipelineState
{
    private int _lastId;

    public PipelineState() => Organizations = [new(NextId(), "team"), new(NextId(), "other team")];

    public List<StoredOrganization> Organizations { get; }

    public string Version { get; set; } = "0.80.0";

    /// <summary>Virtual networks of the clouds.</summary>
    public List<StoredNetwork> Networks { get; } =
    [
        new("amazon", "eu-central-1", "vpc-0a1", "main", ["192.168.0.0/16"], [new("subnet-0a1", "public", "eu-central-1a", ["192.168.0.0/24"]), new("subnet-0b1", "private", "eu-central-1b", ["192.168.1.0/24"])]),
        // Azure's networks are known by their names (internal/providers/azure/network.go).
        new("azure", "rg-mesh", "main", "main", ["10.0.0.0/16"], [new("/subscriptions/1/resourceGroups/rg-mesh/providers/Microsoft.Network/virtualNetworks/main/subnets/nodes", "nodes", "westeurope", ["10.0.1.0/24"])]),
    ];

    /// <summary>Azure's resource groups.</summary>
    public List<string> ResourceGroups { get; } = ["rg-mesh", "rg-other"];

    internal int PollsPerStatus { get; set; } = 1;

    internal int NextId() => ++_lastId;

    /// <summary>Gives a cluster what every cluster gets.</summary>
    internal void Adopt(StoredCluster cluster)
    {
        cluster.PollsPerStatus = PollsPerStatus;
        if (cluster.Kubeconfig.Length == 0)
            cluster.Kubeconfig = KubeconfigText.For(cluster.Name);
        for (int i = 1; i <= 2; i++)
            cluster.Nodes.Add(new JsonObject { ["metadata"] = new JsonObject { ["name"] = $"node-{i}" }, ["spec"] = new JsonObject(), ["status"] = new JsonObject() });
        cluster.Pods.Add(new JsonObject { ["name"] = "coredns-7c47dc7bd7-twzpl", ["namespace"] = "kube-system", ["restartPolicy"] = "Always" });
        cluster.Services["ingress"] = new JsonObject { ["status"] = "active", ["spec"] = new JsonObject(), ["output"] = new JsonObject() };
        cluster.Endpoints.Add(new JsonObject { ["name"] = "ingress", ["host"] = "192.0.2.7", ["urls"] = new JsonArray() });
    }
}

/// <summary>An organization with what belongs to it.</summary>
public sealed record StoredOrganization(int Id, string Name)
{
    public List<StoredSecret> Secrets { get; } =
    [
        new("5f1c0a9e", "aws-secret", "amazon"), new("61ab77d2", "azure-secret", "azure"), new("7be2f013", "sphere-secret", "vsphere"), new("8c00aa10", "node-key", "ssh"),
    ];

    public List<StoredCluster> Clusters { get; } = [];
}

/// <summary>A secret; its values never leave the server.</summary>
public sealed record StoredSecret(string Id, string Name, string Type);

/// <summary>A virtual network; on Azure the place is a resource group.</summary>
public sealed record StoredNetwork(string Cloud, string Place, string Id, string Name, string[] Cidrs, StoredSubnet[] Subnets);

/// <summary>A part of a network.</summary>
public sealed record StoredSubnet(string Id, string Name, string Location, string[] Cidrs);
