using System.Text;
using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;
using IstioAdmin.Sandbox.Tests.Nodes;

namespace IstioAdmin.Sandbox.Tests.Controllers;

/// <summary>What goes when its owner goes, and what every namespace and account has.</summary>
public sealed class OwnershipTests
{
    private const string Sets = "apis/apps/v1/namespaces/shop/replicasets";
    private const string Web = "apis/apps/v1/namespaces/shop/deployments/web";
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Background")]
    [InlineData("Foreground")]
    [InlineData("Orphan")]
    public async Task Dependents_go_after_with_or_without_their_owner(string propagation)
    {
        await using SandboxWorld world = await SandboxWorld.StartAsync();
        await world.NamespaceAsync("shop");
        await world.CreateAsync(Workloads.Deployment("shop", "web", 2));
        await world.UntilAsync(Web, one => Meta.Int(one, "status", "availableReplicas") == 2, "it is there");

        await world.Api.DeleteAsync(Web, null, null, propagation, Cancel);

        await SandboxWorld.UntilAsync(async () => await world.Api.FindAsync(Web, Cancel) is null, "the deployment is gone");
        if (propagation == "Orphan")
        {
            JsonObject set = Assert.Single(await world.Api.ListAsync(Sets, Cancel));
            Assert.Empty(Meta.Owners(set));
            Assert.Equal(2, (await world.Api.ListAsync("api/v1/namespaces/shop/pods", Cancel)).Count);
            return;
        }
        if (propagation == "Foreground")
            Assert.Empty(await world.Api.ListAsync(Sets, Cancel));
        await SandboxWorld.UntilAsync(async () => (await world.Api.ListAsync(Sets, Cancel)).Count == 0 && (await world.Api.ListAsync("api/v1/namespaces/shop/pods", Cancel)).Count == 0, "all is gone");
    }

    [Fact]
    public async Task An_object_of_the_cluster_that_names_an_owner_in_a_namespace_stays()
    {
        await using SandboxWorld world = await SandboxWorld.StartAsync();
        await world.NamespaceAsync("shop");
        await world.CreateAsync("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"owner","namespace":"shop"} }""");
        JsonObject owner = await world.Api.GetAsync("api/v1/namespaces/shop/configmaps/owner", Cancel);
        string reference = $$"""[{"apiVersion":"v1","kind":"ConfigMap","name":"owner","uid":"{{Meta.Uid(owner)}}"}]""";
        await world.CreateAsync(
            $$"""{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole","metadata":{"name":"kept","ownerReferences":{{reference}} },"rules":[]}""",
            $$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"dependent","namespace":"shop","ownerReferences":{{reference}} } }""");

        await world.Api.DeleteAsync("api/v1/namespaces/shop/configmaps/owner", cancel: Cancel);

        await SandboxWorld.UntilAsync(async () => await world.Api.FindAsync("api/v1/namespaces/shop/configmaps/dependent", Cancel) is null, "the dependent is gone");
        await SandboxWorld.UntilAsync(async () => (await world.Api.ListAsync("api/v1/namespaces/default/events", Cancel)).Any(one => Json.Text(one, "reason") == "OwnerRefInvalidNamespace"), "the event is there");
        Assert.NotNull(await world.Api.FindAsync("apis/rbac.authorization.k8s.io/v1/clusterroles/kept", Cancel));
    }

    [Fact]
    public async Task A_namespace_goes_when_all_in_it_is_gone_and_says_what_holds_it()
    {
        await using SandboxWorld world = await SandboxWorld.StartAsync();
        await world.NamespaceAsync("shop");
        await world.CreateAsync(Workloads.Deployment("shop", "web", 2), """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"held","namespace":"shop","finalizers":["example.com/held"]} }""");

        await world.Api.DeleteAsync("api/v1/namespaces/shop", cancel: Cancel);
        JsonObject ns = await world.UntilAsync("api/v1/namespaces/shop",
            one => Json.Text(Meta.Condition(one, "NamespaceContentRemaining"), "message") == "Some resources are remaining: configmaps. has 1 resource instances", "only the held one is left");
        Assert.Equal("Some content in the namespace has finalizers remaining: example.com/held in 1 resource instances", Json.Text(Meta.Condition(ns, "NamespaceFinalizersRemaining"), "message"));
        Assert.Equal("Terminating", Json.Text(ns, "status", "phase"));

        await world.Api.PatchAsync("api/v1/namespaces/shop/configmaps/held", Json.Parse("""{"metadata":{"finalizers":null} }"""), cancel: Cancel);
        await SandboxWorld.UntilAsync(async () => await world.Api.FindAsync("api/v1/namespaces/shop", Cancel) is null, "the namespace is gone");
    }

    [Fact]
    public async Task Every_account_has_a_token_that_the_api_takes()
    {
        await using SandboxWorld world = await SandboxWorld.StartAsync();
        await world.NamespaceAsync("shop");

        JsonObject account = await world.UntilAsync("api/v1/namespaces/shop/serviceaccounts/default", one => Meta.Items(one, "secrets").Any(), "it has a token");
        string name = Json.Text(Meta.Items(account, "secrets").Single(), "name")!;
        JsonObject secret = await world.Api.GetAsync($"api/v1/namespaces/shop/secrets/{name}", Cancel);

        Assert.Matches("^default-token-[a-z0-9]{5}$", name);
        Assert.Equal("shop", Encoding.UTF8.GetString(Convert.FromBase64String(Json.Text(secret, "data", "namespace")!)));
        JsonObject review = await world.Api.PostAsync("apis/authentication.k8s.io/v1/tokenreviews", new JsonObject
        {
            ["apiVersion"] = "authentication.k8s.io/v1",
            ["kind"] = "TokenReview",
            ["spec"] = new JsonObject { ["token"] = Encoding.UTF8.GetString(Convert.FromBase64String(Json.Text(secret, "data", "token")!)) },
        }, cancel: Cancel);
        Assert.Equal("system:serviceaccount:shop:default", Json.Text(review, "status", "user", "username"));
        await SandboxWorld.UntilAsync(async () => await world.Api.FindAsync("api/v1/namespaces/shop/configmaps/kube-root-ca.crt", Cancel) is not null, "there is the authority's certificate");

        await world.Api.DeleteAsync("api/v1/namespaces/shop/serviceaccounts/default", cancel: Cancel);
        await world.UntilAsync("api/v1/namespaces/shop/serviceaccounts/default", one => Meta.Uid(one) != Meta.Uid(account) && Meta.Items(one, "secrets").Any(), "there is another");
        await SandboxWorld.UntilAsync(async () => await world.Api.FindAsync($"api/v1/namespaces/shop/secrets/{name}", Cancel) is null, "its token is gone");
    }
}
