using IstioAdmin.Core.Kube.Changes;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Operators;

namespace IstioAdmin.Core.Tests.Operators;

public sealed class OperatorRemovalTests
{
    private const string Owned = """
        "ownerReferences":[{"apiVersion":"istio.banzaicloud.io/v1beta1","kind":"Istio","name":"mesh","uid":"gone","controller":true}]
        """;
    private const string Roles = "/apis/rbac.authorization.k8s.io/v1/clusterroles/";
    private const string Webhooks = "/apis/admissionregistration.k8s.io/v1/";

    private static OperatorRemovalOptions Banzai { get; } = new() { Kind = IstioOperatorKind.Banzai, MeshTimeout = TimeSpan.FromSeconds(6) };

    [Fact]
    public async Task Removing_takes_exactly_what_installing_made_and_keeps_definitions_and_namespace()
    {
        await using OperatorWorld world = await OperatorWorld.StartAsync();
        await world.InstallAsync(IstioOperatorKind.Banzai);

        IstioOperator removed = await world.RemoveAsync(Banzai);
        IstioOperator again = await world.RemoveAsync(Banzai);

        Assert.Equal(["StatefulSet", "Service", "ClusterRoleBinding", "ClusterRole", "ServiceAccount"], removed.Objects.Select(item => item.Kind));
        Assert.All(removed.Objects, item => Assert.Equal(ChangeOutcome.Removed, item.Outcome));
        Assert.Empty(again.Objects);
        Assert.Equal(
            [
                "/api/v1/namespaces/demo", "/api/v1/namespaces/istio-system",
                OperatorWorld.Definition + "istios.istio.banzaicloud.io", OperatorWorld.Definition + "remoteistios.istio.banzaicloud.io",
            ],
            world.Paths);
    }

    [Fact]
    public async Task With_definitions_and_namespace_nothing_is_left()
    {
        await using OperatorWorld world = await OperatorWorld.StartAsync();
        await world.InstallAsync(IstioOperatorKind.Banzai);

        await world.RemoveAsync(Banzai with { IncludeDefinitions = true, IncludeNamespace = true });

        Assert.Equal(["/api/v1/namespaces/demo"], world.Paths);
    }

    [Fact]
    public async Task What_a_deleted_mesh_left_behind_goes_and_what_looks_like_it_stays()
    {
        await using OperatorWorld world = await OperatorWorld.StartAsync();
        await world.InstallAsync(IstioOperatorKind.Banzai);
        world.Served.Add(("authentication.istio.io/v1alpha1", "meshpolicies", "MeshPolicy", false));
        string[] leftovers =
        [
            Webhooks + "mutatingwebhookconfigurations/istio-sidecar-injector",
            Webhooks + "validatingwebhookconfigurations/istio-galley",
            "/apis/authentication.istio.io/v1alpha1/meshpolicies/default",
            Roles + "istio-pilot-cluster-role",
            "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/istio-pilot-cluster-role-binding",
        ];
        foreach (string path in leftovers)
            Put(world, path, Owned);
        world.Put(Webhooks + "validatingwebhookconfigurations/istio-operator-webhook",
            """{"metadata":{"name":"istio-operator-webhook","uid":"w"},"webhooks":[{"name":"istio.validation.banzaicloud.io"}]}""");
        string[] users =
        [
            Roles + "istio-reader",
            Roles + "logging-operator",
            Webhooks + "mutatingwebhookconfigurations/my-injector",
        ];
        Put(world, users[0], "\"labels\":{\"app\":\"istio\"}");
        // Banzai's other operators annotate what they make in the same way.
        Put(world, users[1], "\"annotations\":{\"banzaicloud.com/last-applied\":\"x\"}");
        Put(world, users[2], "\"ownerReferences\":[{\"apiVersion\":\"istio.banzaicloud.io.example.com/v1\",\"kind\":\"Istio\",\"name\":\"x\",\"uid\":\"y\"}]");

        IstioOperator removed = await world.RemoveAsync(Banzai);

        Assert.All(leftovers, path => Assert.Null(world.Find(path)));
        Assert.Null(world.Find(Webhooks + "validatingwebhookconfigurations/istio-operator-webhook"));
        Assert.All(users, path => Assert.NotNull(world.Find(path)));
        // The webhook that refuses new pods goes before anything that takes longer.
        Assert.Equal("MutatingWebhookConfiguration istio-sidecar-injector", removed.Objects.SkipWhile(item => item.Kind != "ServiceAccount").Skip(1).First().ToString());
    }

    [Fact]
    public async Task A_webhook_of_the_operators_name_that_is_another_stays()
    {
        await using OperatorWorld world = await OperatorWorld.StartAsync();
        const string path = Webhooks + "validatingwebhookconfigurations/istio-operator-webhook";
        world.Put(path, """{"metadata":{"name":"istio-operator-webhook","uid":"w"},"webhooks":[{"name":"policy.example.com"}]}""");

        await world.RemoveAsync(Banzai);

        Assert.NotNull(world.Find(path));
    }

    [Fact]
    public async Task Marked_namespaces_lose_the_operators_labels_and_hand_labelled_ones_keep_theirs()
    {
        await using OperatorWorld world = await OperatorWorld.StartAsync();
        world.Put("/api/v1/namespaces/shop", """{"metadata":{"name":"shop","labels":{"istio-injection":"enabled","istio-operator-managed-injection":"enabled","team":"a"}}}""");
        world.Put("/api/v1/namespaces/hand", """{"metadata":{"name":"hand","labels":{"istio-injection":"enabled"}}}""");

        await world.RemoveAsync(Banzai);

        Assert.Equal("""{"team":"a"}""", world.Find("/api/v1/namespaces/shop")!["metadata"]!["labels"]!.ToJsonString());
        Assert.Equal("""{"istio-injection":"enabled"}""", world.Find("/api/v1/namespaces/hand")!["metadata"]!["labels"]!.ToJsonString());
    }

    [Fact]
    public async Task Definitions_of_Istio_go_only_where_the_operator_made_them()
    {
        await using OperatorWorld world = await OperatorWorld.StartAsync();
        Put(world, OperatorWorld.Definition + "gateways.networking.istio.io", Owned);
        Put(world, OperatorWorld.Definition + "sidecars.networking.istio.io", "\"labels\":{\"app\":\"istio\"}");

        await world.RemoveAsync(Banzai);
        Assert.NotNull(world.Find(OperatorWorld.Definition + "gateways.networking.istio.io"));
        await world.RemoveAsync(Banzai with { IncludeDefinitions = true });

        Assert.Null(world.Find(OperatorWorld.Definition + "gateways.networking.istio.io"));
        Assert.NotNull(world.Find(OperatorWorld.Definition + "sidecars.networking.istio.io"));
    }

    [Fact]
    public async Task A_mesh_keeps_its_operator()
    {
        await using OperatorWorld world = await OperatorWorld.StartAsync();
        await world.InstallAsync(IstioOperatorKind.Banzai);
        world.PutIstio();
        int writes = world.Writes.Count();

        MeshException refused = await Assert.ThrowsAsync<MeshException>(() => world.RemoveAsync(Banzai));

        Assert.Equal("MeshExists", refused.ErrorId);
        Assert.Contains("Istio istio-system/mesh", refused.Message, StringComparison.Ordinal);
        Assert.Equal(writes, world.Writes.Count());
    }

    [Fact]
    public async Task With_force_the_mesh_goes_first_while_the_operator_is_there()
    {
        await using OperatorWorld world = await OperatorWorld.StartAsync();
        await world.InstallAsync(IstioOperatorKind.Banzai);
        string mesh = world.PutIstio();
        bool attended = false;
        world.Finalizing = (path, _) =>
        {
            attended = world.Find("/apis/apps/v1/namespaces/istio-system/statefulsets/istio-operator") is not null;
            world.Drop(path);
        };

        IstioOperator removed = await world.RemoveAsync(Banzai with { Force = true });

        Assert.True(attended);
        Assert.Equal("Istio istio-system/mesh", removed.Objects[0].ToString());
        Assert.Null(world.Find(mesh));
        Assert.Empty(await world.FindAsync());
    }

    [Fact]
    public async Task A_mesh_that_hangs_is_named_with_its_finalizer_and_the_operator_stays()
    {
        await using OperatorWorld world = await OperatorWorld.StartAsync();
        await world.InstallAsync(IstioOperatorKind.Banzai);
        string mesh = world.PutIstio();

        MeshException stuck = await Assert.ThrowsAsync<MeshException>(() => world.RemoveAsync(Banzai with { Force = true }));

        Assert.Equal(("MeshStuck", FailureKind.Timeout), (stuck.ErrorId, stuck.Kind));
        Assert.Contains("istio-operator.finalizer.banzaicloud.io", stuck.Message, StringComparison.Ordinal);
        Assert.Contains("-ReleaseFinalizer", stuck.Remedy, StringComparison.Ordinal);
        Assert.NotNull(world.Find(mesh));
        Assert.Single(await world.FindAsync());
    }

    [Fact]
    public async Task Asked_to_the_operators_finalizer_is_taken_off_with_a_warning()
    {
        await using OperatorWorld world = await OperatorWorld.StartAsync();
        string mesh = world.PutIstio();

        await world.RemoveAsync(Banzai with { Force = true, ReleaseFinalizers = true });

        Assert.Null(world.Find(mesh));
        Assert.Contains(world.Reporter.Warnings, warning => warning.Contains("istio-operator.finalizer.banzaicloud.io", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Finalizers_of_others_are_never_taken_off()
    {
        await using OperatorWorld world = await OperatorWorld.StartAsync();
        string mesh = world.PutIstio(finalizer: "backup.example.com/keep");

        MeshException stuck = await Assert.ThrowsAsync<MeshException>(() => world.RemoveAsync(Banzai with { Force = true, ReleaseFinalizers = true }));

        Assert.Equal("MeshStuck", stuck.ErrorId);
        Assert.NotNull(world.Find(mesh));
    }

    [Fact]
    public async Task Somebody_elses_operator_goes_only_with_force_and_with_its_own_account_alone()
    {
        await using OperatorWorld world = await OperatorWorld.StartAsync();
        world.PutWorkload("statefulsets", "StatefulSet", "istio-system", "op", "banzaicloud/istio-operator:0.1.21");
        Put(world, "/api/v1/namespaces/istio-system/serviceaccounts/op", "\"namespace\":\"istio-system\"");
        const string bindings = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/";
        const string subject = """{"kind":"ServiceAccount","name":"op","namespace":"istio-system"}""";
        world.Put(bindings + "alone", $$"""{"metadata":{"name":"alone","uid":"1"},"subjects":[{{subject}}]}""");
        world.Put(bindings + "shared", $$"""{"metadata":{"name":"shared","uid":"2"},"subjects":[{{subject}},{"kind":"User","name":"me"}]}""");

        MeshException refused = await Assert.ThrowsAsync<MeshException>(() => world.RemoveAsync(Banzai));
        await world.RemoveAsync(Banzai with { Force = true });

        Assert.Equal("OperatorNotOurs", refused.ErrorId);
        Assert.Equal(["/api/v1/namespaces/demo", bindings + "shared"], world.Paths);
    }

    [Fact]
    public async Task What_OLM_installed_is_left_to_it()
    {
        await using OperatorWorld world = await OperatorWorld.StartAsync();
        world.PutWorkload("deployments", "Deployment", "operators", "sail", "sail-operator:1", """{"labels":{"olm.owner":"sailoperator.v1"}}""");

        MeshException refused = await Assert.ThrowsAsync<MeshException>(() => world.RemoveAsync(new OperatorRemovalOptions { Kind = IstioOperatorKind.Sail, Force = true }));

        Assert.Equal("OperatorNotOurs", refused.ErrorId);
        Assert.Contains("Subscription", refused.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_removal_that_breaks_off_says_what_is_gone_and_the_next_one_completes()
    {
        await using OperatorWorld world = await OperatorWorld.StartAsync();
        await world.InstallAsync(IstioOperatorKind.Banzai);
        world.Refuse = request => request.Method == "DELETE" && request.Path.Value!.Contains("clusterroles/", StringComparison.Ordinal) ? (403, "no") : null;

        MeshException broken = await Assert.ThrowsAsync<MeshException>(() => world.RemoveAsync(Banzai));
        world.Refuse = _ => null;
        IstioOperator completed = await world.RemoveAsync(Banzai);

        Assert.Equal("OperatorRemovalIncomplete", broken.ErrorId);
        Assert.Contains("removed only in part", broken.Message, StringComparison.Ordinal);
        Assert.Contains("StatefulSet istio-system/istio-operator", broken.Message, StringComparison.Ordinal);
        Assert.Equal(["ClusterRole", "ServiceAccount"], completed.Objects.Select(item => item.Kind));
    }

    [Fact]
    public async Task A_namespace_that_was_there_before_stays()
    {
        await using OperatorWorld world = await OperatorWorld.StartAsync();
        world.Put("/api/v1/namespaces/istio-system", """{"metadata":{"name":"istio-system"},"status":{"phase":"Active"}}""");
        await world.InstallAsync(IstioOperatorKind.Banzai);

        await world.RemoveAsync(Banzai with { IncludeNamespace = true });

        Assert.NotNull(world.Find("/api/v1/namespaces/istio-system"));
        Assert.Contains(world.Reporter.Warnings, warning => warning.Contains("istio-system stays", StringComparison.Ordinal));
    }

    private static void Put(OperatorWorld world, string path, string metadata)
    {
        string name = path[(path.LastIndexOf('/') + 1)..];
        world.Put(path, $$"""{"metadata":{"name":"{{name}}","uid":"u-{{name}}",{{metadata}} } }""");
    }
}
