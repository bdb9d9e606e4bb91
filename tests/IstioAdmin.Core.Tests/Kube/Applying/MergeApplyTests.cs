using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Applying;
using IstioAdmin.Testing;
using static IstioAdmin.Core.Tests.Kube.Objects;

namespace IstioAdmin.Core.Tests.Kube.Applying;

/// <summary>What a real server without server-side apply cannot be made to do; the rest is tested against one.</summary>
public class MergeApplyTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("v1.10.13", false)]
    [InlineData("v1.12.2", false)]
    [InlineData("v1.15.0", true)]
    public async Task Before_1_13_a_dry_run_is_thought_through_here(string version, bool asks)
    {
        await using FakeApiServer server = await StartAsync(version, existing: null);
        using KubeClient client = await FakeClient.OpenAsync(server);

        AppliedObject applied = await client.ApplyAsync(KubeResource.ConfigMaps, Manifest("ns"), new ApplyOptions(DryRun: true), Cancel);

        Assert.Equal(ApplyOutcome.Created, applied.Outcome);
        Assert.Equal(asks, server.Requests.Any(request => request.StartsWith("POST ", StringComparison.Ordinal)));
        Assert.All(server.Requests.Where(request => request.StartsWith("POST ", StringComparison.Ordinal)), request => Assert.EndsWith("dryRun=All", request, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_server_is_asked_for_server_side_apply_once()
    {
        await using FakeApiServer server = await StartAsync("v1.15.0", existing: null);
        using KubeClient client = await FakeClient.OpenAsync(server);

        await client.ApplyAsync(KubeResource.ConfigMaps, Manifest("ns"), new ApplyOptions(), Cancel);
        await client.ApplyAsync(KubeResource.ConfigMaps, Manifest("ns"), new ApplyOptions(), Cancel);

        Assert.Equal(1, server.Requests.Count(request => request.StartsWith("PATCH ", StringComparison.Ordinal)));
        Assert.Equal(2, server.Requests.Count(request => request.StartsWith("POST ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task An_object_that_changes_meanwhile_is_looked_at_again()
    {
        int refused = 0;
        await using FakeApiServer server = await FakeApiServer.StartAsync(async context =>
        {
            if (context.Request.ContentType == "application/apply-patch+yaml")
                await context.JsonAsync(Status(415, "UnsupportedMediaType", "unknown format"), 415);
            else if (context.Request.Method == "GET")
                await context.JsonAsync(ConfigMap("ns", "a", version: refused + 1));
            else if (refused++ == 0)
                await context.JsonAsync(Status(409, "Conflict", "the object has been modified"), 409);
            else
                await context.JsonAsync((JsonObject)JsonNode.Parse(await new StreamReader(context.Request.Body).ReadToEndAsync())!);
        });
        using KubeClient client = await FakeClient.OpenAsync(server);

        AppliedObject applied = await client.ApplyAsync(KubeResource.ConfigMaps, Manifest("ns"), new ApplyOptions(), Cancel);

        Assert.Equal("2", (string?)applied.Object["metadata"]!["resourceVersion"]);
    }

    [Fact]
    public void A_copy_of_an_object_is_not_its_makers()
    {
        var made = (JsonObject)Manifest("ns").DeepClone();
        FieldRecord.Write(made, "ns");
        var copy = (JsonObject)made.DeepClone();
        copy["metadata"]!["name"] = "b";

        Assert.Equal(KubeApply.FieldManager, (string?)Assert.Single(ManagedFields.Entries(made))["manager"]);
        Assert.Empty(ManagedFields.Entries(copy));
        Assert.DoesNotContain("secret-value", made["metadata"]!["annotations"]!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_map_that_kubectl_left_empty_is_free_for_others()
    {
        JsonObject existing = ConfigMap("ns", "a");
        existing["metadata"]!["annotations"] = new JsonObject
        {
            ["kubectl.kubernetes.io/last-applied-configuration"] = """{"metadata":{"annotations":{},"name":"a","namespace":"ns"},"data":{"version":"1"}}""",
        };
        await using FakeApiServer server = await StartAsync("v1.12.0", existing);
        using KubeClient client = await FakeClient.OpenAsync(server);

        AppliedObject applied = await client.ApplyAsync(KubeResource.ConfigMaps, Manifest("ns"), new ApplyOptions(DryRun: true), Cancel);

        Assert.Equal(ApplyOutcome.Changed, applied.Outcome);
    }

    private static Task<FakeApiServer> StartAsync(string version, JsonObject? existing) => FakeApiServer.StartAsync(async context =>
    {
        if (context.Request.Path == "/version")
            await context.JsonAsync(new JsonObject { ["gitVersion"] = version });
        else if (context.Request.Method == "PATCH")
            await context.JsonAsync(Status(415, "UnsupportedMediaType", "unknown format"), 415);
        else if (context.Request.Method == "POST")
            await context.JsonAsync((JsonObject)JsonNode.Parse(await new StreamReader(context.Request.Body).ReadToEndAsync())!, 201);
        else if (existing is null)
            await context.JsonAsync(Status(404, "NotFound", "not found"), 404);
        else
            await context.JsonAsync(existing);
    });

    private static JsonObject Manifest(string ns) =>
        new() { ["metadata"] = new JsonObject { ["name"] = "a", ["namespace"] = ns }, ["data"] = new JsonObject { ["password"] = "secret-value" } };
}
