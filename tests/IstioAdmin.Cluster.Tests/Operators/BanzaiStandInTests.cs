using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using IstioAdmin.Testing;
using IstioAdmin.Sandbox.Client;
using IstioAdmin.Sandbox.Operators.Banzai;

namespace IstioAdmin.Cluster.Tests.Operators;

/// <summary>The stand-in for Banzai's operator does what the real one was seen to do.</summary>
[Collection(OperatorBed.Collection)]
public sealed class BanzaiStandInTests(RealOperatorBed bed) : IAsyncLifetime
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private const string Meshes = "apis/istio.banzaicloud.io/v1beta1/istios";
    private const string Mesh = "apis/istio.banzaicloud.io/v1beta1/namespaces/istio-system/istios/mesh";
    private const string System = "api/v1/namespaces/istio-system";

    private static readonly string Istio = """
        {"apiVersion":"istio.banzaicloud.io/v1beta1","kind":"Istio","metadata":{"name":"mesh"},"spec":{"version":"1.1.5","mtls":true,"autoInjectionNamespaces":["shop","nowhere"]}}
        """;

    private ClusterApi Api => bed.Api;

    public async ValueTask InitializeAsync()
    {
        await bed.ResetAsync();
        await new PlainOperator(bed).InstallAsync("docker.io/banzaicloud/istio-operator:0.1.21", "istio.banzaicloud.io", "v1beta1", ("Istio", "istios"), ("RemoteIstio", "remoteistios"));
        await Eventually.BecomesTrueAsync(() => bed.Running<BanzaiOperator>().Count == 1, "the operator runs");
        await Eventually.BecomesTrueAsync(
            async () => await Api.FindAsync("apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/istio-operator-webhook") is not null, "it guards its resource");
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Statuses_defaults_and_objects_are_those_that_were_observed()
    {
        await bed.CreateNamespaceAsync("shop");
        var story = new ConcurrentQueue<(int Generation, string? Status)>();
        using var stop = new CancellationTokenSource();
        string from = (await Api.ListVersionedAsync(Meshes, stop.Token))!.Value.Version;
        Task listening = Task.Run(async () =>
        {
            await foreach ((_, JsonObject item) in Api.FollowAsync(Meshes, from, stop.Token))
                story.Enqueue(((int)item["metadata"]!["generation"]!, (string?)item["status"]?["Status"]));
        }, stop.Token);

        await CreateAsync();
        JsonObject mesh = await AvailableAsync();

        await Eventually.BecomesTrueAsync(() => story.Count(seen => seen.Status == "Available") >= 2, "a second round follows");
        await stop.CancelAsync();
        await listening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        Assert.Equal([null, "Created", "Created", "Reconciling", "Available", "Reconciling", "Available"], story.Select(seen => seen.Status).Take(7));
        Assert.Equal([1, 1, 2, 2, 2, 2, 2], story.Select(seen => seen.Generation).Take(7));
        Assert.Equal("istio-operator.finializer.banzaicloud.io", (string?)mesh["metadata"]!["finalizers"]![0]);
        Assert.Equal("127.0.0.10", (string?)mesh["status"]!["GatewayAddress"]![0]);
        Assert.Equal("docker.io/istio/pilot:1.1.14", (string?)mesh["spec"]!["pilot"]!["image"]);
        Assert.Equal(["istio-system"], mesh["spec"]!["sidecarInjector"]!["initCNIConfiguration"]!["excludeNamespaces"]!.AsArray().Select(name => (string?)name));
        JsonNode labels = (await Api.GetAsync("api/v1/namespaces/shop", cancel: Cancel))["metadata"]!["labels"]!;
        Assert.Equal(("enabled", "enabled"), ((string?)labels["istio-injection"], (string?)labels["istio-operator-managed-injection"]));
        Assert.Equal(
            ["istio-citadel", "istio-egressgateway", "istio-galley", "istio-ingressgateway", "istio-pilot", "istio-policy", "istio-sidecar-injector", "istio-telemetry"],
            (await Api.ListAsync("apis/apps/v1/namespaces/istio-system/deployments", cancel: Cancel)).Select(item => (string)item["metadata"]!["name"]!).Where(name => name != "operator"));
        Assert.Equal(5, (await Api.ListAsync("apis/autoscaling/v1/namespaces/istio-system/horizontalpodautoscalers", cancel: Cancel)).Count);
    }

    [Fact]
    public async Task The_plugin_goes_on_and_off_with_its_objects_and_pods_are_injected_accordingly()
    {
        await bed.CreateNamespaceAsync("shop");
        await CreateAsync();
        await AvailableAsync();
        Assert.Equal("istio-init", await InjectedAsync("before"));

        await Api.PatchAsync(Mesh, Parse("""{"spec":{"sidecarInjector":{"initCNIConfiguration":{"enabled":true}}}}"""), cancel: Cancel);
        await Eventually.BecomesTrueAsync(async () => (int?)(await SetAsync())?["status"]?["numberReady"] == 2, "the agents are ready on both nodes");
        await Eventually.BecomesTrueAsync(async () => !(await InjectorAsync()).Contains("- name: istio-init", StringComparison.Ordinal), "the template has no istio-init");
        Assert.Equal("", await InjectedAsync("during"));
        long generation = (long)(await SetAsync())!["metadata"]!["generation"]!;
        await Api.PatchAsync(Mesh, Parse("""{"spec":{"sidecarInjector":{"initCNIConfiguration":{"excludeNamespaces":["a"]}}}}"""), cancel: Cancel);
        await Eventually.BecomesTrueAsync(async () =>
            ((string)(await Api.GetAsync($"{System}/configmaps/istio-cni-config"))["data"]!["cni_network_config"]!).Contains("[\"a\"]", StringComparison.Ordinal), "the settings have it");
        Assert.Equal(generation, (long)(await SetAsync())!["metadata"]!["generation"]!);

        await Api.PatchAsync(Mesh, Parse("""{"spec":{"sidecarInjector":{"initCNIConfiguration":{"enabled":false}}}}"""), cancel: Cancel);
        await Eventually.BecomesTrueAsync(async () => await SetAsync() is null, "the agents' DaemonSet is gone");
        await Eventually.BecomesTrueAsync(async () => (await InjectorAsync()).Contains("- name: istio-init", StringComparison.Ordinal), "istio-init is back");
        Assert.Null(await Api.FindAsync($"{System}/configmaps/istio-cni-config", cancel: Cancel));
        Assert.Equal("istio-init", await InjectedAsync("after"));
    }

    [Fact]
    public async Task A_second_mesh_is_refused_in_a_dry_run_too_and_an_old_version_by_the_definition()
    {
        await CreateAsync();
        // The server hears of a webhook a moment after it was written.
        await Eventually.BecomesTrueAsync(async () => await RefusedAsync(), "the webhook is called");
        ClusterApiException second = await Assert.ThrowsAsync<ClusterApiException>(() => CreateAsync("other", query: "?dryRun=All"));
        ClusterApiException old = await Assert.ThrowsAsync<ClusterApiException>(() => CreateAsync("old", Istio.Replace("1.1.5", "1.0.5", StringComparison.Ordinal)));

        Assert.Equal((400, true), ((int)second.Status, second.Message.Contains("istio config resource already exists", StringComparison.Ordinal)));
        Assert.Equal(422, (int)old.Status);
        Assert.Contains("spec.version in body should match '^1.1'", old.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_load_balancer_the_round_fails_until_there_is_one()
    {
        bed.LoadBalancers = false;
        await CreateAsync();
        JsonObject pending = await UntilAsync(item => (string?)item["status"]?["Status"] == "ReconcileFailed", "the round fails");
        Assert.Equal("ingress gateway endpoint address is pending", (string?)pending["status"]!["ErrorMessage"]);

        bed.LoadBalancers = true;
        await AvailableAsync();
    }

    [Fact]
    public async Task A_cluster_address_with_the_default_ports_is_refused_by_the_server()
    {
        JsonObject mesh = Parse(Istio);
        mesh["spec"]!["gateways"] = Parse("""{"ingress":{"serviceType":"ClusterIP"}}""");
        await CreateAsync(text: mesh.ToJsonString());

        JsonObject failed = await UntilAsync(item => (string?)item["status"]?["Status"] == "ReconcileFailed", "the round fails");

        Assert.Contains("nodePort: Forbidden", (string)failed["status"]!["ErrorMessage"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_killed_operator_leaves_Reconciling_for_ever_and_deletion_hangs()
    {
        bed.Faults.Hang = true;
        await CreateAsync();
        await UntilAsync(item => (string?)item["status"]?["Status"] == "Reconciling", "the round has begun");

        await bed.KillAsync<BanzaiOperator>();
        bed.Faults.Hang = false;
        await Eventually.BecomesTrueAsync(() => bed.Running<BanzaiOperator>().Count == 1, "the operator runs again");
        await Task.Delay(bed.Times.Retry * 3, TestContext.Current.CancellationToken);
        await Api.DeleteAsync(Mesh, cancel: Cancel);
        await Task.Delay(bed.Times.Retry * 2, TestContext.Current.CancellationToken);

        JsonObject stuck = await Api.GetAsync(Mesh, cancel: Cancel);
        Assert.Equal("Reconciling", (string?)stuck["status"]!["Status"]);
        Assert.NotNull(stuck["metadata"]!["deletionTimestamp"]);
    }

    [Fact]
    public async Task A_stopped_operator_lets_go_and_says_Unmanaged()
    {
        await CreateAsync();
        await AvailableAsync();

        await Api.DeleteAsync("apis/apps/v1/namespaces/istio-system/deployments/operator", cancel: Cancel);

        JsonObject mesh = await UntilAsync(item => (string?)item["status"]?["Status"] == "Unmanaged", "the operator has let go");
        Assert.Null(mesh["metadata"]!["finalizers"]);
    }

    [Fact]
    public async Task Deletion_leaves_what_is_of_cluster_scope_and_new_pods_are_refused()
    {
        await bed.CreateNamespaceAsync("shop");
        await CreateAsync();
        await AvailableAsync();

        await Api.DeleteAsync(Mesh, cancel: Cancel);

        await Eventually.BecomesTrueAsync(async () => await Api.FindAsync(Mesh) is null, "the resource is gone");
        await Eventually.BecomesTrueAsync(async () =>
            (await Api.ListAsync("apis/apps/v1/namespaces/istio-system/deployments")).Count == 1 && await Api.FindAsync($"{System}/secrets/istio-ca-secret") is null
            && await Api.FindAsync($"{System}/services/istio-sidecar-injector") is null,
            "what was in the namespace is gone");
        Assert.NotNull(await Api.FindAsync("apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/istio-sidecar-injector", cancel: Cancel));
        Assert.NotNull(await Api.FindAsync("apis/rbac.authorization.k8s.io/v1/clusterroles/istio-pilot-cluster-role", cancel: Cancel));
        Assert.NotNull(await Api.FindAsync("apis/authentication.istio.io/v1alpha1/meshpolicies/default", cancel: Cancel));
        Assert.Equal("enabled", (string?)(await Api.GetAsync("api/v1/namespaces/shop", cancel: Cancel))["metadata"]!["labels"]!["istio-injection"]);
        // The server resolves the service from its cache: the first calls after the deletion may still reach the injector.
        ClusterApiException? refused = null;
        int pod = 0;
        await Eventually.BecomesTrueAsync(
            async () => (refused = await Record.ExceptionAsync(() => InjectedAsync($"late-{pod++}")) as ClusterApiException) is not null, "new pods are refused");
        Assert.Contains("failed calling webhook \"sidecar-injector.istio.io\"", refused!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_remote_mesh_misses_its_parts_in_order()
    {
        const string remotes = "apis/istio.banzaicloud.io/v1beta1/namespaces/istio-system/remoteistios";
        await Api.PostAsync(remotes, Named("istio.banzaicloud.io/v1beta1", "RemoteIstio", "far"), cancel: Cancel);
        await MessageAsync("could not populate sign certs: Secret \"istio-ca-secret\" not found");
        await SecretAsync("istio-ca-secret", "ca-cert.pem", "cert");
        await MessageAsync("could not get remote cluster: Secret \"far\" not found");
        // Its own cluster plays the remote one, and the user of the kubeconfig may do nothing there.
        await SecretAsync("far", "config", await File.ReadAllTextAsync(bed.ControlPlane.NobodyKubeconfig, Cancel));
        await Eventually.BecomesTrueAsync(
            async () => ((string?)(await Api.GetAsync($"{remotes}/far"))["status"]?["ErrorMessage"])?.Contains("is forbidden: User \"nobody\"", StringComparison.Ordinal) == true, "it works with the kubeconfig");

        Task MessageAsync(string message) => Eventually.BecomesTrueAsync(
            async () => (string?)(await Api.GetAsync($"{remotes}/far"))["status"]?["ErrorMessage"] == message, message);
        Task SecretAsync(string name, string key, string value)
        {
            JsonObject secret = Named("v1", "Secret", name);
            secret["stringData"] = new JsonObject { [key] = value };
            return Api.PostAsync($"{System}/secrets", secret);
        }
    }

    private async Task<bool> RefusedAsync()
    {
        try
        {
            await CreateAsync("other", query: "?dryRun=All");
            return false;
        }
        catch (ClusterApiException)
        {
            return true;
        }
    }

    private Task<JsonObject> CreateAsync(string name = "mesh", string? text = null, string query = "")
    {
        JsonObject mesh = Parse(text ?? Istio);
        mesh["metadata"]!["name"] = name;
        return Api.PostAsync("apis/istio.banzaicloud.io/v1beta1/namespaces/istio-system/istios" + query, mesh);
    }

    private Task<JsonObject> AvailableAsync() => UntilAsync(item => (string?)item["status"]?["Status"] == "Available", "the mesh is available");

    private async Task<JsonObject> UntilAsync(Func<JsonObject, bool> condition, string what)
    {
        JsonObject? found = null;
        await Eventually.BecomesTrueAsync(async () => condition(found = await Api.GetAsync(Mesh)), what);
        return found!;
    }

    private Task<JsonObject?> SetAsync() => Api.FindAsync("apis/apps/v1/namespaces/istio-system/daemonsets/istio-cni-node");

    private async Task<string> InjectorAsync() => (string)(await Api.GetAsync($"{System}/configmaps/istio-sidecar-injector"))["data"]!["config"]!;

    /// <summary>Names of the init containers that a new pod has got.</summary>
    private async Task<string> InjectedAsync(string name)
    {
        await Eventually.BecomesTrueAsync(async () => await bed.InjectsAsync("shop"), "the server knows of the namespace's label and of the webhook");
        JsonObject pod = Named("v1", "Pod", name);
        pod["spec"] = Parse("""{"containers":[{"name":"app","image":"app:1"}]}""");
        JsonObject made = await Api.PostAsync("api/v1/namespaces/shop/pods", pod);
        Assert.Equal(["app", "istio-proxy"], made["spec"]!["containers"]!.AsArray().Select(container => (string?)container!["name"]));
        return string.Join(' ', (made["spec"]!["initContainers"]?.AsArray() ?? []).Select(container => (string)container!["name"]!));
    }

    private static JsonObject Parse(string text) => JsonNode.Parse(text)!.AsObject();

    private static JsonObject Named(string apiVersion, string kind, string name) =>
        new() { ["apiVersion"] = apiVersion, ["kind"] = kind, ["metadata"] = new JsonObject { ["name"] = name } };
}
