using System.Text.Json;
using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Sandbox.Api;
using IstioAdmin.Sandbox.Client;
using IstioAdmin.Sandbox.Faults;
using IstioAdmin.Sandbox.Serving;

namespace IstioAdmin.Sandbox.Snapshots;

/// <summary>What a snapshot holds of a cluster: its objects, what its nodes have of files and pods, what goes wrong, and its secrets.</summary>
internal sealed class ClusterState
{
    private readonly JsonObject _state;
    private byte[] _objects = [];

    private ClusterState(JsonObject state) => _state = state;

    /// <summary>The name.</summary>
    public string Name => Text("name");

    /// <summary>How many nodes it has.</summary>
    public int Nodes => (int)Number("nodes");

    /// <summary>The port of its API.</summary>
    public int Port => (int)Number("port");

    /// <summary>The authority of its certificates with its key, PEM; a secret.</summary>
    public string Authority => Text("authority");

    /// <summary>The administrator's token; a secret.</summary>
    public string AdministratorToken => Text("administratorToken");

    /// <summary>The key that signs service accounts' tokens; a secret.</summary>
    public byte[] SigningKey => Convert.FromBase64String(Text("signingKey"));

    /// <summary>The files of the nodes, by the nodes' names.</summary>
    public JsonObject Files => Part<JsonObject>("files");

    /// <summary>What the nodes have of pods.</summary>
    public JsonArray Pods => Part<JsonArray>("pods");

    /// <summary>Takes a cluster as it is.</summary>
    public static async Task<ClusterState> TakeAsync(ServedCluster served, CancellationToken cancel)
    {
        SandboxCluster cluster = served.Cluster;
        // The pods first: what has come about since then is in the objects, and the kubelets see to it; what has gone is not taken up again.
        JsonArray pods = cluster.Nodes.Kubelets.Save();
        var files = new JsonObject();
        foreach (Nodes.SandboxNode node in cluster.Nodes.All)
            files[node.Name] = node.Files.Save();
        var faults = new SandboxFaults(cluster.Faults, cluster.Api.Server.Faults);
        using var objects = new MemoryStream();
        await cluster.Api.Machinery.Store.SaveAsync(objects, cancel).ConfigureAwait(false);
        return new ClusterState(new JsonObject
        {
            ["name"] = served.Name,
            ["nodes"] = cluster.Nodes.All.Count(),
            ["port"] = served.Address.Port,
            ["authority"] = served.AuthorityPem,
            ["administratorToken"] = cluster.Api.AdministratorToken,
            ["signingKey"] = Convert.ToBase64String(cluster.Api.SigningKey),
            ["faults"] = new JsonArray([.. faults.Current.Select(fault => Written(fault, cluster.Api.Server.Faults))]),
            ["files"] = files,
            ["pods"] = pods,
        })
        {
            _objects = objects.ToArray(),
        };
    }

    /// <summary>Reads what <see cref="WriteTo"/> wrote.</summary>
    /// <exception cref="InvalidDataException">It is not that, or not all of it.</exception>
    public static ClusterState Read(JsonObject state)
    {
        JsonArray lines = state["objects"] as JsonArray ?? throw new InvalidDataException("a cluster has no objects");
        using var objects = new MemoryStream();
        foreach (JsonNode? line in lines)
        {
            objects.Write(JsonSerializer.SerializeToUtf8Bytes(line as JsonObject ?? throw new InvalidDataException("one of the objects is none")));
            objects.WriteByte((byte)'\n');
        }
        state.Remove("objects");
        var read = new ClusterState(state) { _objects = objects.ToArray() };
        // What is missing is found now, before anything has been begun.
        _ = (read.Name, read.Nodes, read.Port, read.Authority, read.AdministratorToken, read.Files, read.Pods, read.Faults);
        try
        {
            _ = read.SigningKey;
        }
        catch (FormatException e)
        {
            throw new InvalidDataException("a cluster's signingKey is not in base64", e);
        }
        return read;
    }

    /// <summary>Writes it as an object of JSON.</summary>
    public void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        foreach ((string name, JsonNode? value) in _state)
        {
            writer.WritePropertyName(name);
            value!.WriteTo(writer);
        }
        writer.WriteStartArray("objects");
        ReadOnlySpan<byte> rest = _objects;
        while (rest.IndexOf((byte)'\n') is >= 0 and var end)
        {
            writer.WriteRawValue(rest[..end], skipInputValidation: true);
            rest = rest[(end + 1)..];
        }
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary>Puts the objects into an API's store.</summary>
    /// <exception cref="InvalidDataException">They cannot be read.</exception>
    public async Task LoadAsync(SandboxApi api, CancellationToken cancel)
    {
        using var objects = new MemoryStream(_objects);
        await api.Machinery.Store.LoadAsync(objects, cancel).ConfigureAwait(false);
        api.Machinery.Types.Reload(api.Machinery.Store);
    }

    /// <summary>Brings the faults about again.</summary>
    /// <param name="faults">Brings them about.</param>
    /// <param name="ofApi">Whether those of the API are meant, which the cluster is to start without, or the others.</param>
    /// <exception cref="MeshException">One of them is about a node that is not there.</exception>
    /// <exception cref="InvalidDataException">There is no such fault.</exception>
    public void Apply(SandboxFaults faults, bool ofApi)
    {
        foreach (JsonObject fault in Faults.OfType<JsonObject>())
        {
            if (!Enum.TryParse(Json.Text(fault, "kind"), out SandboxFaultKind kind))
                throw new InvalidDataException($"there is no fault {Json.Text(fault, "kind")}");
            if ((kind is SandboxFaultKind.ApiThrottled or SandboxFaultKind.ApiFailing) != ofApi)
                continue;
            faults.Set(kind, Json.Text(fault, "target"), Json.Text(fault, "detail"), fault["share"] is JsonValue value && value.TryGetValue(out double share) ? share : 1, on: true);
        }
    }

    private JsonArray Faults => Part<JsonArray>("faults");

    private static JsonObject Written(SandboxFault fault, ApiFaults api)
    {
        double share = fault.Kind switch { SandboxFaultKind.ApiThrottled => api.ThrottledShare, SandboxFaultKind.ApiFailing => api.FailingShare, _ => 1 };
        return new JsonObject { ["kind"] = fault.Kind.ToString(), ["target"] = fault.Target, ["detail"] = fault.Detail, ["share"] = share };
    }

    private string Text(string name) => Json.Text(_state, name) is { Length: > 0 } text ? text : throw new InvalidDataException($"a cluster has no {name}");

    private long Number(string name) => Meta.Long(_state, name) ?? throw new InvalidDataException($"a cluster has no {name}");

    private T Part<T>(string name) where T : JsonNode => _state[name] as T ?? throw new InvalidDataException($"a cluster has no {name}");
}
