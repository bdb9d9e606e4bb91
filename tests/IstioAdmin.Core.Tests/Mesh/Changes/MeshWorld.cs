using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Mesh.Changes;
using IstioAdmin.Core.Mesh.Settings;
using IstioAdmin.Core.Tests.Kube;
using IstioAdmin.Core.Tests.Samples;
using IstioAdmin.Testing;

namespace IstioAdmin.Core.Tests.Mesh.Changes;

/// <summary>A cluster whose operator a test plays.</summary>
internal sealed class MeshWorld : IAsyncDisposable
{
    private MeshWorld(FakeMeshApi api, MeshCluster cluster) => (Api, Cluster) = (api, cluster);

    public FakeMeshApi Api { get; }

    public MeshCluster Cluster { get; }

    public Recorder Reporter { get; } = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<MeshWorld> StartAsync(params string[] apis)
    {
        FakeMeshApi api = await FakeMeshApi.StartAsync(apis.Length == 0 ? [FakeMeshApi.Banzai] : apis);
        KubeClient client = await FakeClient.OpenAsync(api.Server);
        return new MeshWorld(api, new MeshCluster(client) { Name = "fake", Version = "v1.31.0", Provider = ClusterProvider.Unknown, Istio = [] });
    }

    /// <summary>The mesh of <see cref="BanzaiPlay"/>, made by this module and reconciled.</summary>
    public async Task<IstioMesh> InstalledAsync(MeshSettings? settings = null)
    {
        MeshChange change = await MeshPlanner.PlanNewAsync(Cluster, new MeshOrder { Settings = settings ?? new() { Mtls = true } }, Reporter, Cancel);
        await change.RunAsync(null, Reporter, Cancel);
        Api.Reconcile();
        return await FindAsync();
    }

    public Task<IstioMesh> FindAsync() => IstioMeshes.FindAsync(Cluster, null, null, null, Cancel);

    public Task<MeshChange> PlanNewAsync(MeshOrder order) => MeshPlanner.PlanNewAsync(Cluster, order, Reporter, Cancel);

    public async Task<MeshChange> PlanSetAsync(MeshSettings settings, MeshSpec? spec = null, bool force = false) =>
        await MeshPlanner.PlanSetAsync(Cluster, await FindAsync(), new MeshOrder { Settings = settings, Spec = spec, Force = force }, Reporter, Cancel);

    public Task<IstioMesh> RunAsync(MeshChange change) => change.RunAsync(null, Reporter, Cancel);

    public JsonObject Spec(string path = BanzaiPlay.Istio) => Api.Find(path)!["spec"]!.AsObject();

    public async ValueTask DisposeAsync()
    {
        Cluster.Client.Dispose();
        await Api.DisposeAsync();
    }
}
