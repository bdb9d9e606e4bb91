using System.Collections.Concurrent;
using IstioAdmin.Sandbox.Client;
using IstioAdmin.Sandbox.Nodes;

namespace IstioAdmin.Sandbox.Traffic.Applications;

/// <summary>What an application may call while it answers a request.</summary>
/// <param name="traffic">The way to other pods.</param>
/// <param name="pod">The application's pod.</param>
internal sealed class ApplicationCalls(MeshTraffic traffic, PodRuntime pod)
{
    private readonly ConcurrentQueue<Hop> _hops = new();

    /// <summary>The application's pod.</summary>
    public PodRuntime Pod => pod;

    /// <summary>The pod's name.</summary>
    public string PodName => Meta.Split(pod.Key).Name;

    /// <summary>The calls so far, with those that they took.</summary>
    public IReadOnlyList<Hop> Hops => [.. _hops];

    /// <summary>Gets something from a Service of the pod's namespace.</summary>
    public async Task<MeshAnswer> GetAsync(string service, int port, string path, CancellationToken cancel)
    {
        (MeshAnswer answer, Hop hop) = await traffic.CallAsync(pod, service, port, new MeshRequest("GET", service, path), cancel).ConfigureAwait(false);
        _hops.Enqueue(hop);
        foreach (Hop further in answer.Hops)
            _hops.Enqueue(further);
        return answer;
    }
}
