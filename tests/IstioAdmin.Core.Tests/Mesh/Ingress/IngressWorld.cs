using System.Security.Cryptography.X509Certificates;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh.Ingress;
using IstioAdmin.Core.Tests.Kube.World;
using IstioAdmin.Core.Tests.Samples;
using IstioAdmin.Testing;
using Microsoft.AspNetCore.Http;

namespace IstioAdmin.Core.Tests.Mesh.Ingress;

/// <summary>A cluster with an ingress gateway, connected with the real transport.</summary>
internal sealed class IngressWorld : IAsyncDisposable
{
    private readonly KubeWorld _kube = new();

    private IngressWorld(FakeIngress fake) => Fake = fake;

    public FakeIngress Fake { get; }

    public Recorder Reporter { get; } = new();

    public FakeBrowser Browser { get; } = new();

    public MeshCluster Cluster { get; private set; } = null!;

    public static async Task<IngressWorld> StartAsync(RequestDelegate? answer = null, X509Certificate2? certificate = null)
    {
        var world = new IngressWorld(await FakeIngress.StartAsync(answer, certificate));
        world.Cluster = await world._kube.ConnectAsync(world.Fake.Cluster.WriteKubeconfig(Path.Combine(world._kube.Files.FullPath, "config")));
        return world;
    }

    public Task<IReadOnlyList<MeshIngress>> ListAsync(string? ns = null) => MeshIngresses.ListAsync(Cluster, ns, (_, _) => true, Reporter, KubeWorld.Cancel);

    public async Task<MeshIngress> OneAsync() => Assert.Single(await ListAsync());

    public async Task<IngressVisit> VisitAsync(IngressVisitOptions? options = null) =>
        await IngressVisitor.VisitAsync(Cluster, await OneAsync(), options ?? new IngressVisitOptions(), Browser, Reporter, KubeWorld.Cancel);

    public async Task<IngressPage> PageAsync(IngressVisitOptions? options = null)
    {
        await using IngressVisit visit = await VisitAsync(options);
        return visit.Page;
    }

    public async Task<MeshException> FailAsync(IngressVisitOptions? options = null) => await Assert.ThrowsAnyAsync<MeshException>(() => PageAsync(options));

    public async ValueTask DisposeAsync()
    {
        Cluster.Client.Dispose();
        await Fake.DisposeAsync();
        _kube.Dispose();
    }
}
