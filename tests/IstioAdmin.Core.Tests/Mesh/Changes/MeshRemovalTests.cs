using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Mesh.Changes;
using IstioAdmin.Testing;

namespace IstioAdmin.Core.Tests.Mesh.Changes;

public sealed class MeshRemovalTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_mesh_is_removed_when_its_operator_has_let_it_go_and_what_blocks_pods_afterwards_is_named()
    {
        await using MeshWorld world = await MeshWorld.StartAsync();
        IstioMesh mesh = await world.InstalledAsync(new() { AutoInjectionNamespaces = ["shop"] });
        world.Api.Put("/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/istio-sidecar-injector", """{"metadata":{"name":"istio-sidecar-injector"}}""");
        world.Api.Written = (path, item) => _ = Task.Run(async () =>
        {
            await Task.Delay(500, Cancel);
            world.Api.Drop(path);
        }, Cancel);

        IstioMesh removed = await MeshRemoval.RemoveAsync(world.Cluster, mesh, TimeSpan.FromSeconds(60), world.Reporter, Cancel);

        Assert.Equal(MeshState.Removed, removed.State);
        string warning = Assert.Single(world.Reporter.Warnings);
        Assert.Contains("istio-sidecar-injector", warning, StringComparison.Ordinal);
        Assert.Contains("shop", warning, StringComparison.Ordinal);
        Assert.Contains("Uninstall-IstioOperator", warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deletion_that_nobody_finishes_says_who_is_missing_and_how_to_go_on()
    {
        await using MeshWorld world = await MeshWorld.StartAsync();
        IstioMesh mesh = await world.InstalledAsync();

        MeshException late = await Assert.ThrowsAsync<MeshException>(() => MeshRemoval.RemoveAsync(world.Cluster, mesh, TimeSpan.FromSeconds(4), world.Reporter, Cancel));

        Assert.Equal("MeshRemovalTimedOut", late.ErrorId);
        Assert.Contains("istio-operator.finializer.banzaicloud.io", late.Message, StringComparison.Ordinal);
        Assert.Contains("no pod of the operator is running", late.Message, StringComparison.Ordinal);
        Assert.Contains("kubectl patch istios.istio.banzaicloud.io istio-sample -n istio-system", late.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_made_beside_a_mesh_goes_with_it_and_what_others_made_stays()
    {
        await using MeshWorld world = await MeshWorld.StartAsync(FakeMeshApi.Cisco);
        const string Gateways = "/apis/servicemesh.cisco.com/v1alpha1/namespaces/istio-system/istiomeshgateways/";
        world.Api.Put(Gateways + "istio-egressgateway", """{"metadata":{"name":"istio-egressgateway","namespace":"istio-system"},"spec":{}}""");
        IstioMesh mesh = await world.RunAsync(await world.PlanNewAsync(new MeshOrder { Settings = new() { Ingress = new() { Enabled = true, Type = "NodePort" } } }));

        await MeshRemoval.RemoveAsync(world.Cluster, mesh, TimeSpan.FromSeconds(60), world.Reporter, Cancel);

        Assert.Null(world.Api.Find(Gateways + "istio-ingressgateway"));
        Assert.NotNull(world.Api.Find(Gateways + "istio-egressgateway"));
    }
}
