using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube.Changes;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Operators;

namespace IstioAdmin.Core.Tests.Operators;

public sealed class OperatorInstallTests
{
    private const string StatefulSet = "/apis/apps/v1/namespaces/istio-system/statefulsets/istio-operator";

    private static OperatorOptions Banzai { get; } = new() { Kind = IstioOperatorKind.Banzai };

    [Fact]
    public async Task Installing_makes_the_namespace_and_everything_else_and_a_second_run_writes_nothing()
    {
        await using OperatorWorld world = await OperatorWorld.StartAsync();

        IstioOperator first = await world.InstallAsync(IstioOperatorKind.Banzai);
        int writes = world.Writes.Count();
        IstioOperator second = await world.InstallAsync(IstioOperatorKind.Banzai);

        Assert.Equal(("Banzai", "istio-system", "istio-operator", "0.1.21", "1.1", true, "IstioAdmin"),
            (first.Distribution, first.Namespace, first.Name, first.Version, first.Line, first.Ready, first.InstalledBy));
        Assert.Equal(
            [
                "Namespace", "CustomResourceDefinition", "CustomResourceDefinition", "ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Service", "StatefulSet",
            ],
            first.Objects.Select(item => item.Kind));
        Assert.All(first.Objects, item => Assert.Equal(ChangeOutcome.Created, item.Outcome));
        Assert.All(second.Objects, item => Assert.Equal(ChangeOutcome.Unchanged, item.Outcome));
        Assert.Equal(writes, world.Writes.Count());
    }

    [Fact]
    public async Task Definitions_are_of_the_version_that_the_server_has()
    {
        await using OperatorWorld world = await OperatorWorld.StartAsync("v1.15.12", definitions: "v1beta1");

        await world.InstallAsync(IstioOperatorKind.Banzai);

        JsonObject definition = world.Find("/apis/apiextensions.k8s.io/v1beta1/customresourcedefinitions/istios.istio.banzaicloud.io")!;
        Assert.Equal("apiextensions.k8s.io/v1beta1", (string?)definition["apiVersion"]);
        Assert.Equal("^1.1", (string?)definition["spec"]!["validation"]!["openAPIV3Schema"]!["properties"]!["spec"]!["properties"]!["version"]!["pattern"]);
        Assert.DoesNotContain("x-kubernetes", definition.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Image_and_pull_secrets_are_those_that_were_named()
    {
        await using OperatorWorld world = await OperatorWorld.StartAsync();

        await world.InstallAsync(Banzai with { Image = "registry.example.com/operator:1", PullSecrets = ["mirror"] });

        JsonNode pod = world.Find(StatefulSet)!["spec"]!["template"]!["spec"]!;
        Assert.Equal("registry.example.com/operator:1", (string?)pod["containers"]![0]!["image"]);
        Assert.Equal("mirror", (string?)pod["imagePullSecrets"]![0]!["name"]);
    }

    [Theory]
    [InlineData("v1.22.1", "1.10 to 1.21")]
    [InlineData("v1.9.3", "1.10 to 1.21")]
    public async Task A_version_of_Kubernetes_outside_the_range_is_refused_with_the_range(string version, string range)
    {
        await using OperatorWorld world = await OperatorWorld.StartAsync(version);

        MeshException refused = await Assert.ThrowsAsync<MeshException>(() => world.PlanAsync(Banzai));

        Assert.Equal(("KubernetesNotSupported", FailureKind.NotSupported), (refused.ErrorId, refused.Kind));
        Assert.Contains(range, refused.Message, StringComparison.Ordinal);
        Assert.Contains(version, refused.Message, StringComparison.Ordinal);
        Assert.Empty(world.Writes);
        Assert.NotEmpty((await world.PlanAsync(Banzai with { AnyKubernetes = true })).Steps);
        Assert.Contains(world.Reporter.Warnings, warning => warning.Contains(range, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("v1.20.2", "1.13")]
    [InlineData("v1.22.9-eks-1", "1.16")]
    [InlineData("v1.26.4", "1.17")]
    public async Task The_second_generation_comes_in_the_newest_line_that_the_cluster_supports(string version, string line)
    {
        await using OperatorWorld world = await OperatorWorld.StartAsync(version);

        Assert.Equal(line, (await world.PlanAsync(new OperatorOptions { Kind = IstioOperatorKind.Cisco })).Version);
    }

    [Fact]
    public async Task An_unknown_line_is_an_error_that_lists_the_known_ones()
    {
        await using OperatorWorld world = await OperatorWorld.StartAsync();

        MeshException refused = await Assert.ThrowsAsync<MeshException>(() => world.PlanAsync(Banzai with { Version = "1.12" }));

        Assert.Equal("OperatorVersionNotFound", refused.ErrorId);
        Assert.Contains("1.4 (Kubernetes 1.13 to 1.21)", refused.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sail_without_a_chart_is_an_error_that_says_where_it_is()
    {
        await using OperatorWorld world = await OperatorWorld.StartAsync();

        MeshException refused = await Assert.ThrowsAsync<MeshException>(() => world.PlanAsync(new OperatorOptions { Kind = IstioOperatorKind.Sail }));

        Assert.Equal("OperatorChartRequired", refused.ErrorId);
        Assert.Contains("helm repo add", refused.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Objects_of_somebody_else_are_taken_over_only_with_force()
    {
        await using OperatorWorld world = await OperatorWorld.StartAsync();
        const string path = "/apis/rbac.authorization.k8s.io/v1/clusterroles/istio-operator";
        world.Put(path, """{"metadata":{"name":"istio-operator","managedFields":[{"manager":"helm","operation":"Update"}]}}""");

        MeshException refused = await Assert.ThrowsAsync<MeshException>(() => world.PlanAsync(Banzai));
        IstioOperator forced = await world.InstallAsync(Banzai with { Force = true });

        Assert.Equal("OperatorObjectExists", refused.ErrorId);
        Assert.Contains("ClusterRole istio-operator (managed by helm)", refused.Message, StringComparison.Ordinal);
        Assert.Equal(ChangeOutcome.Changed, forced.Objects.Single(item => item.Kind == "ClusterRole").Outcome);
    }

    [Fact]
    public async Task A_second_operator_of_the_kind_is_refused_even_with_force()
    {
        await using OperatorWorld world = await OperatorWorld.StartAsync();
        world.PutWorkload("statefulsets", "StatefulSet", "mesh", "my-operator", "banzaicloud/istio-operator:0.1.20");

        MeshException refused = await Assert.ThrowsAsync<MeshException>(() => world.PlanAsync(Banzai with { Force = true }));

        Assert.Equal("OperatorExists", refused.ErrorId);
        Assert.Contains("StatefulSet mesh/my-operator", refused.Message, StringComparison.Ordinal);
        Assert.Contains("kubectl-client-side-apply", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_terminating_namespace_is_named_before_anything_is_written()
    {
        await using OperatorWorld world = await OperatorWorld.StartAsync();
        world.Put("/api/v1/namespaces/istio-system", """{"metadata":{"name":"istio-system"},"status":{"phase":"Terminating"}}""");

        MeshException refused = await Assert.ThrowsAsync<MeshException>(() => world.PlanAsync(Banzai));

        Assert.Equal("NamespaceTerminating", refused.ErrorId);
        Assert.Empty(world.Writes);
    }

    [Fact]
    public async Task A_run_that_breaks_off_says_what_was_written_and_the_next_one_completes()
    {
        await using OperatorWorld world = await OperatorWorld.StartAsync();
        ChangePlan plan = await world.PlanAsync(Banzai);
        world.Refuse = request => request.Method == "PATCH" && request.Path.Value!.Contains("clusterrolebindings", StringComparison.Ordinal) ? (403, "no") : null;

        MeshException broken = await Assert.ThrowsAsync<MeshException>(() =>
            IstioOperators.InstallAsync(plan, Banzai, null, world.Reporter, TestContext.Current.CancellationToken));
        world.Refuse = _ => null;
        IstioOperator completed = await world.InstallAsync(IstioOperatorKind.Banzai);

        Assert.Equal(("OperatorIncomplete", FailureKind.Forbidden), (broken.ErrorId, broken.Kind));
        Assert.Contains("ClusterRole istio-operator", broken.Message, StringComparison.Ordinal);
        Assert.Equal(3, completed.Objects.Count(item => item.Outcome == ChangeOutcome.Created));
    }

    [Fact]
    public async Task An_image_that_cannot_be_pulled_is_named_with_its_reason()
    {
        await using OperatorWorld world = await OperatorWorld.StartAsync();
        world.RollsOut = false;
        PutOperatorPod(world, """{"containerStatuses":[{"name":"manager","image":"docker.io/banzaicloud/istio-operator:0.1.21","imageID":"","ready":false,"restartCount":0,"state":{"waiting":{"reason":"ImagePullBackOff","message":"not found"}}}]}""");

        MeshException late = await Assert.ThrowsAsync<MeshException>(() => world.InstallAsync(Banzai, TimeSpan.FromSeconds(10)));

        Assert.Equal(("OperatorNotReady", FailureKind.Timeout), (late.ErrorId, late.Kind));
        Assert.Contains("ImagePullBackOff (image docker.io/banzaicloud/istio-operator:0.1.21)", late.Message, StringComparison.Ordinal);
        Assert.Contains("-ImagePullSecret", late.Remedy, StringComparison.Ordinal);
        Assert.Contains(world.Reporter.Statuses, status => status.Contains("ImagePullBackOff", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_quota_that_keeps_the_pod_out_is_read_from_events()
    {
        await using OperatorWorld world = await OperatorWorld.StartAsync();
        world.RollsOut = false;
        world.Put("/api/v1/namespaces/istio-system/events/e", """
            {"metadata":{"name":"e","namespace":"istio-system","creationTimestamp":"2026-01-01T00:00:00Z"},"type":"Warning","reason":"FailedCreate",
             "message":"create Pod istio-operator-0 in StatefulSet istio-operator failed: exceeded quota: small","involvedObject":{"kind":"StatefulSet","name":"istio-operator"}}
            """);

        MeshException late = await Assert.ThrowsAsync<MeshException>(() => world.InstallAsync(Banzai, TimeSpan.FromSeconds(10)));

        Assert.Contains("exceeded quota: small", late.Message, StringComparison.Ordinal);
        Assert.Contains("quota", late.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_waiting_the_operator_may_be_not_ready()
    {
        await using OperatorWorld world = await OperatorWorld.StartAsync();
        world.RollsOut = false;
        ChangePlan plan = await world.PlanAsync(Banzai);

        IstioOperator started = await IstioOperators.InstallAsync(plan, Banzai, null, world.Reporter, TestContext.Current.CancellationToken);

        Assert.False(started.Ready);
        Assert.NotNull(started.Message);
    }

    [Fact]
    public async Task What_is_declined_is_not_written_and_nothing_waits_for_it()
    {
        await using OperatorWorld world = await OperatorWorld.StartAsync();
        ChangePlan plan = (await world.PlanAsync(Banzai)).Approve(step => step.Resource.Kind != "StatefulSet");

        IstioOperator partly = await IstioOperators.InstallAsync(plan, Banzai, TimeSpan.FromMinutes(5), world.Reporter, TestContext.Current.CancellationToken);

        Assert.False(partly.Ready);
        Assert.Null(world.Find(StatefulSet));
        Assert.Equal(ChangeOutcome.Declined, partly.Objects[^1].Outcome);
    }

    [Fact]
    public async Task Updating_takes_an_operator_and_keeps_its_line_unless_told_otherwise()
    {
        await using OperatorWorld world = await OperatorWorld.StartAsync();
        MeshException none = await Assert.ThrowsAsync<MeshException>(() => world.PlanAsync(Banzai with { Update = true }));
        await world.InstallAsync(Banzai with { Version = "1.2", Namespace = "mesh" });

        ChangePlan same = await world.PlanAsync(Banzai with { Update = true });
        IstioOperator updated = await world.InstallAsync(Banzai with { Update = true, Version = "1.4" });

        Assert.Equal("OperatorNotFound", none.ErrorId);
        Assert.All(same.Steps, step => Assert.Equal(ChangeAction.Keep, step.Action));
        Assert.Equal(("mesh", "0.4.16", "1.4"), (updated.Namespace, updated.Version, updated.Line));
        Assert.Contains(updated.Objects, item => item is { Name: "meshgateways.istio.banzaicloud.io", Outcome: ChangeOutcome.Created });
    }

    [Fact]
    public async Task Meshes_that_the_new_line_does_not_keep_are_warned_about()
    {
        await using OperatorWorld world = await OperatorWorld.StartAsync();
        world.PutIstio("1.1.14");

        await world.PlanAsync(Banzai with { Version = "1.2" });

        Assert.Contains(world.Reporter.Warnings, warning => warning.Contains("istio-system/mesh has version 1.1.14", StringComparison.Ordinal));
    }

    private static void PutOperatorPod(OperatorWorld world, string status) => world.Put("/api/v1/namespaces/istio-system/pods/istio-operator-0", $$"""
        {"metadata":{"name":"istio-operator-0","namespace":"istio-system","uid":"p","creationTimestamp":"2026-01-01T00:00:00Z",
          "labels":{"app.kubernetes.io/name":"istio-operator","app.kubernetes.io/instance":"istio-operator","app.kubernetes.io/component":"operator"},
          "ownerReferences":[{"apiVersion":"apps/v1","kind":"StatefulSet","name":"istio-operator","uid":"s","controller":true}]},
         "spec":{"nodeName":"node-1","containers":[{"name":"manager"}]},"status":{{status}}}
        """);
}
