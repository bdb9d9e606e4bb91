using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Tests.Kube;
using IstioAdmin.Core.Tests.Samples;
using IstioAdmin.Testing;

namespace IstioAdmin.Core.Tests.Workloads;

/// <summary>A fake cluster with a client to it.</summary>
internal sealed class ClusterWorld : IAsyncDisposable
{
    private ClusterWorld(FakeCluster objects, MeshCluster cluster) => (Objects, Cluster) = (objects, cluster);

    public FakeCluster Objects { get; }

    public MeshCluster Cluster { get; }

    public Recorder Reporter { get; } = new();

    public static async Task<ClusterWorld> StartAsync(params IstioInstallation[] istio)
    {
        FakeCluster objects = await FakeCluster.StartAsync();
        KubeClient client = await FakeClient.OpenAsync(objects.Server);
        return new ClusterWorld(objects, new MeshCluster(client) { Name = "fake", Version = "v1.31.0", Provider = ClusterProvider.Unknown, Istio = istio });
    }

    public async Task<MeshPod> PodAsync(string ns, string name)
    {
        await foreach (MeshPod pod in MeshPods.ListAsync(Cluster, new PodSelection { Namespace = ns, Name = name }, Reporter, TestContext.Current.CancellationToken))
            return pod;
        throw new InvalidOperationException($"There is no pod {ns}/{name}.");
    }

    public async ValueTask DisposeAsync()
    {
        Cluster.Client.Dispose();
        await Objects.DisposeAsync();
    }
}
