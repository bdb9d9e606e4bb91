using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Testing;
using static IstioAdmin.Core.Tests.Kube.Objects;

namespace IstioAdmin.Core.Tests.Kube;

public class KubeDiscoveryTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Asks_once_for_what_is_served_and_again_for_what_is_not_yet()
    {
        bool installed = false;
        await using FakeApiServer server = await FakeApiServer.StartAsync(context => context.JsonAsync(new JsonObject
        {
            ["kind"] = "APIResourceList",
            ["resources"] = new JsonArray(
                new JsonObject { ["name"] = "gateways/status", ["kind"] = "Gateway", ["namespaced"] = true },
                new JsonObject { ["name"] = "gateways", ["kind"] = "Gateway", ["namespaced"] = true },
                new JsonObject { ["name"] = "sidecars", ["kind"] = installed ? "Sidecar" : "Later", ["namespaced"] = true }),
        }));
        using KubeClient client = await FakeClient.OpenAsync(server);

        Assert.Equal(new KubeResource("apps", "v1", "gateways", "Gateway", true), await client.FindResourceAsync("apps/v1", "Gateway", Cancel));
        Assert.NotNull(await client.FindResourceAsync("apps/v1", "Gateway", Cancel));
        Assert.Equal(["GET /apis/apps/v1"], server.Requests);

        Assert.Null(await client.FindResourceAsync("apps/v1", "Sidecar", Cancel));
        installed = true;
        Assert.NotNull(await client.FindResourceAsync("apps/v1", "Sidecar", Cancel));
    }

    [Fact]
    public async Task What_a_definition_serves_may_go_again()
    {
        bool installed = true;
        await using FakeApiServer server = await FakeApiServer.StartAsync(context => installed
            ? context.JsonAsync(new JsonObject { ["kind"] = "APIResourceList", ["resources"] = new JsonArray(new JsonObject { ["name"] = "istios", ["kind"] = "Istio", ["namespaced"] = true }) })
            : context.JsonAsync(Status(404, "NotFound", "not found"), 404));
        using KubeClient client = await FakeClient.OpenAsync(server);

        Assert.NotNull(await client.FindResourceAsync("istio.banzaicloud.io/v1beta1", "Istio", Cancel));
        installed = false;

        Assert.Null(await client.FindResourceAsync("istio.banzaicloud.io/v1beta1", "Istio", Cancel));
    }

    [Fact]
    public async Task Finds_nothing_where_the_group_is_not_served()
    {
        await using FakeApiServer server = await FakeApiServer.StartAsync(context => context.JsonAsync(Status(404, "NotFound", "not found"), 404));
        using KubeClient client = await FakeClient.OpenAsync(server);

        Assert.Null(await client.FindResourceAsync("v7", "Pod", Cancel));
        Assert.Equal(["GET /api/v7"], server.Requests);
    }
}
