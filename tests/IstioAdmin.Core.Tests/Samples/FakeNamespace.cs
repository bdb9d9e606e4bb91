using IstioAdmin.Core.Kube;
using IstioAdmin.Testing;
using k8s;

namespace IstioAdmin.Core.Tests.Samples;

/// <summary>The fake server with a client to it, as a connected cluster.</summary>
public sealed class FakeNamespace : FakeObjectServer
{
    public MeshCluster Cluster { get; private set; } = null!;

    public static new async Task<FakeNamespace> StartAsync()
    {
        var world = new FakeNamespace();
        await world.ListenAsync();
        var endpoint = new KubeEndpoint("fake", world.Uri, "fake-user", "default");
        var client = new KubeClient(new Kubernetes(new KubernetesClientConfiguration { Host = world.Uri.ToString() }), endpoint);
        world.Cluster = new MeshCluster(client) { Name = "fake", Version = "v1.31.0", Provider = ClusterProvider.Unknown, Istio = [] };
        return world;
    }

    public override ValueTask DisposeAsync()
    {
        Cluster.Client.Dispose();
        return base.DisposeAsync();
    }
}
