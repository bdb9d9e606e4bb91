namespace IstioAdmin.Sandbox.Pipeline.Service;

/// <summary>What a Pipeline installation has in its database and finds in the clouds.</summary>
internal sealed class PipelineState
{
    private int _lastId;

    /// <param name="newCluster">Makes the clusters that are asked for.</param>
    /// <param name="organizations">Names of the organizations, of which there is at least one.</param>
    public PipelineState(Func<ClusterOrder, StoredCluster> newCluster, params string[] organizations)
    {
        NewCluster = newCluster;
        Organizations = [.. organizations.Select(name => new StoredOrganization(NextId(), name))];
    }

    public List<StoredOrganization> Organizations { get; }

    /// <summary>Makes the clusters that are asked for.</summary>
    public Func<ClusterOrder, StoredCluster> NewCluster { get; }

    /// <summary>Who the token is of.</summary>
    public string User { get; init; } = "ada";

    public string Version { get; init; } = "0.80.0";

    /// <summary>What the version was built from.</summary>
    public string Commit { get; init; } = "8c1b4a7";

    /// <summary>Virtual networks of the clouds.</summary>
    public List<StoredNetwork> Networks { get; } =
    [
        new("amazon", "eu-central-1", "vpc-0a1", "main", ["192.168.0.0/16"], [new("subnet-0a1", "public", "eu-central-1a", ["192.168.0.0/24"]), new("subnet-0b1", "private", "eu-central-1b", ["192.168.1.0/24"])]),
        // Azure's networks are known by their names (internal/providers/azure/network.go).
        new("azure", "rg-mesh", "main", "main", ["10.0.0.0/16"], [new("/subscriptions/1/resourceGroups/rg-mesh/providers/Microsoft.Network/virtualNetworks/main/subnets/nodes", "nodes", "westeurope", ["10.0.1.0/24"])]),
    ];

    /// <summary>Azure's resource groups.</summary>
    public List<string> ResourceGroups { get; } = ["rg-mesh", "rg-other"];

    internal int NextId() => ++_lastId;
}

/// <summary>An organization with what belongs to it.</summary>
internal sealed record StoredOrganization(int Id, string Name)
{
    public List<StoredSecret> Secrets { get; } =
    [
        new("5f1c0a9e", "aws-secret", "amazon"), new("61ab77d2", "azure-secret", "azure"), new("7be2f013", "sphere-secret", "vsphere"), new("8c00aa10", "node-key", "ssh"),
    ];

    public List<StoredCluster> Clusters { get; } = [];
}

/// <summary>A secret; its values never leave the server.</summary>
internal sealed record StoredSecret(string Id, string Name, string Type);

/// <summary>A virtual network; on Azure the place is a resource group.</summary>
internal sealed record StoredNetwork(string Cloud, string Place, string Id, string Name, string[] Cidrs, StoredSubnet[] Subnets);

/// <summary>A part of a network.</summary>
internal sealed record StoredSubnet(string Id, string Name, string Location, string[] Cidrs);
