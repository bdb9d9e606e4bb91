using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;
using IstioAdmin.Sandbox.Nodes.Cni;
using IstioAdmin.Sandbox.Operators;

namespace IstioAdmin.Sandbox.Nodes;

/// <summary>A pod as its node has it: how far it has come, its containers, its network, what runs in it.</summary>
/// <param name="uid">The pod's uid.</param>
/// <param name="key">Its namespace and name.</param>
/// <param name="node">Its node.</param>
internal sealed class PodRuntime(string uid, string key, SandboxNode node)
{
    public string Uid => uid;

    public string Key => key;

    public SandboxNode Node => node;

    /// <summary>When the kubelet took it on.</summary>
    public DateTimeOffset Began { get; init; } = DateTimeOffset.UtcNow;

    /// <summary>Its network namespace; null until it has one, and for a pod in the node's.</summary>
    public PodNetwork? Network { get; set; }

    /// <summary>Its address; null until it has one.</summary>
    public string? Address { get; set; }

    /// <summary>Its containers by name, in the order of the specification, init containers first.</summary>
    public List<ContainerRun> Containers { get; } = [];

    /// <summary>Whether all of its containers run.</summary>
    public bool IsUp { get; set; }

    /// <summary>Whether it has come to its end.</summary>
    public bool HasEnded { get; set; }

    /// <summary>What runs in it; null for nothing.</summary>
    public IPodProgram? Program { get; set; }

    /// <summary>The CNI agent that it is; null for another pod.</summary>
    public CniAgent? Agent { get; set; }

    /// <summary>Whether what runs in it is still to be started: it was taken from a snapshot, or has only just come up.</summary>
    public bool IsIdle { get; set; }

    /// <summary>Failures of its start, for the pauses between tries.</summary>
    public int Failures { get; set; }

    /// <summary>Whether somebody works on it; one at a time does.</summary>
    public SemaphoreSlim Turn { get; } = new(1);

    /// <summary>What a snapshot keeps of it.</summary>
    public JsonObject Save() => new()
    {
        ["uid"] = Uid,
        ["pod"] = Key,
        ["node"] = Node.Name,
        ["began"] = Began.ToString("O", CultureInfo.InvariantCulture),
        ["ended"] = HasEnded,
        ["address"] = Address,
        ["network"] = Network?.Inode,
        ["rules"] = Network?.Save(),
        ["containers"] = new JsonArray([.. Containers.Select(container => container.Save())]),
    };

    /// <summary>A pod as a snapshot has it.</summary>
    /// <param name="saved">What <see cref="Save"/> wrote.</param>
    /// <param name="node">Its node.</param>
    public static PodRuntime Restore(JsonObject saved, SandboxNode node)
    {
        var run = new PodRuntime(Json.Text(saved, "uid")!, Json.Text(saved, "pod")!, node)
        {
            Began = Meta.Time(Json.Text(saved, "began")) ?? DateTimeOffset.UtcNow,
            Address = Json.Text(saved, "address"),
            HasEnded = Json.Flag(saved, "ended") == true,
            IsUp = true,
            IsIdle = true,
        };
        if (run.Address is { } address && Meta.Long(saved, "network") is { } network)
        {
            run.Network = new PodNetwork(address, (ulong)network);
            run.Network.Restore(saved["rules"] as JsonArray ?? []);
            node.Continue(0, (ulong)network);
        }
        foreach (JsonObject container in Meta.Items(saved, "containers"))
        {
            run.Containers.Add(ContainerRun.Restore(container));
            node.Continue(run.Containers[^1].Process, 0);
        }
        return run;
    }

    /// <summary>A container by name; null when there is none.</summary>
    public ContainerRun? Find(string name) => Containers.Find(container => container.Name == name);
}

/// <summary>A container of a pod.</summary>
/// <param name="name">Its name.</param>
/// <param name="image">Its image.</param>
/// <param name="isInit">Whether it is an init container.</param>
internal sealed class ContainerRun(string name, string image, bool isInit)
{
    private const int MostLines = 2000;
    private readonly object _gate = new();
    private readonly List<(DateTimeOffset Time, string Line)> _lines = [];
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Name => name;

    public string Image => image;

    public bool IsInit => isInit;

    /// <summary>Its id, 64 digits; null until it was started.</summary>
    public string? Id { get; private set; }

    /// <summary>Its process on the node.</summary>
    public int Process { get; set; }

    /// <summary>The state that a status has: waiting, running or terminated.</summary>
    public JsonObject State { get; set; } = new() { ["waiting"] = new JsonObject { ["reason"] = "ContainerCreating" } };

    /// <summary>The state before the last start; null when there was none.</summary>
    public JsonObject? LastState { get; set; }

    public int Restarts { get; set; }

    public bool IsRunning => State.ContainsKey("running");

    public bool IsDone => Meta.Int(State, "terminated", "exitCode") == 0;

    /// <summary>What a snapshot keeps of it; what it has printed is lost.</summary>
    public JsonObject Save() => new()
    {
        ["name"] = Name,
        ["image"] = Image,
        ["init"] = IsInit,
        ["id"] = Id,
        ["process"] = Process,
        ["state"] = State.DeepClone(),
        ["lastState"] = LastState?.DeepClone(),
        ["restarts"] = Restarts,
    };

    /// <summary>A container as a snapshot has it.</summary>
    public static ContainerRun Restore(JsonObject saved)
    {
        var run = new ContainerRun(Json.Text(saved, "name") ?? "", Json.Text(saved, "image") ?? "", Json.Flag(saved, "init") == true)
        {
            Id = Json.Text(saved, "id"),
            Process = Meta.Int(saved, "process") ?? 0,
            LastState = saved["lastState"]?.DeepClone() as JsonObject,
            Restarts = Meta.Int(saved, "restarts") ?? 0,
        };
        if (saved["state"] is JsonObject state)
            run.State = (JsonObject)state.DeepClone();
        return run;
    }

    /// <summary>Starts it.</summary>
    public void Start()
    {
        Id = RandomNumberGenerator.GetHexString(64, lowercase: true);
        State = new JsonObject { ["running"] = new JsonObject { ["startedAt"] = Json.Now() } };
    }

    /// <summary>Ends it.</summary>
    public void End(int exitCode, string reason)
    {
        string started = Json.Text(State, "running", "startedAt") ?? Json.Now();
        State = new JsonObject
        {
            ["terminated"] = new JsonObject
            {
                ["exitCode"] = exitCode,
                ["reason"] = reason,
                ["startedAt"] = started,
                ["finishedAt"] = Json.Now(),
                ["containerID"] = $"containerd://{Id}",
            },
        };
    }

    /// <summary>Has it wait, for a reason.</summary>
    public void Wait(string reason, string? message = null)
    {
        var waiting = new JsonObject { ["reason"] = reason };
        if (message is not null)
            waiting["message"] = message;
        if (State.ContainsKey("terminated"))
            LastState = State;
        State = new JsonObject { ["waiting"] = waiting };
    }

    /// <summary>Prints lines.</summary>
    public void Print(string text)
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        TaskCompletionSource told;
        lock (_gate)
        {
            foreach (string line in text.TrimEnd('\n').Split('\n'))
                _lines.Add((now, line));
            if (_lines.Count > MostLines)
                _lines.RemoveRange(0, _lines.Count - MostLines);
            told = _more;
            _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        told.TrySetResult();
    }

    /// <summary>The lines from a number on, and what ends when there are more.</summary>
    public (IReadOnlyList<(DateTimeOffset Time, string Line)> Lines, Task More) Read(int from)
    {
        lock (_gate)
            return ([.. _lines.Skip(from)], _more.Task);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{name} ({Process})");
}
