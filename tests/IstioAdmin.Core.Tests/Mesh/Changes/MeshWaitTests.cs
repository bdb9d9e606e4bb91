using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Mesh.Changes;
using IstioAdmin.Core.Mesh.Waiting;
using IstioAdmin.Testing;

namespace IstioAdmin.Core.Tests.Mesh.Changes;

public sealed class MeshWaitTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(6);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_mesh_whose_objects_are_as_wanted_is_applied()
    {
        await using MeshWorld world = await MeshWorld.StartAsync();
        IstioMesh mesh = await world.InstalledAsync();

        IstioMesh done = await MeshWait.UntilAppliedAsync(world.Cluster, mesh, Long, world.Reporter, Cancel);

        Assert.Equal((MeshState.Available, "127.0.0.10"), (done.State, Assert.Single(done.GatewayAddresses)));
        Assert.Empty(world.Reporter.Warnings);
    }

    [Theory]
    [InlineData("mtls", "MeshPolicy default has mutual TLS STRICT, not PERMISSIVE")]
    [InlineData("namespaces", "Namespace shop does not have the label istio-injection=enabled yet")]
    [InlineData("outbound", "ConfigMap istio-system/istio has outboundTrafficPolicy.mode \"ALLOW_ANY\", not \"REGISTRY_ONLY\"")]
    [InlineData("type", "Service istio-system/istio-ingressgateway has spec.type \"LoadBalancer\", not \"NodePort\"")]
    [InlineData("replicas", "HorizontalPodAutoscaler istio-system/istio-pilot-autoscaler has spec.maxReplicas 5, not 2")]
    [InlineData("version", "Deployment istio-system/istio-pilot does not run docker.io/istio/pilot:1.1.17 yet but docker.io/istio/pilot:1.1.14")]
    [InlineData("ranges", "does not have the address ranges 10.0.0.0/8 in its template yet")]
    public async Task Available_is_not_believed_while_an_object_is_as_it_was(string change, string missing)
    {
        await using MeshWorld world = await MeshWorld.StartAsync();
        world.Api.Put("/api/v1/namespaces/shop", """{"metadata":{"name":"shop"}}""");
        await world.InstalledAsync();
        // The operator does not notice: its status is that of the state before.
        IstioMesh mesh = await world.RunAsync(await world.PlanSetAsync(change switch
        {
            "mtls" => new() { Mtls = false },
            "namespaces" => new() { AutoInjectionNamespaces = ["shop", "not-there"] },
            "outbound" => new() { OutboundTrafficPolicy = "REGISTRY_ONLY" },
            "type" => new() { Ingress = new() { Enabled = true, Type = "NodePort" } },
            "replicas" => new() { PilotMaxReplicas = 2 },
            "version" => new() { Version = "1.1.17" },
            _ => new() { IncludeIPRanges = ["10.0.0.0/8"] },
        }));
        Assert.Equal(MeshState.Available, mesh.State);

        MeshException late = await Assert.ThrowsAsync<MeshException>(() => MeshWait.UntilAppliedAsync(world.Cluster, mesh, Short, world.Reporter, Cancel));

        Assert.Equal("MeshWaitTimedOut", late.ErrorId);
        Assert.Contains(missing, late.Message, StringComparison.Ordinal);
        world.Api.Reconcile();
        Assert.Equal(MeshState.Available, (await MeshWait.UntilAppliedAsync(world.Cluster, mesh, Long, world.Reporter, Cancel)).State);
    }

    [Fact]
    public async Task A_status_that_turns_right_after_a_change_without_visible_effect_is_waited_for()
    {
        await using MeshWorld world = await MeshWorld.StartAsync();
        IstioMesh mesh = await world.InstalledAsync();
        world.Api.Written = (_, _) => _ = Task.Run(async () =>
        {
            await Task.Delay(100, Cancel);
            world.Api.Say("Reconciling");
            await Task.Delay(3000, Cancel);
            world.Api.Say("Available", "second round");
        }, Cancel);

        IstioMesh done = await (await world.PlanSetAsync(new() { TraceSampling = 50 })).RunAsync(Long, world.Reporter, Cancel);

        Assert.Equal("second round", done.ErrorMessage);
    }

    [Fact]
    public async Task What_the_operator_complains_about_is_said_as_it_happens_with_what_to_do()
    {
        await using MeshWorld world = await MeshWorld.StartAsync();
        IstioMesh mesh = await world.InstalledAsync();
        world.Api.Say("ReconcileFailed", "ingress gateway endpoint address is pending");

        Task<IstioMesh> waiting = MeshWait.UntilAppliedAsync(world.Cluster, mesh, Long, world.Reporter, Cancel);
        await Eventually.BecomesTrueAsync(() => !world.Reporter.Warnings.IsEmpty, "a warning");
        world.Api.Say("Available");
        await waiting;

        string warning = Assert.Single(world.Reporter.Warnings);
        Assert.Contains("endpoint address is pending", warning, StringComparison.Ordinal);
        Assert.Contains("-IngressType NodePort", warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_operator_that_is_not_there_is_named()
    {
        await using MeshWorld world = await MeshWorld.StartAsync();
        IstioMesh mesh = await world.InstalledAsync();
        world.Api.Say("Reconciling");

        MeshException late = await Assert.ThrowsAsync<MeshException>(() => MeshWait.UntilAppliedAsync(world.Cluster, mesh, Short, world.Reporter, Cancel));

        Assert.Contains("no pod of the operator is running", late.Message, StringComparison.Ordinal);
        Assert.Contains("Install-IstioOperator", late.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pod_that_cannot_pull_its_image_is_what_is_in_the_way()
    {
        await using MeshWorld world = await MeshWorld.StartAsync();
        IstioMesh mesh = await world.InstalledAsync();
        world.Api.Put("/apis/apps/v1/namespaces/istio-system/deployments/istio-pilot", """
            {"metadata":{"name":"istio-pilot","generation":2},"spec":{"replicas":1,"selector":{},"template":{"spec":{"containers":[{"name":"c","image":"docker.io/istio/pilot:1.1.14"}]} } },"status":{"observedGeneration":2,"replicas":1,"updatedReplicas":1}}
            """);
        world.Api.Put("/api/v1/namespaces/istio-system/pods/istio-pilot-5d4f-x", """
            {"metadata":{"name":"istio-pilot-5d4f-x","namespace":"istio-system"},"spec":{"nodeName":"n","containers":[{"name":"discovery","image":"docker.io/istio/pilot:1.1.14"}]},
             "status":{"containerStatuses":[{"name":"discovery","image":"docker.io/istio/pilot:1.1.14","imageID":"","ready":false,"restartCount":0,"state":{"waiting":{"reason":"ErrImagePull","message":"no such host"} } }]} }
            """);

        MeshException late = await Assert.ThrowsAsync<MeshException>(() => MeshWait.UntilAppliedAsync(world.Cluster, mesh, Short, world.Reporter, Cancel));

        Assert.Contains("istio-pilot is not rolled out: 0 of 1 available", late.Message, StringComparison.Ordinal);
        Assert.Contains("ErrImagePull", late.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_object_that_may_not_be_read_is_said_and_does_not_hold_up()
    {
        await using MeshWorld world = await MeshWorld.StartAsync();
        IstioMesh mesh = await world.InstalledAsync();
        world.Api.Refuse = request => request.Path.Value!.Contains("meshpolicies", StringComparison.Ordinal) ? (403, "meshpolicies is forbidden: User \"u\" cannot get resource \"meshpolicies\"") : null;

        await MeshWait.UntilAppliedAsync(world.Cluster, mesh, Long, world.Reporter, Cancel);

        string warning = Assert.Single(world.Reporter.Warnings);
        Assert.Contains("MeshPolicy default cannot be looked at", warning, StringComparison.Ordinal);
        Assert.Contains("verbs: [\"get\"]", warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Conditions_of_a_Sail_mesh_count_for_the_generation_that_they_are_about()
    {
        await using MeshWorld world = await MeshWorld.StartAsync(FakeMeshApi.Sail);
        const string Path = "/apis/sailoperator.io/v1/istios/default";
        IstioMesh mesh = await world.RunAsync(await world.PlanNewAsync(new MeshOrder { Settings = new() { Version = "1.28.1" } }));
        world.Api.PutDeployment("istio-system", "istiod", "docker.io/istio/pilot:1.28.1");
        void Say(int generation, string ready) => world.Api.Update(Path, "sail-operator", $$$"""
            {"status":{"observedGeneration":{{{generation}}},"state":"Healthy","conditions":[{"type":"Reconciled","status":"True"},{"type":"Ready","status":"{{{ready}}}","reason":"IstiodNotReady","message":"not yet"}]} }
            """);
        Say(0, "True");
        Assert.Equal(MeshState.Reconciling, (await world.FindAsync()).State);
        Say(1, "False");
        Assert.Equal((MeshState.Reconciling, "not yet"), ((await world.FindAsync()).State, (await world.FindAsync()).ErrorMessage));
        Say(1, "True");

        Assert.Equal("1.28.1", (await MeshWait.UntilAppliedAsync(world.Cluster, mesh, Long, world.Reporter, Cancel)).Version);
    }
}
