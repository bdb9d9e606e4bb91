using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Operators;

/// <summary>What runs in a pod of a cluster.</summary>
internal interface IPodProgram : IAsyncDisposable
{
    /// <summary>The pod that it runs in.</summary>
    PodContext Context { get; }

    void Start();

    /// <summary>Ends it as SIGTERM does: it may clean up.</summary>
    Task StopAsync();

    /// <summary>Ends it as SIGKILL does: between any two of its requests.</summary>
    Task KillAsync();
}

/// <summary>A pod and its ways to the API server.</summary>
/// <param name="Pod">The pod.</param>
/// <param name="Api">With the rights of its service account.</param>
/// <param name="Cluster">With all rights: for what other programs do that nobody plays.</param>
internal sealed record PodContext(JsonObject Pod, ClusterApi Api, ClusterApi Cluster)
{
    public string Namespace => (string)Pod["metadata"]!["namespace"]!;

    public string Name => (string)Pod["metadata"]!["name"]!;

    /// <summary>Image of its first container.</summary>
    public string Image => (string)Pod["spec"]!["containers"]![0]!["image"]!;
}
