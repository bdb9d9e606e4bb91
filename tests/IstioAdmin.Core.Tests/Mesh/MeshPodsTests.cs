using System.Text.Json.Nodes;
using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Core.Tests.Mesh;

public sealed class MeshPodsTests
{
    private static readonly JsonObject[] Five =
    [
        PodJson.Injected("a-0"), PodJson.Injected("a-1"), PodJson.Pod("b-0"), PodJson.Pod("b-1", "other"), PodJson.Injected("a-2", "other"),
    ];

    [Fact]
    public async Task Characters_that_mean_something_in_a_field_selector_are_escaped()
    {
        await using PodServer server = await PodServer.StartAsync([PodJson.Pod("web")]);

        await NamesAsync(server, new() { Name = @"a,b=c\d" });

        Assert.Contains(@"fieldSelector=metadata.name=a\,b\=c\\d", Assert.Single(server.Requests), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lists_every_page()
    {
        await using PodServer server = await PodServer.StartAsync(Five);

        Assert.Equal(["default/a-0", "default/a-1", "default/b-0", "other/b-1", "other/a-2"], await NamesAsync(server, new()));
        Assert.Equal(3, server.Requests.Count());
        Assert.All(server.Requests, request => Assert.StartsWith("GET /api/v1/pods?limit=", request, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Asks_the_server_for_one_namespace_only()
    {
        await using PodServer server = await PodServer.StartAsync(Five);

        Assert.Equal(["other/b-1", "other/a-2"], await NamesAsync(server, new() { Namespace = "other" }));
        Assert.StartsWith("GET /api/v1/namespaces/other/pods?", Assert.Single(server.Requests), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Leaves_node_name_and_labels_to_the_server()
    {
        await using PodServer server = await PodServer.StartAsync([PodJson.Pod("web")]);

        await NamesAsync(server, new() { Node = "node-1", Name = "web", LabelSelector = "app in (a,b)" });

        string request = Assert.Single(server.Requests);
        Assert.Contains("fieldSelector=spec.nodeName=node-1,metadata.name=web", request, StringComparison.Ordinal);
        Assert.Contains("labelSelector=app in (a,b)", request, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Filters_by_namespace_and_name()
    {
        await using PodServer server = await PodServer.StartAsync(Five);

        Assert.Equal(["other/a-2"], await NamesAsync(server, new() { NamespaceFilter = ns => ns == "other", NameFilter = name => name[0] == 'a' }));
    }

    [Fact]
    public async Task A_namespace_that_does_not_exist_is_an_error()
    {
        await using PodServer server = await PodServer.StartAsync(Five);

        MeshException failure = await Assert.ThrowsAsync<MeshException>(() => NamesAsync(server, new() { Namespace = "typo" }));

        Assert.Equal(("NamespaceNotFound", FailureKind.NotFound, "typo"), (failure.ErrorId, failure.Kind, failure.Target));
        Assert.Contains("no namespace 'typo'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_does_not_exist_is_an_error()
    {
        await using PodServer server = await PodServer.StartAsync([]);

        MeshException failure = await Assert.ThrowsAsync<MeshException>(() => NamesAsync(server, new() { Node = "typo" }));

        Assert.Equal("NodeNotFound", failure.ErrorId);
    }

    [Fact]
    public async Task A_namespace_without_pods_gives_nothing()
    {
        await using PodServer server = await PodServer.StartAsync(Five, "/api/v1/namespaces/empty");

        Assert.Empty(await NamesAsync(server, new() { Namespace = "empty" }));
    }

    [Fact]
    public async Task A_namespace_that_may_not_be_looked_at_gives_nothing_and_says_why_to_those_who_ask()
    {
        await using PodServer server = await PodServer.StartAsync(Five);
        server.Forbidden.Add("/api/v1/namespaces/secret");
        var heard = new Listener();

        Assert.Empty(await NamesAsync(server, new() { Namespace = "secret" }, heard));
        Assert.Contains("secret", Assert.Single(heard.Details), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_complete_object_is_fetched_when_it_is_asked_for_and_kept()
    {
        await using PodServer server = await PodServer.StartAsync([PodJson.Injected("web", change: p => p["spec"]!["restartPolicy"] = "Never")]);
        MeshPod pod = await FirstAsync(server);
        Assert.Single(server.Requests);

        Assert.Equal("Never", pod.Resource.Spec.RestartPolicy);
        Assert.Same(pod.Resource, await pod.GetResourceAsync(TestContext.Current.CancellationToken));
        Assert.Equal(2, server.Requests.Count());
        Assert.Equal("GET /api/v1/namespaces/default/pods/web", server.Requests.Last());
    }

    [Fact]
    public async Task The_complete_object_of_a_pod_that_was_deleted_is_an_error()
    {
        await using PodServer server = await PodServer.StartAsync([PodJson.Pod("web")]);
        MeshPod pod = await FirstAsync(server);
        server.Pods.Clear();

        MeshException failure = Assert.Throws<MeshException>(() => pod.Resource);

        Assert.Equal(("PodGone", FailureKind.NotFound), (failure.ErrorId, failure.Kind));
        Assert.Same(pod, failure.Target);
        Assert.Contains("default/web has been deleted", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_complete_object_of_another_pod_of_the_same_name_is_an_error()
    {
        await using PodServer server = await PodServer.StartAsync([PodJson.Pod("web-0")]);
        MeshPod pod = await FirstAsync(server);
        server.Pods[0]["metadata"]!["uid"] = "another";

        MeshException failure = Assert.Throws<MeshException>(() => pod.Resource);

        Assert.Equal("PodGone", failure.ErrorId);
        Assert.Contains("replaced", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_complete_object_that_may_not_be_read_says_so()
    {
        await using PodServer server = await PodServer.StartAsync([PodJson.Pod("web")]);
        MeshPod pod = await FirstAsync(server);
        server.Forbidden.Add("/api/v1/namespaces/default/pods/web");

        Assert.Equal(FailureKind.Forbidden, Assert.ThrowsAny<MeshException>(() => pod.Resource).Kind);
    }

    [Fact]
    public void A_pod_that_was_not_listed_has_no_complete_object()
    {
        var pod = new MeshPod { Cluster = "c", Namespace = "n", Name = "p" };

        Assert.Equal("PodNotListed", Assert.Throws<MeshException>(() => pod.Resource).ErrorId);
    }

    private static async Task<MeshPod> FirstAsync(PodServer server)
    {
        await foreach (MeshPod pod in MeshPods.ListAsync(server.Cluster, new(), new Listener(), TestContext.Current.CancellationToken))
            return pod;
        throw new InvalidOperationException("There is no pod.");
    }

    private static async Task<List<string>> NamesAsync(PodServer server, PodSelection selection, IReporter? reporter = null)
    {
        var names = new List<string>();
        await foreach (MeshPod pod in MeshPods.ListAsync(server.Cluster, selection, reporter ?? new Listener(), TestContext.Current.CancellationToken))
            names.Add(pod.ToString());
        return names;
    }

    private sealed class Listener : IReporter
    {
        public List<string> Details { get; } = [];

        public void Warn(string message) => Assert.Fail(message);

        public void Detail(string message) => Details.Add(message);

        public void Progress(string activity, string status, int? percent = null) => Assert.Fail(activity);
    }
}
