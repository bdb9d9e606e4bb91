using System.Text.Json.Nodes;
using IstioAdmin.Core.Cni;
using IstioAdmin.Core.Cni.Switching;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Tests.Workloads;
using IstioAdmin.Testing;

namespace IstioAdmin.Core.Tests.Cni.Switching;

public sealed class ForeignCniTests
{
    private const string Set = "/apis/apps/v1/namespaces/istio-system/daemonsets/istio-cni-node";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("""{"annotations":{"meta.helm.sh/release-name":"istio-cni","meta.helm.sh/release-namespace":"istio-system"}}""", "the Helm release istio-system/istio-cni", "helm upgrade istio-cni")]
    [InlineData("""{"labels":{"k8s-app":"istio-cni-node","operator.istio.io/component":"Cni"}}""", "istioctl", "istioctl install --set components.cni.enabled=true")]
    [InlineData("""{"managedFields":[{"manager":"argocd-controller"}]}""", "argocd-controller", "manifests")]
    public async Task Agents_that_no_operator_made_are_not_switched_and_the_error_says_who_made_them(string metadata, string maker, string how)
    {
        await using ClusterWorld world = await ClusterWorld.StartAsync();
        world.Objects.PutMesh();
        foreach ((string name, JsonNode? value) in JsonNode.Parse(metadata)!.AsObject())
            world.Objects.Find(Set)!["metadata"]![name] = value?.DeepClone();

        MeshException refused = await Assert.ThrowsAsync<MeshException>(() => CniSwitch.PlanEnableAsync(world.Cluster, new CniRequest(), world.Reporter, Cancel));

        Assert.Equal("CniNotManaged", refused.ErrorId);
        Assert.Contains(maker, refused.Message, StringComparison.Ordinal);
        Assert.Contains(how, refused.Remedy, StringComparison.Ordinal);
        IstioCni state = Assert.Single(await CniReading.ReadAsync(world.Cluster, null, world.Reporter, Cancel));
        Assert.Equal((IstioOperatorKind.None, IstioCniState.Unmanaged, "istio-cni-node", 1), (state.Operator, state.State, state.Name, state.Nodes.Count));
    }

    [Fact]
    public async Task Beside_an_operator_they_are_a_failed_prerequisite()
    {
        await using SwitchWorld world = await SwitchWorld.StartAsync();
        world.Objects.PutAgents();

        Assert.Equal("NoForeignAgent", Assert.Single(CniSwitch.Forbidding(await world.PlanAsync())).Name);
    }

    [Fact]
    public async Task Without_a_mesh_the_error_says_what_to_install()
    {
        await using ClusterWorld world = await ClusterWorld.StartAsync();

        MeshException refused = await Assert.ThrowsAsync<MeshException>(() => CniSwitch.PlanEnableAsync(world.Cluster, new CniRequest(), world.Reporter, Cancel));

        Assert.Equal("MeshNotFound", refused.ErrorId);
        Assert.Contains("Install-IstioOperator", refused.Remedy, StringComparison.Ordinal);
    }
}
