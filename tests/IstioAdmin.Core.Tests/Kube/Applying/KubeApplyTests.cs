using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Applying;
using IstioAdmin.Testing;
using static IstioAdmin.Core.Tests.Kube.Objects;

namespace IstioAdmin.Core.Tests.Kube.Applying;

public class KubeApplyTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Sends_the_manifest_as_istioadmin()
    {
        string? body = null, type = null;
        await using FakeApiServer server = await FakeApiServer.StartAsync(async context =>
        {
            if (context.Request.Method == "GET")
            {
                await context.JsonAsync(Status(404, "NotFound", "not found"), 404);
                return;
            }
            type = context.Request.ContentType;
            body = await new StreamReader(context.Request.Body).ReadToEndAsync();
            await context.JsonAsync(ConfigMap("ns", "a"), 201);
        });
        using KubeClient client = await FakeClient.OpenAsync(server);

        AppliedObject applied = await client.ApplyAsync(KubeResource.ConfigMaps, Manifest("ns"), new ApplyOptions(Force: true, DryRun: true), Cancel);

        Assert.Equal(ApplyOutcome.Created, applied.Outcome);
        Assert.Equal("PATCH /api/v1/namespaces/ns/configmaps/a?fieldManager=istioadmin&force=true&dryRun=All", server.Requests.Last());
        Assert.Equal("application/apply-patch+yaml", type);
        Assert.Equal("""{"metadata":{"name":"a","namespace":"ns"},"apiVersion":"v1","kind":"ConfigMap"}""", body);
    }

    [Fact]
    public async Task Uses_the_contexts_namespace_where_the_manifest_names_none()
    {
        await using FakeApiServer server = await FakeApiServer.StartAsync(context => context.JsonAsync(ConfigMap("default", "a")));
        using KubeClient client = await FakeClient.OpenAsync(server);

        AppliedObject applied = await client.ApplyAsync(KubeResource.ConfigMaps, Manifest(null), new ApplyOptions(), Cancel);

        Assert.Equal(client.Endpoint.Namespace, applied.Namespace);
        Assert.All(server.Requests, request => Assert.Contains($"/namespaces/{client.Endpoint.Namespace}/", request, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Names_the_other_managers_and_their_fields()
    {
        JsonObject conflict = Status(409, "Conflict", "Apply failed with 3 conflicts");
        conflict["details"] = new JsonObject
        {
            ["causes"] = new JsonArray(
                Cause("conflict with \"kubectl\" using apps/v1", ".spec.replicas"),
                Cause("conflict with \"kubectl\" using apps/v1", ".spec.paused"),
                Cause("conflict with \"hpa\" with subresource \"scale\" using apps/v1", ".spec.replicas")),
        };
        await using FakeApiServer server = await FakeApiServer.StartAsync(context => context.Request.Method == "GET"
            ? context.JsonAsync(ConfigMap("ns", "a"))
            : context.JsonAsync(conflict, 409));
        using KubeClient client = await FakeClient.OpenAsync(server);

        var failure = await Assert.ThrowsAsync<ApplyConflictException>(() => client.ApplyAsync(KubeResource.ConfigMaps, Manifest("ns"), new ApplyOptions(), Cancel));

        Assert.Equal(("ApplyConflict", FailureKind.Conflict), (failure.ErrorId, failure.Kind));
        Assert.Contains("could not apply configmaps ns/a: manager \"kubectl\" owns .spec.replicas, .spec.paused; manager \"hpa\" owns .spec.replicas", failure.Message, StringComparison.Ordinal);
        Assert.Contains("-Force", failure.Remedy, StringComparison.Ordinal);
        Assert.Equal(3, failure.Conflicts.Count);
    }

    [Fact]
    public async Task Leaves_other_conflicts_to_the_common_errors()
    {
        await using FakeApiServer server = await FakeApiServer.StartAsync(context => context.Request.Method == "GET"
            ? context.JsonAsync(ConfigMap("ns", "a"))
            : context.JsonAsync(Status(409, "AlreadyExists", "is being deleted"), 409));
        using KubeClient client = await FakeClient.OpenAsync(server);

        MeshException failure = await Assert.ThrowsAnyAsync<MeshException>(() => client.ApplyAsync(KubeResource.ConfigMaps, Manifest("ns"), new ApplyOptions(), Cancel));

        Assert.IsNotType<ApplyConflictException>(failure);
    }

    [Fact]
    public async Task Refuses_a_manifest_without_a_name()
    {
        await using FakeApiServer server = await FakeApiServer.StartAsync(context => context.JsonAsync(ConfigMap("ns", "a")));
        using KubeClient client = await FakeClient.OpenAsync(server);

        MeshException failure = await Assert.ThrowsAsync<MeshException>(() => client.ApplyAsync(KubeResource.ConfigMaps, [], new ApplyOptions(), Cancel));

        Assert.Equal("ManifestWithoutName", failure.ErrorId);
        Assert.Empty(server.Requests);
    }

    [Theory]
    [InlineData("""{"metadata":{"resourceVersion":"1"}}""", """{"metadata":{"resourceVersion":"1"}}""", true)]
    [InlineData("""{"metadata":{"resourceVersion":"1","managedFields":[]}}""", """{"metadata":{"resourceVersion":"2","managedFields":[{"manager":"istioadmin"}]}}""", true)]
    [InlineData("""{"metadata":{"resourceVersion":"1"},"spec":{"replicas":1}}""", """{"metadata":{"resourceVersion":"2"},"spec":{"replicas":2}}""", false)]
    [InlineData("""{"metadata":{"resourceVersion":"1"},"spec":{"replicas":1}}""", """{"metadata":{"resourceVersion":"1"},"spec":{"replicas":2}}""", false)]
    [InlineData("""{"metadata":{"resourceVersion":"1"}}""", """{"metadata":{"resourceVersion":"2","labels":{"a":"b"}}}""", false)]
    [InlineData("""{"metadata":{},"data":{"a":"1"}}""", """{"metadata":{},"data":{"a":"2"}}""", false)]
    public void An_object_is_the_same_when_only_its_bookkeeping_differs(string before, string after, bool same) =>
        Assert.Equal(same, ObjectComparison.Same(Parse(before), Parse(after)));

    [Fact]
    public async Task Looks_again_when_somebody_else_wrote_between_the_look_and_the_applying()
    {
        int version = 1;
        await using FakeApiServer server = await FakeApiServer.StartAsync(async context =>
        {
            if (context.Request.Method == "GET")
            {
                await context.JsonAsync(ConfigMap("ns", "a", version));
                // A controller, twice in a row.
                version += version < 3 ? 1 : 0;
                return;
            }
            string? bound = (string?)(await JsonNode.ParseAsync(context.Request.Body))!["metadata"]!["resourceVersion"];
            await (bound == $"{version}" ? context.JsonAsync(ConfigMap("ns", "a", version)) : context.JsonAsync(Status(409, "Conflict", "the object has been modified"), 409));
        });
        using KubeClient client = await FakeClient.OpenAsync(server);

        AppliedObject applied = await client.ApplyAsync(KubeResource.ConfigMaps, Manifest("ns"), new ApplyOptions(), Cancel);

        Assert.Equal(ApplyOutcome.Unchanged, applied.Outcome);
        Assert.Equal(3, server.Requests.Count(request => request.StartsWith("PATCH", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Applies_all_the_same_to_an_object_that_never_holds_still()
    {
        int version = 1;
        await using FakeApiServer server = await FakeApiServer.StartAsync(async context =>
        {
            if (context.Request.Method == "GET")
            {
                await context.JsonAsync(ConfigMap("ns", "a", version++));
                return;
            }
            bool bound = (await JsonNode.ParseAsync(context.Request.Body))!["metadata"]!["resourceVersion"] is not null;
            await (bound ? context.JsonAsync(Status(409, "Conflict", "the object has been modified"), 409) : context.JsonAsync(ConfigMap("ns", "a", version)));
        });
        using KubeClient client = await FakeClient.OpenAsync(server);

        Assert.Equal(ApplyOutcome.Changed, (await client.ApplyAsync(KubeResource.ConfigMaps, Manifest("ns"), new ApplyOptions(), Cancel)).Outcome);
    }

    [Fact]
    public async Task Leaves_a_version_that_the_manifest_demands_to_the_server()
    {
        await using FakeApiServer server = await FakeApiServer.StartAsync(context => context.Request.Method == "GET"
            ? context.JsonAsync(ConfigMap("ns", "a", 2))
            : context.JsonAsync(Status(409, "Conflict", "the object has been modified"), 409));
        using KubeClient client = await FakeClient.OpenAsync(server);
        JsonObject manifest = Manifest("ns");
        manifest["metadata"]!["resourceVersion"] = "1";

        await Assert.ThrowsAnyAsync<MeshException>(() => client.ApplyAsync(KubeResource.ConfigMaps, manifest, new ApplyOptions(), Cancel));
        Assert.Equal(2, server.Requests.Count);
    }

    private static JsonObject Parse(string json) => (JsonObject)JsonNode.Parse(json)!;

    private static JsonObject Manifest(string? ns) => new()
    {
        ["metadata"] = ns is null ? new JsonObject { ["name"] = "a" } : new JsonObject { ["name"] = "a", ["namespace"] = ns },
    };

    private static JsonObject Cause(string message, string field) => new() { ["reason"] = "FieldManagerConflict", ["message"] = message, ["field"] = field };
}
