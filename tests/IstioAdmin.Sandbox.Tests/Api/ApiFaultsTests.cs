using System.Net;
using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Sandbox.Client;
using IstioAdmin.Sandbox.Tests.Controllers;
using IstioAdmin.Sandbox.Tests.Nodes;

namespace IstioAdmin.Sandbox.Tests.Api;

public class ApiFaultsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_share_of_the_requests_is_throttled_until_the_fault_is_cleared()
    {
        await using ApiWorld world = await ApiWorld.StartAsync();
        world.Api.Server.Faults.ThrottledShare = 0.5;
        world.Api.Server.Faults.RetryAfter = TimeSpan.FromSeconds(3);

        var answers = new List<HttpResponseMessage>();
        for (int at = 0; at < 10; at++)
            answers.Add(await world.Client.GetAsync("/api/v1/namespaces", Cancel));

        Assert.Equal(5, answers.Count(answer => answer.StatusCode == HttpStatusCode.TooManyRequests));
        HttpResponseMessage refused = answers.First(answer => !answer.IsSuccessStatusCode);
        Assert.Equal(TimeSpan.FromSeconds(3), refused.Headers.RetryAfter!.Delta);
        Assert.Equal("TooManyRequests", JsonNode.Parse(await refused.Content.ReadAsStringAsync(Cancel)).TextAt("reason"));
        Assert.Equal(HttpStatusCode.OK, (await world.Client.GetAsync("/readyz", Cancel)).StatusCode);
        world.Api.Server.Faults.Clear();
        Assert.Equal(HttpStatusCode.OK, (await world.Client.GetAsync("/api/v1/namespaces", Cancel)).StatusCode);
    }

    [Fact]
    public async Task A_failing_server_answers_500_to_users_and_not_to_its_own_parts()
    {
        await using ApiWorld world = await ApiWorld.StartAsync();
        world.Api.Server.Faults.FailingShare = 1;

        (int status, JsonNode body) = await world.SendAsync(HttpMethod.Get, "/api/v1/namespaces");

        Assert.Equal((500, "InternalError"), (status, body.TextAt("reason")));
        using HttpClient controller = world.Api.CreateClient("system:kube-controller-manager", "system:masters");
        Assert.Equal(HttpStatusCode.OK, (await controller.GetAsync("/api/v1/namespaces", Cancel)).StatusCode);
    }

    [Fact]
    public async Task Controllers_and_nodes_work_on_while_everybody_else_is_refused()
    {
        await using SandboxWorld world = await SandboxWorld.StartAsync();
        await world.NamespaceAsync("shop");
        using HttpClient user = world.Cluster.Api.CreateClient();
        (await user.PostAsync("/apis/apps/v1/namespaces/shop/deployments", new StringContent(Workloads.Deployment("shop", "web", 3), null, "application/json"), Cancel)).EnsureSuccessStatusCode();
        world.Cluster.Api.Server.Faults.FailingShare = 1;

        Assert.Equal(HttpStatusCode.InternalServerError, (await user.GetAsync("/apis/apps/v1/namespaces/shop/deployments/web", Cancel)).StatusCode);
        using HttpClient controller = world.Cluster.Api.CreateClient("system:kube-controller-manager", "system:masters");
        await SandboxWorld.UntilAsync(
            async () => Meta.Int(Json.Parse(await controller.GetStringAsync("/apis/apps/v1/namespaces/shop/deployments/web", Cancel)), "status", "readyReplicas") == 3, "the deployment is ready");
    }

    [Fact]
    public async Task A_watch_that_is_cut_breaks_and_does_not_end()
    {
        await using ApiWorld world = await ApiWorld.StartAsync();
        using HttpResponseMessage watch = await world.Client.GetAsync("/api/v1/namespaces?watch=true&resourceVersion=0", HttpCompletionOption.ResponseHeadersRead, Cancel);
        using var events = new StreamReader(await watch.Content.ReadAsStreamAsync(Cancel));
        Assert.Equal("ADDED", JsonNode.Parse((await events.ReadLineAsync(Cancel))!).TextAt("type"));

        world.Api.Server.Faults.CutWatches();

        await Assert.ThrowsAsync<IOException>(async () =>
        {
            while (await events.ReadLineAsync(Cancel) is not null)
            {
                // The rest of what it began with.
            }
        });
    }
}
