using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Pipeline.Service;

namespace IstioAdmin.Testing.Pipeline;

/// <summary>A cluster of which nothing exists. Its status moves on when it has been asked for often enough, or when a test says so.</summary>
internal sealed class PolledCluster : StoredCluster
{
    private readonly Queue<(string Status, string Message)> _ahead = new();
    private int _asked;

    public PolledCluster(ClusterOrder order)
        : base(order)
    {
        StartedAt = "2019-03-26T09:40:00+01:00";
        Kubeconfig = KubeconfigText.For(order.Name);
        for (int i = 1; i <= 2; i++)
            Nodes.Add(new JsonObject { ["metadata"] = new JsonObject { ["name"] = $"node-{i}" }, ["spec"] = new JsonObject(), ["status"] = new JsonObject() });
        Pods.Add(new JsonObject { ["name"] = "coredns-7c47dc7bd7-twzpl", ["namespace"] = "kube-system", ["restartPolicy"] = "Always" });
        Services["ingress"] = new JsonObject { ["status"] = "active", ["spec"] = new JsonObject(), ["output"] = new JsonObject() };
        Endpoints.Add(new JsonObject { ["name"] = "ingress", ["host"] = "192.0.2.7", ["urls"] = new JsonArray() });
    }

    /// <summary>How often the cluster must be asked for until its status moves; 0: only a test moves it.</summary>
    public int PollsPerStatus { get; set; }

    public JsonArray Nodes { get; } = [];

    public JsonArray Pods { get; } = [];

    public JsonArray Endpoints { get; } = [];

    protected override JsonObject Total => new()
    {
        ["cpu"] = new JsonObject { ["capacity"] = "4", ["allocatable"] = "4", ["limit"] = "100m", ["request"] = "380m" },
        ["memory"] = new JsonObject { ["capacity"] = "8Gi", ["allocatable"] = "8Gi", ["limit"] = "1Gi", ["request"] = "1Gi" },
        ["status"] = "Ready",
    };

    public override void Create() => Begin("CREATING", "Cluster is being created", ("CREATING", "Setting up the control plane"), ("RUNNING", "Cluster is running"));

    public override void Resize() => Begin("UPDATING", "Cluster is being updated", ("RUNNING", "Cluster is running"));

    public override void Upgrade() => Begin("UPDATING", $"Upgrading to {Version}", ("RUNNING", "Cluster is running"));

    public override void Delete() => Begin("DELETING", "Cluster is being deleted", ("", ""));

    public override Task<JsonNode> NodesAsync(CancellationToken cancel) => Task.FromResult(Nodes.DeepClone());

    public override Task<JsonNode> PodsAsync(CancellationToken cancel) => Task.FromResult(Pods.DeepClone());

    public override Task<JsonNode> EndpointsAsync(CancellationToken cancel) => Task.FromResult(Endpoints.DeepClone());

    /// <summary>Goes to the next status of what it is doing.</summary>
    public void Advance()
    {
        HasConfig = true;
        _asked = 0;
        if (_ahead.TryDequeue(out (string Status, string Message) next))
            base.Become(next.Status, next.Message);
        IsGone = Status == "";
    }

    public override void Become(string status, string message)
    {
        _ahead.Clear();
        base.Become(status, message);
    }

    /// <summary>Counts a question.</summary>
    public override void Asked()
    {
        if (_ahead.Count > 0 && PollsPerStatus > 0 && ++_asked >= PollsPerStatus)
            Advance();
    }

    private void Begin(string status, string message, params (string Status, string Message)[] ahead)
    {
        Become(status, message);
        _asked = 0;
        foreach ((string Status, string Message) next in ahead)
            _ahead.Enqueue(next);
    }
}
