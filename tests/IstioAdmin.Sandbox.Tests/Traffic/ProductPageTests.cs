using IstioAdmin.Core;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.PortForwarding;
using IstioAdmin.Core.Mesh.Ingress;
using IstioAdmin.Sandbox.Tests.Nodes;

namespace IstioAdmin.Sandbox.Tests.Traffic;

/// <summary>The product page through the ingress gateway: who answers depends on the pods' rules.</summary>
public sealed class ProductPageTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task It_shows_every_service_and_how_the_calls_were_protected(bool mutualTls)
    {
        await using SandboxWorld world = await SandboxWorld.StartAsync();
        var shop = new BookinfoShop(world);
        await shop.OpenAsync(mutualTls);

        IngressPage page = await shop.VisitAsync();

        Assert.Equal((200, "Simple Bookstore App", "istio-envoy", IngressVia.PortForward), (page.StatusCode, page.Title, page.Server, page.Via));
        Assert.Equal(["productpage", "details", "reviews v3", "ratings"], page.Services.Where(service => service.Answered).Select(service => service.Version is null ? service.Name : $"{service.Name} {service.Version}"));
        Assert.Equal("reviews-v3-x", page.Services.Single(service => service.Name == "reviews").Pod);
        Assert.Equal(4, page.Content!.Split(mutualTls ? "mutual TLS" : "plain text").Length - 1);
    }

    [Theory]
    // Under mutual TLS the proxy of the caller speaks to an application that does not understand it; in plain text nobody notices.
    [InlineData(true, "ratings", false)]
    [InlineData(false, "ratings", true)]
    // What the reviews ask goes around their proxy, in plain text, and the proxy of the ratings refuses it.
    [InlineData(true, "reviews", false)]
    [InlineData(false, "reviews", true)]
    public async Task Rules_that_are_gone_show_where_mutual_TLS_is_wanted(bool mutualTls, string broken, bool answers)
    {
        await using SandboxWorld world = await SandboxWorld.StartAsync();
        var shop = new BookinfoShop(world);
        await shop.OpenAsync(mutualTls);
        world.Faults.FlushRules($"shop/{broken}-{(broken == "reviews" ? "v3" : "v1")}-x");

        IngressPage page = await shop.VisitAsync();

        Assert.Equal(200, page.StatusCode);
        Assert.Equal(answers, page.Services.Where(service => service.Name == broken).All(service => service.Answered));
        Assert.True(page.Services.Single(service => service.Name == "details").Answered);
        if (!answers)
            Assert.Contains("no rule leads it to the proxy", page.Content, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_its_pods_a_service_is_unavailable_and_an_unrouted_path_is_not_found()
    {
        await using SandboxWorld world = await SandboxWorld.StartAsync();
        var shop = new BookinfoShop(world);
        await shop.OpenAsync(mutualTls: true, reviews: "v1");

        Assert.Equal(["productpage", "details", "reviews"], (await shop.VisitAsync()).Services.Select(service => service.Name));
        MeshException unrouted = await Assert.ThrowsAsync<MeshException>(() => shop.VisitAsync("/elsewhere"));
        Assert.Equal("IngressRouteNotFound", unrouted.ErrorId);

        await world.Api.DeleteAsync("api/v1/namespaces/shop/pods/productpage-v1-x", 0, Cancel);
        await world.UntilAsync("api/v1/namespaces/shop/endpoints/productpage", endpoints => endpoints["subsets"] is null, "nobody is behind it");
        MeshException gone = await Assert.ThrowsAsync<MeshException>(() => shop.VisitAsync());
        Assert.Equal("IngressUpstreamUnavailable", gone.ErrorId);
    }

    [Fact]
    public async Task Ports_of_pods_answer_or_say_that_nobody_listens()
    {
        await using SandboxWorld world = await SandboxWorld.StartAsync();
        await new BookinfoShop(world).OpenAsync(mutualTls: true);
        MeshCluster cluster = await world.ConnectAsync();

        Assert.Contains("\"Reviewer1\":5", await GetAsync(cluster, "ratings-v1-x", 9080, "/ratings/7"), StringComparison.Ordinal);
        MeshException refused = await Assert.ThrowsAsync<MeshException>(() => GetAsync(cluster, "ratings-v1-x", 9999, "/"));
        Assert.Equal("PortForwardFailed", refused.ErrorId);
        Assert.Contains("connection refused", refused.Message, StringComparison.Ordinal);
    }

    private static async Task<string> GetAsync(MeshCluster cluster, string pod, int port, string path)
    {
        using var handler = new SocketsHttpHandler { ConnectCallback = async (_, cancel) => await cluster.Client.ConnectPortAsync("shop", pod, port, cancel) };
        using var http = new HttpClient(handler);
        try
        {
            return await http.GetStringAsync(new Uri($"http://{pod}{path}"), Cancel);
        }
        catch (HttpRequestException e) when (e.InnerException is MeshException inner)
        {
            throw inner;
        }
    }
}
