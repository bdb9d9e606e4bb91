using System.Text;
using System.Text.Json.Nodes;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Mesh.Remotes;
using IstioAdmin.Core.Tests.Mesh.Changes;
using IstioAdmin.Testing;

namespace IstioAdmin.Core.Tests.Mesh.Remotes;

/// <summary>Remote clusters with two servers; what an administrator sees of it is tested with the module.</summary>
public sealed class IstioRemotesTests : IAsyncDisposable
{
    private const string Secrets = "/api/v1/namespaces/istio-system/secrets/";
    private const string Remotes = "/apis/istio.banzaicloud.io/v1beta1/namespaces/istio-system/remoteistios/";

    private MeshWorld _home = null!;
    private MeshWorld _far = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _home.DisposeAsync();
        await _far.DisposeAsync();
    }

    [Fact]
    public async Task A_plan_names_each_object_in_the_order_in_which_it_is_needed()
    {
        RemotePlan plan = await PlanAsync(await BanzaiAsync());

        Assert.Equal(2, plan.Parts.Count);
        string account = plan.Parts[0].Steps[1].Name;
        Assert.Matches("^istio-remote-east-[0-9a-f]{8}$", account);
        Assert.Equal(
            ["Create Namespace istio-system", $"Create ServiceAccount istio-system/{account}", $"Create ClusterRole {account}", $"Create ClusterRoleBinding {account}", $"Create Secret istio-system/{account}-token"],
            plan.Parts[0].Steps.Select(step => step.ToString()));
        Assert.Equal(["Create Secret istio-system/east", "Create RemoteIstio istio-system/east"], plan.Parts[1].Steps.Select(step => step.ToString()));
        Assert.Empty(_home.Api.Writes);
        Assert.Empty(_far.Api.Writes);
    }

    [Fact]
    public async Task Banzais_account_may_do_what_its_operator_does_there_and_nothing_with_the_meshs_own_resources()
    {
        await AddAsync(await BanzaiAsync());

        JsonObject[] rules = [.. Role()["rules"]!.AsArray().Select(rule => rule!.AsObject())];
        Assert.Contains(rules, rule => Has(rule, "resources", "endpoints") && Has(rule, "verbs", "create"));
        Assert.Contains(rules, rule => Has(rule, "resources", "istios") && Has(rule, "verbs", "delete"));
        Assert.Contains(rules, rule => Has(rule, "resources", "clusterroles") && Has(rule, "verbs", "create"));
        Assert.DoesNotContain(rules, rule => Has(rule, "resources", "remoteistios") || Has(rule, "resources", "leases"));
        // Rights that grant others.
        Assert.DoesNotContain(rules, rule => Has(rule, "apiGroups", "*") || Has(rule, "verbs", "escalate") || Has(rule, "verbs", "bind"));
    }

    [Fact]
    public async Task Sails_Secret_is_as_Istio_looks_for_it_and_its_account_only_reads()
    {
        await AddAsync(await SailAsync());

        JsonObject secret = _home.Api.Find(Secrets + "istio-remote-secret-east")!;
        Assert.Equal("true", (string?)secret["metadata"]!["labels"]!["istio/multiCluster"]);
        Assert.Equal("east", (string?)secret["metadata"]!["annotations"]!["networking.istio.io/cluster"]);
        Assert.Equal("east", Assert.Single(secret["data"]!.AsObject()).Key);
        JsonObject[] writing = [.. Role()["rules"]!.AsArray().Select(rule => rule!.AsObject())
            .Where(rule => rule["verbs"]!.AsArray().Any(verb => (string?)verb is not ("get" or "list" or "watch")))];
        Assert.Equal(["tokenreviews", "subjectaccessreviews", "serviceexports"], writing.Select(rule => (string?)rule["resources"]![0]));
        IstioRemoteCluster found = Assert.Single(await IstioRemotes.ListAsync(_home.Cluster, await _home.FindAsync(), Cancel));
        Assert.Equal(("east", null, null), (found.Name, found.State, found.ErrorMessage));
    }

    [Fact]
    public async Task What_may_not_be_done_on_the_remote_cluster_shows_before_anything_is_written()
    {
        IstioMesh mesh = await BanzaiAsync();
        _far.Api.Put("/api/v1/namespaces/istio-system", """{"metadata":{"name":"istio-system"}}""");
        _far.Api.Refuse = request => request.Method == "PATCH" && request.Path.Value!.Contains("/clusterroles/", StringComparison.Ordinal) ? (403, "no") : null;

        MeshException refused = await Assert.ThrowsAnyAsync<MeshException>(() => PlanAsync(mesh));

        Assert.Equal(FailureKind.Forbidden, refused.Kind);
        Assert.Empty(_home.Api.Writes);
        Assert.Empty(_far.Api.Writes);
    }

    [Fact]
    public async Task Cisco_is_refused_with_the_way_out()
    {
        _home = await MeshWorld.StartAsync(FakeMeshApi.Cisco);
        _far = await MeshWorld.StartAsync();
        _home.Api.Put("/apis/servicemesh.cisco.com/v1alpha1/namespaces/istio-system/istiocontrolplanes/icp", """{"metadata":{"name":"icp","namespace":"istio-system"},"spec":{"version":"1.13.5"}}""");

        MeshException refused = await Assert.ThrowsAsync<MeshException>(async () => await PlanAsync(await _home.FindAsync()));

        Assert.Equal(("RemoteNotSupported", FailureKind.NotSupported), (refused.ErrorId, refused.Kind));
        Assert.Contains("cluster registry controller", refused.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_mesh_has_an_account_of_its_own()
    {
        IstioMesh mesh = await BanzaiAsync();
        string first = (await PlanAsync(mesh)).Parts[0].Steps[1].Name;
        _home.Api.Put("/api/v1/namespaces/kube-system", """{"metadata":{"name":"kube-system","uid":"another"}}""");

        Assert.NotEqual(first, (await PlanAsync(mesh)).Parts[0].Steps[1].Name);
    }

    [Fact]
    public async Task A_Secret_that_istioctl_made_is_listed_with_what_its_token_says_and_left_alone()
    {
        IstioMesh mesh = await SailAsync();
        string claims = Convert.ToBase64String(Encoding.UTF8.GetBytes("""{"iat":1767225600,"exp":1767229200,"sub":"system:serviceaccount:istio-system:istio-reader-service-account"}""")).TrimEnd('=');
        PutSecret("istio-remote-secret-north", $"clusters: [{{name: n, cluster: {{server: 'https://north:6443'}}}}]\ncontexts: [{{name: n, context: {{cluster: n, user: n}}}}]\ncurrent-context: n\nusers: [{{name: n, user: {{token: h.{claims}.s}}}}]\n");

        IstioRemoteCluster found = Assert.Single(await IstioRemotes.ListAsync(_home.Cluster, mesh, Cancel));
        Assert.Equal(("north", "https://north:6443", "istio-system/istio-reader-service-account"), (found.Name, found.Server, found.Account));
        Assert.Equal((new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2026, 1, 1, 1, 0, 0, TimeSpan.Zero)), (found.TokenIssued, found.TokenExpires));

        await RemoveAsync(mesh, found, TimeSpan.FromSeconds(20));
        Assert.NotNull(_home.Api.Find(Secrets + "istio-remote-secret-north"));
        Assert.Contains(_home.Reporter.Warnings, warning => warning.Contains("left alone", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("no: kubeconfig")]
    [InlineData("a: [")]
    [InlineData("clusters: [{name: n, cluster: {}}]")]
    public async Task A_Secret_without_a_kubeconfig_says_so_and_shows_nothing_of_it(string text)
    {
        IstioMesh mesh = await SailAsync();
        PutSecret("istio-remote-secret-north", text);

        IstioRemoteCluster found = Assert.Single(await IstioRemotes.ListAsync(_home.Cluster, mesh, Cancel));

        Assert.Equal("Secret istio-system/istio-remote-secret-north holds no kubeconfig that could be read", found.ErrorMessage);
    }

    [Fact]
    public async Task An_operator_that_cannot_let_go_because_its_Secret_is_gone_is_explained()
    {
        IstioMesh mesh = await BanzaiAsync();
        _home.Api.Put(Remotes + "east", """{"metadata":{"name":"east","namespace":"istio-system","finalizers":["remote-istio-operator.finializer.banzaicloud.io"]},"status":{"Status":"Available"}}""");
        _home.Api.Put("/api/v1/namespaces/istio-system/pods/istio-operator-0", """
            {"metadata":{"name":"istio-operator-0","namespace":"istio-system","labels":{"control-plane":"controller-manager"}},"spec":{"containers":[{"name":"manager","image":"docker.io/banzaicloud/istio-operator:0.1.21"}]},
             "status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}],"containerStatuses":[{"name":"manager","image":"i","imageID":"","ready":true,"restartCount":0,"state":{"running":{} } }]} }
            """);
        IstioRemoteCluster found = Assert.Single(await IstioRemotes.ListAsync(_home.Cluster, mesh, Cancel));
        Assert.Equal("there is no Secret istio-system/east", found.ErrorMessage);

        MeshException late = await Assert.ThrowsAsync<MeshException>(() => RemoveAsync(mesh, found, TimeSpan.FromSeconds(4)));

        Assert.Equal("RemoteRemovalTimedOut", late.ErrorId);
        Assert.Contains("cannot finish without Secret istio-system/east", late.Message, StringComparison.Ordinal);
        Assert.Contains("kubectl create secret", late.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_operator_forgets_on_the_remote_cluster_is_named()
    {
        IstioMesh mesh = await BanzaiAsync();
        await AddAsync(mesh);
        _far.Api.Served["admissionregistration.k8s.io/v1"] = [("mutatingwebhookconfigurations", "MutatingWebhookConfiguration")];
        _far.Api.Put("/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/istio-sidecar-injector",
            """{"metadata":{"name":"istio-sidecar-injector","ownerReferences":[{"apiVersion":"istio.banzaicloud.io/v1beta1","kind":"Istio","name":"istio-config","uid":"u"}]}}""");

        await RemoveAsync(mesh, Assert.Single(await IstioRemotes.ListAsync(_home.Cluster, mesh, Cancel)), TimeSpan.FromSeconds(20));

        Assert.Contains(_home.Reporter.Warnings, warning => warning.Contains("MutatingWebhookConfiguration istio-sidecar-injector", StringComparison.Ordinal)
            && warning.Contains("Uninstall-IstioOperator", StringComparison.Ordinal));
    }

    private async Task<IstioMesh> BanzaiAsync()
    {
        await StartAsync(FakeMeshApi.Banzai);
        _home.Api.Put(BanzaiPlay.Istio, """{"metadata":{"name":"istio-sample","namespace":"istio-system"},"spec":{"version":"1.1.14","mtls":true},"status":{"Status":"Available"}}""");
        _home.Api.Put(Secrets + "istio-ca-secret", """{"metadata":{"name":"istio-ca-secret"},"data":{"ca-cert.pem":"Yw==","ca-key.pem":"aw=="}}""");
        return await _home.FindAsync();
    }

    private async Task<IstioMesh> SailAsync()
    {
        await StartAsync(FakeMeshApi.Sail);
        _home.Api.Put("/apis/sailoperator.io/v1/istios/default", """{"metadata":{"name":"default"},"spec":{"version":"v1.24.2","namespace":"istio-system"}}""");
        return await _home.FindAsync();
    }

    private async Task StartAsync(string api)
    {
        _home = await MeshWorld.StartAsync(api);
        _far = await MeshWorld.StartAsync("none/v1");
        _far.Api.Drop("/api/v1/namespaces/istio-system");
        _far.Api.Written = (path, item) =>
        {
            if ((string?)item["type"] == "kubernetes.io/service-account-token" && item["data"] is null)
                _far.Api.Update(path, "kube-controller-manager", """{"data":{"ca.crt":"Y2E=","token":"dG9rZW4="}}""");
        };
    }

    private Task<RemotePlan> PlanAsync(IstioMesh mesh) =>
        RemotePlanner.PlanAsync(_home.Cluster, mesh, _far.Cluster, new RemoteOptions { Name = "east", Server = new Uri("https://east:6443") }, _home.Reporter, Cancel);

    private async Task AddAsync(IstioMesh mesh) => await RemotePlanner.RunAsync(await PlanAsync(mesh), null, _home.Reporter, Cancel);

    private async Task RemoveAsync(IstioMesh mesh, IstioRemoteCluster remote, TimeSpan patience) => await RemoteRemover.RunAsync(
        await RemoteRemover.PlanAsync(_home.Cluster, mesh, remote, [_far.Cluster], includeNamespace: false, patience, _home.Reporter, Cancel), _home.Reporter, Cancel);

    private JsonObject Role() => _far.Api.Find(_far.Api.Paths.Single(path => path.Contains("/clusterroles/istio-remote-east-", StringComparison.Ordinal)))!;

    private static bool Has(JsonObject rule, string field, string value) => rule[field]!.AsArray().Any(item => (string?)item == value);

    private void PutSecret(string name, string kubeconfig) => _home.Api.Put(Secrets + name, new JsonObject
    {
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "istio-system", ["labels"] = new JsonObject { ["istio/multiCluster"] = "true" } },
        ["data"] = new JsonObject { ["north"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(kubeconfig)) },
    }.ToJsonString());
}
