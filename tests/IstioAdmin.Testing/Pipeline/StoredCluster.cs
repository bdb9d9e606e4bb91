using System.Text.Json.Nodes;

namespace IstioAdmin.Testing.Pipeline;

/// <summary>A cluster as Pipeline knows it. Its status moves on when it has been asked for often enough, or when a test says so.</summary>
public sealed class StoredCluster(int id, string name, string cloud, string distribution)
{
    private readonly Queue<(string Status, string Message)> _ahead = new();
    private int _asked;

    public int Id => id;

    public string Name => name;

    public string Cloud => cloud;

    public string Distribution => distribution;

    public string Status { get; private set; } = "RUNNING";

    public string StatusMessage { get; private set; } = "Cluster is running";

    public string Version { get; set; } = "";

    public string Location { get; set; } = "";

    /// <summary>How often the cluster must be asked for until its status moves; 0: only a test moves it.</summary>
    public int PollsPerStatus { get; set; }

    /// <summary>Whether the cluster has the secret with its kubeconfig. It comes with the first node, while the rest is still being created.</summary>
    public bool HasConfig { get; set; } = true;

    /// <summary>Whether asking for a cluster without that secret is a conflict already, as it is with some versions of the service.</summary>
    public bool HidesWhileYoung { get; set; }

    /// <summary>Whether the cluster is gone from the database.</summary>
    public bool IsGone { get; private set; }

    /// <summary>The kubeconfig.</summary>
    public string Kubeconfig { get; set; } = "";

    /// <summary>The kubeconfig with a login by OIDC; null where the cluster has none.</summary>
    public string? OidcKubeconfig { get; set; }

    /// <summary>Node pools by name, as the service reports them.</summary>
    public Dictionary<string, JsonObject> Pools { get; } = [];

    /// <summary>Pools with the role of a master.</summary>
    public HashSet<string> Masters { get; } = [];

    /// <summary>Post hooks that ran, in order.</summary>
    public List<string> PostHooks { get; } = [];

    public JsonArray Nodes { get; } = [];

    public JsonArray Pods { get; } = [];

    public JsonArray Endpoints { get; } = [];

    /// <summary>What the service runs in it, by name.</summary>
    public JsonObject Services { get; } = [];

    /// <summary>The request that created it.</summary>
    public JsonObject? Request { get; init; }

    /// <summary>Goes to the next status of what it is doing.</summary>
    public void Advance()
    {
        HasConfig = true;
        _asked = 0;
        if (_ahead.TryDequeue(out (string Status, string Message) next))
            (Status, StatusMessage) = next;
        IsGone = Status == "";
    }

    /// <summary>Ends what it is doing in this status, with this message.</summary>
    public void Become(string status, string message)
    {
        _ahead.Clear();
        (Status, StatusMessage) = (status, message);
    }

    internal void Begin(string status, string message, params (string Status, string Message)[] ahead)
    {
        Become(status, message);
        _asked = 0;
        foreach ((string Status, string Message) next in ahead)
            _ahead.Enqueue(next);
    }

    /// <summary>Counts a question.</summary>
    internal void Asked()
    {
        if (_ahead.Count > 0 && PollsPerStatus > 0 && ++_asked >= PollsPerStatus)
            Advance();
    }

    internal JsonObject Describe() => new()
    {
        ["status"] = Status,
        ["statusMessage"] = StatusMessage,
        ["name"] = Name,
        ["cloud"] = Cloud,
        ["distribution"] = Distribution,
        ["version"] = Version,
        ["spot"] = false,
        ["location"] = Location,
        ["id"] = Id,
        ["logging"] = false,
        ["monitoring"] = false,
        ["securityscan"] = false,
        ["createdAt"] = "2019-03-26T09:30:00+01:00",
        ["startedAt"] = "2019-03-26T09:40:00+01:00",
        ["creatorName"] = "ada",
        ["creatorId"] = 7,
        ["region"] = Location,
        ["oidc"] = new JsonObject { ["enabled"] = OidcKubeconfig is not null },
        ["nodePools"] = new JsonObject(Pools.Select(pool => KeyValuePair.Create(pool.Key, (JsonNode?)pool.Value.DeepClone()))),
        ["totalSummary"] = new JsonObject
        {
            ["cpu"] = new JsonObject { ["capacity"] = "4", ["allocatable"] = "4", ["limit"] = "100m", ["request"] = "380m" },
            ["memory"] = new JsonObject { ["capacity"] = "8Gi", ["allocatable"] = "8Gi", ["limit"] = "1Gi", ["request"] = "1Gi" },
            ["status"] = "Ready",
        },
    };
}
