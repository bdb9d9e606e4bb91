using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Operators;

namespace IstioAdmin.Core.Tests.Operators;

public sealed class OperatorFinderTests
{
    [Theory]
    [InlineData("statefulsets", "StatefulSet", "banzaicloud/istio-operator:0.1.21", "Banzai", "0.1.21")]
    [InlineData("statefulsets", "StatefulSet", "ghcr.io/banzaicloud/istio-operator:v0.9.11", "Banzai", "v0.9.11")]
    [InlineData("statefulsets", "StatefulSet", "registry:5000/mirror/istio-operator@sha256:00", "Banzai", null)]
    [InlineData("deployments", "Deployment", "ghcr.io/banzaicloud/istio-operator:v2.17.4", "Cisco", "v2.17.4")]
    [InlineData("deployments", "Deployment", "registry:5000/istio-operator:latest", "Cisco", "latest")]
    [InlineData("deployments", "Deployment", "quay.io/sail-dev/sail-operator:1.31-latest", "Sail", "1.31-latest")]
    [InlineData("deployments", "Deployment", "registry.redhat.io/openshift-service-mesh/istio-rhel9-operator@sha256:00", "Sail", null)]
    public async Task An_operator_is_known_by_its_image(string plural, string kind, string image, string distribution, string? version)
    {
        await using OperatorWorld world = await OperatorWorld.StartAsync();
        world.PutWorkload(plural, kind, "mesh", "op", image);
        world.PutWorkload("deployments", "Deployment", "istio-operator", "istio-operator", "docker.io/istio/operator:1.20.0");

        IstioOperator found = Assert.Single(await world.FindAsync());

        Assert.Equal((distribution, version, image, true), (found.Distribution, found.Version, found.Image, found.Ready));
    }

    [Fact]
    public async Task Who_installed_it_is_told_by_labels_annotations_and_managers()
    {
        await using OperatorWorld world = await OperatorWorld.StartAsync();
        world.PutWorkload("statefulsets", "StatefulSet", "a", "op", "banzaicloud/istio-operator:0.1.21");
        world.PutWorkload("deployments", "Deployment", "b", "sail", "sail-operator:1", """{"annotations":{"meta.helm.sh/release-name":"mine"}}""");
        world.PutWorkload("deployments", "Deployment", "c", "sail", "sail-operator:1", """{"labels":{"olm.owner":"sailoperator.v1"}}""");

        Assert.Equal(["Helm release mine", "Operator Lifecycle Manager", "kubectl-client-side-apply"], (await world.FindAsync()).Select(found => found.InstalledBy));
    }

    [Fact]
    public async Task The_distribution_filters()
    {
        await using OperatorWorld world = await OperatorWorld.StartAsync();
        await world.InstallAsync(IstioOperatorKind.Banzai);
        await world.InstallAsync(IstioOperatorKind.Cisco);

        Assert.Equal(["Cisco"], (await world.FindAsync(IstioOperatorKind.Cisco)).Select(found => found.Distribution));
        Assert.Equal(["Banzai", "Cisco"], (await world.FindAsync()).Select(found => found.Distribution).Order());
    }

    [Fact]
    public async Task An_operator_whose_pods_may_not_be_seen_is_found_all_the_same()
    {
        await using OperatorWorld world = await OperatorWorld.StartAsync();
        world.RollsOut = false;
        await world.InstallAsync(new OperatorOptions { Kind = IstioOperatorKind.Cisco }, wait: TimeSpan.FromMilliseconds(1)).ContinueWith(_ => { }, TaskScheduler.Default);
        world.Refuse = request => request.Path.Value!.EndsWith("/pods", StringComparison.Ordinal) ? (403, "pods is forbidden") : null;

        IstioOperator found = Assert.Single(await world.FindAsync());

        Assert.False(found.Ready);
        Assert.Contains("pods", found.Message, StringComparison.Ordinal);
    }
}
