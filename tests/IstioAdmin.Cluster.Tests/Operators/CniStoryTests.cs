using System.Text.Json.Nodes;

namespace IstioAdmin.Cluster.Tests.Operators;

/// <summary>On a real API server.</summary>
[Collection(OperatorBed.Collection)]
public sealed class CniStoryOnRealServerTests(RealOperatorBed bed) : CniStoryTests(bed);

/// <summary>On the sandbox, which is to be no different.</summary>
[Collection(OperatorBed.Collection)]
public sealed class CniStoryOnSandboxTests(SandboxOperatorBed bed) : CniStoryTests(bed);

/// <summary>CNI on and off against a mesh and an operator that somebody else made; the plain ways on and off are in the life cycles.</summary>
public abstract class CniStoryTests(OperatorBed bed) : IAsyncLifetime
{
    private const string Enable = "Enable-IstioCni -ExcludeNamespace istio-system, kube-system -Timeout 60";

    public async ValueTask InitializeAsync() => await bed.ResetAsync();

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Interrupted_at_each_step_the_next_run_completes()
    {
        (MeshWorld world, MeshShell shell) = await StartAsync("Banzai");
        using MeshShell _ = shell;

        bool interrupted = await shell.InterruptAsync(Enable, async () => Cni(await bed.Api.GetAsync(world.MeshPath)) == true);
        await shell.InterruptAsync(Enable, async () => await world.AgentsAsync() is not null);
        shell.Get(Enable);
        Assert.False(await world.AddsInitAsync());
        await shell.InterruptAsync("Disable-IstioCni", async () => Cni(await bed.Api.GetAsync(world.MeshPath)) == false);
        shell.Get("Disable-IstioCni -Timeout 60");

        Assert.True(await world.AddsInitAsync());
        Assert.Null(await world.AgentsAsync());
        Assert.True(interrupted);
    }

    [Fact]
    public async Task A_new_list_of_namespaces_reaches_the_nodes()
    {
        (MeshWorld world, MeshShell shell) = await StartAsync("Banzai");
        using MeshShell _ = shell;
        shell.Get(Enable);
        string[] before = await AgentPodsAsync();

        shell.Get("Enable-IstioCni -ExcludeNamespace other -Timeout 60");

        Assert.Empty(before.Intersect(await AgentPodsAsync()));
        Assert.Equal(2, (int)(await world.AgentsAsync())!["status"]!["numberReady"]!);
    }

    private static bool? Cni(JsonObject mesh) => (bool?)mesh["spec"]!["sidecarInjector"]?["initCNIConfiguration"]?["enabled"];

    private async Task<string[]> AgentPodsAsync() =>
        [.. (await bed.Api.ListAsync("api/v1/namespaces/istio-system/pods?labelSelector=k8s-app%3Distio-cni-node")).Select(pod => (string)pod["metadata"]!["uid"]!)];

    private async Task<(MeshWorld World, MeshShell Shell)> StartAsync(string name)
    {
        var world = new MeshWorld(bed, OperatorCase.Of(name));
        await world.InstallOperatorAsync();
        await world.CreateMeshAsync();
        await world.OpenShopAsync();
        return (world, new MeshShell(bed.ControlPlane.Kubeconfig));
    }
}
