using System.Globalization;
using System.Text.Json.Nodes;

namespace IstioAdmin.Sandbox.Pipeline.Service;

/// <summary>What is asked for when a cluster is created.</summary>
/// <param name="Id">The number by which the service knows it.</param>
/// <param name="Name">Name, unique in the organization.</param>
/// <param name="Cloud">The cloud: <c>amazon</c>, <c>azure</c>, <c>vsphere</c>.</param>
/// <param name="Distribution">What kind of Kubernetes it is: <c>pke</c>.</param>
internal sealed record ClusterOrder(int Id, string Name, string Cloud, string Distribution = "pke")
{
    public string Location { get; init; } = "";

    public string Version { get; init; } = "";

    /// <summary>The request; null for a cluster that nobody asked for.</summary>
    public JsonObject? Request { get; init; }
}

/// <summary>
/// A cluster as Pipeline knows it. What becomes of it is up to those who derive from it: the service calls their methods while it answers, and they may not wait.
/// </summary>
internal abstract class StoredCluster(ClusterOrder order)
{
    public int Id => order.Id;

    public string Name => order.Name;

    public string Cloud => order.Cloud;

    public string Distribution => order.Distribution;

    public string Location => order.Location;

    /// <summary>The request that created it.</summary>
    public JsonObject? Request => order.Request;

    public string Version { get; set; } = order.Version;

    public string Status { get; private set; } = "RUNNING";

    public string StatusMessage { get; private set; } = "Cluster is running";

    /// <summary>When it was asked for.</summary>
    public string CreatedAt { get; init; } = "2019-03-26T09:30:00+01:00";

    /// <summary>When it came up; null when it has not.</summary>
    public string? StartedAt { get; set; }

    /// <summary>Whether the cluster has the secret with its kubeconfig. It comes with the first node, while the rest is still being created.</summary>
    public bool HasConfig { get; set; } = true;

    /// <summary>Whether asking for a cluster without that secret is a conflict already, as it is with some versions of the service.</summary>
    public bool HidesWhileYoung { get; set; }

    /// <summary>Whether the cluster is gone from the database.</summary>
    public bool IsGone { get; protected set; }

    /// <summary>The kubeconfig.</summary>
    public string Kubeconfig { get; set; } = "";

    /// <summary>The kubeconfig with a login by OIDC; null where the cluster has none.</summary>
    public string? OidcKubeconfig { get; set; }

    /// <summary>Node pools by name, as the service reports them.</summary>
    public Dictionary<string, JsonObject> Pools { get; private set; } = [];

    /// <summary>Pools with the role of a master.</summary>
    public HashSet<string> Masters { get; private set; } = [];

    /// <summary>Availability zones of pools, where they were given.</summary>
    public Dictionary<string, string[]> Zones { get; private set; } = [];

    /// <summary>Post hooks that were asked for, in order.</summary>
    public List<string> PostHooks { get; } = [];

    /// <summary>What the service runs in it, by name.</summary>
    public JsonObject Services { get; } = [];

    /// <summary>Begins to create it.</summary>
    /// <exception cref="PipelineRefusal">It cannot be made.</exception>
    public abstract void Create();

    /// <summary>Begins to give it the pools that it has now.</summary>
    /// <exception cref="PipelineRefusal">It cannot have them.</exception>
    public abstract void Resize();

    /// <summary>Begins to bring it to the version that it has now.</summary>
    public abstract void Upgrade();

    /// <summary>Runs hooks; what is noted of them is noted already.</summary>
    public virtual void RunPostHooks(IReadOnlyList<string> names)
    {
    }

    /// <summary>Begins to delete it.</summary>
    public abstract void Delete();

    /// <summary>Somebody asked for its status.</summary>
    public virtual void Asked()
    {
    }

    /// <summary>Its nodes, as Kubernetes has them: metadata, spec and status.</summary>
    public abstract Task<JsonNode> NodesAsync(CancellationToken cancel);

    /// <summary>Its pods, in the service's form.</summary>
    public abstract Task<JsonNode> PodsAsync(CancellationToken cancel);

    /// <summary>The public addresses of its services, in the service's form.</summary>
    public abstract Task<JsonNode> EndpointsAsync(CancellationToken cancel);

    /// <summary>Ends what it is doing in this status, with this message.</summary>
    public virtual void Become(string status, string message) => (Status, StatusMessage) = (status, message);

    /// <summary>Changes its pools and begins to resize it; when either is refused, they are as they were.</summary>
    public void ChangePools(Action change)
    {
        (Dictionary<string, JsonObject> pools, HashSet<string> masters, Dictionary<string, string[]> zones) = (Pools, Masters, Zones);
        Pools = pools.ToDictionary(pool => pool.Key, pool => (JsonObject)pool.Value.DeepClone());
        Masters = [.. masters];
        Zones = new(zones);
        try
        {
            change();
            Resize();
        }
        catch
        {
            (Pools, Masters, Zones) = (pools, masters, zones);
            throw;
        }
    }

    /// <summary>Processors and memory of the whole cluster; null when they are not known.</summary>
    protected abstract JsonObject? Total { get; }

    internal JsonObject Describe(string creator) => new()
    {
        ["status"] = Status,
        ["statusMessage"] = StatusMessage,
        ["name"] = Name,
        ["cloud"] = Cloud,
        ["distribution"] = Distribution,
        ["version"] = Version,
        ["spot"] = Pools.Values.Any(IsSpot),
        ["location"] = Location,
        ["id"] = Id,
        ["logging"] = false,
        ["monitoring"] = false,
        ["securityscan"] = false,
        ["createdAt"] = CreatedAt,
        ["startedAt"] = StartedAt,
        ["creatorName"] = creator,
        ["creatorId"] = 7,
        ["region"] = Location,
        ["oidc"] = new JsonObject { ["enabled"] = OidcKubeconfig is not null },
        ["nodePools"] = new JsonObject(Pools.Select(pool => KeyValuePair.Create(pool.Key, (JsonNode?)pool.Value.DeepClone()))),
        ["totalSummary"] = Total,
    };

    /// <summary>Whether a pool is of spot machines (<c>src/cluster/ec2_pke.go</c>, GetStatus).</summary>
    public static bool IsSpot(JsonObject pool) => decimal.TryParse((string?)pool["spotPrice"], CultureInfo.InvariantCulture, out decimal price) && price > 0;
}
