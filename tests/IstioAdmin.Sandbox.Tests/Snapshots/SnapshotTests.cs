using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Sandbox.Client;
using IstioAdmin.Sandbox.Controllers;
using IstioAdmin.Sandbox.Faults;
using IstioAdmin.Sandbox.Nodes.Cni;
using IstioAdmin.Sandbox.Tests.Controllers;
using IstioAdmin.Sandbox.Tests.Nodes;
using IstioAdmin.Testing;

namespace IstioAdmin.Sandbox.Tests.Snapshots;

/// <summary>A sandbox whose state is in a file.</summary>
public sealed class SnapshotTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sandbox-state-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string File => Path.Combine(_folder, "state.json");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_sandbox_is_found_again_as_it_was_left()
    {
        JsonObject pod, crontab;
        string kubeconfig, rules, chain;
        await using (MeshSandbox sandbox = await StartAsync("shop-floor", 2))
        {
            await NamespaceAsync(sandbox, "shop");
            await NamespaceAsync(sandbox, "istio-system");
            foreach (string manifest in Manifests.Agents(old: false))
                await CreateAsync(sandbox, manifest);
            await UntilAsync(sandbox, "apis/apps/v1/namespaces/istio-system/daemonsets/istio-cni-node", set => Meta.Int(set, "status", "numberReady") == 2);
            await CreateAsync(sandbox, Workloads.Deployment("shop", "web", 3));
            await CreateAsync(sandbox, Manifests.WithCni("shop", "reviews"));
            await CreateAsync(sandbox, Definition);
            await UntilAsync(sandbox, "apis/apiextensions.k8s.io/v1/customresourcedefinitions/crontabs.example.io", item => Json.Text(Meta.Condition(item, "Established"), "status") == "True");
            crontab = await Api(sandbox).PostAsync("apis/example.io/v1/namespaces/shop/crontabs", Json.Parse("""{"apiVersion":"example.io/v1","kind":"CronTab","metadata":{"name":"nightly"},"spec":{"cron":"0 3 * * *"}}"""), cancel: Cancel);
            pod = await UntilAsync(sandbox, "api/v1/namespaces/shop/pods/reviews", Pods.IsReady);
            await UntilAsync(sandbox, "apis/apps/v1/namespaces/shop/deployments/web", item => Meta.Int(item, "status", "readyReplicas") == 3);
            sandbox.SetFault(SandboxFaultKind.AgentLate, "node-2");
            sandbox.SetFault(SandboxFaultKind.ApiThrottled, share: 0.25);
            rules = sandbox.Served.Cluster.Nodes.NetworkOf("shop/reviews").Rules(IpFamily.IPv4);
            chain = Chain(sandbox);
            kubeconfig = await System.IO.File.ReadAllTextAsync(sandbox.Kubeconfig, Cancel);
            Assert.Equal(File, sandbox.Path);
            Assert.NotEmpty(rules);
            await sandbox.StopAsync(Cancel);
        }
        Assert.Equal(["state.json"], Directory.GetFiles(_folder).Select(Path.GetFileName));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File));

        await using MeshSandbox again = await MeshSandbox.StartAsync(new MeshSandboxOptions { Path = File }, Cancel);
        Assert.Equal(("shop-floor", 2), (again.Name, again.Nodes));
        Assert.Equal(["AgentLate node-2", "ApiThrottled 25 %"], again.Faults.Select(fault => fault.ToString()).Order(StringComparer.Ordinal));
        again.ClearFaults();
        // The same server for those who know it, unless its port was taken meanwhile.
        string Masked(string text) => System.Text.RegularExpressions.Regex.Replace(text, "127\\.0\\.0\\.1:\\d+", "server");
        Assert.Equal(Masked(kubeconfig), Masked(await System.IO.File.ReadAllTextAsync(again.Kubeconfig, Cancel)));

        JsonObject found = await Api(again).GetAsync("api/v1/namespaces/shop/pods/reviews", Cancel);
        Assert.Equal(pod.ToJsonString(), found.ToJsonString());
        Assert.Equal(crontab.ToJsonString(), (await Api(again).GetAsync("apis/example.io/v1/namespaces/shop/crontabs/nightly", Cancel)).ToJsonString());
        Assert.Equal(rules, again.Served.Cluster.Nodes.NetworkOf("shop/reviews").Rules(IpFamily.IPv4));
        Assert.Equal(chain, Chain(again));

        // And it goes on: what is new comes after what was, what is asked of it is done, and what runs in pods runs again.
        await CreateAsync(again, Manifests.WithCni("shop", "ratings"));
        JsonObject later = await UntilAsync(again, "api/v1/namespaces/shop/pods/ratings", Pods.IsReady);
        Assert.True(long.Parse(Json.Text(later, "metadata", "resourceVersion")!) > long.Parse(Json.Text(pod, "metadata", "resourceVersion")!));
        Assert.NotEqual(Json.Text(pod, "status", "podIP"), Json.Text(later, "status", "podIP"));
        Assert.Equal(rules, again.Served.Cluster.Nodes.NetworkOf("shop/ratings").Rules(IpFamily.IPv4));
        await Api(again).PatchAsync("apis/apps/v1/namespaces/shop/deployments/web", Json.Parse("""{"spec":{"replicas":5}}"""), cancel: Cancel);
        await UntilAsync(again, "apis/apps/v1/namespaces/shop/deployments/web", item => Meta.Int(item, "status", "readyReplicas") == 5);
        await Eventually.BecomesTrueAsync(() => again.Served.Cluster.Nodes.All.Sum(node => node.Agents.Count(agent => agent.Agent!.IsInstalled)) == 2, "both agents are installed");
        Assert.Equal("0", $"{Meta.Int(Meta.Items(await Api(again).GetAsync("api/v1/namespaces/shop/pods/reviews", Cancel), "status", "containerStatuses").First(), "restartCount")}");
    }

    [Fact]
    public async Task Faults_on_nodes_last_and_end_as_before()
    {
        await using (MeshSandbox sandbox = await StartAsync(null, 2))
        {
            await NamespaceAsync(sandbox, "shop");
            await CreateAsync(sandbox, Manifests.WithInit("shop", "reviews"));
            await UntilAsync(sandbox, "api/v1/namespaces/shop/pods/reviews", Pods.IsReady);
            sandbox.SetFault(SandboxFaultKind.RulesFlushed, "shop/reviews");
            sandbox.SetFault(SandboxFaultKind.NodeDown, "node-2");
            await UntilAsync(sandbox, "api/v1/nodes/node-2", node => Json.Text(Meta.Condition(node, "Ready"), "status") == "Unknown");
        }
        await using MeshSandbox again = await MeshSandbox.StartAsync(new MeshSandboxOptions { Path = File }, Cancel);
        Assert.True(again.Served.Cluster.Nodes.NetworkOf("shop/reviews").IsEmpty);
        Assert.Equal("Unknown", Json.Text(Meta.Condition(await Api(again).GetAsync("api/v1/nodes/node-2", Cancel), "Ready"), "status"));
        again.SetFault(SandboxFaultKind.NodeDown, "node-2", on: false);
        await UntilAsync(again, "api/v1/nodes/node-2", node => Json.Text(Meta.Condition(node, "Ready"), "status") == "True");
    }

    [Fact]
    public async Task It_is_written_when_it_is_asked_for_and_more_nodes_may_come()
    {
        string early = Path.Combine(_folder, "early.json");
        await using (MeshSandbox sandbox = await StartAsync(null, 1))
        {
            await NamespaceAsync(sandbox, "before");
            sandbox.Save();
            System.IO.File.Copy(File, early);
            await NamespaceAsync(sandbox, "after");
        }
        MeshException fewer = await Assert.ThrowsAsync<MeshException>(() => MeshSandbox.StartAsync(new MeshSandboxOptions { Path = File, Nodes = 0 }, Cancel));
        Assert.Equal("SandboxNodesFewer", fewer.ErrorId);

        await using MeshSandbox again = await MeshSandbox.StartAsync(new MeshSandboxOptions { Path = early, Nodes = 2 }, Cancel);
        Assert.NotNull(await Api(again).FindAsync("api/v1/namespaces/before", Cancel));
        Assert.Null(await Api(again).FindAsync("api/v1/namespaces/after", Cancel));
        Assert.Equal(2, (await Api(again).ListAsync("api/v1/nodes", Cancel)).Count);
    }

    [Fact]
    public async Task One_file_is_one_sandbox_s()
    {
        await using (MeshSandbox sandbox = await StartAsync(null, 1))
        {
            MeshException refused = await Assert.ThrowsAsync<MeshException>(() => StartAsync("other", 1));
            Assert.Equal(("SandboxSnapshotInUse", FailureKind.Conflict), (refused.ErrorId, refused.Kind));
            Assert.Contains(File, refused.Message, StringComparison.Ordinal);
        }
        await using MeshSandbox again = await StartAsync(null, 1);
        Assert.Equal(1, again.Nodes);
    }

    [Theory]
    [InlineData("", "SandboxSnapshotUnreadable")]
    [InlineData("apiVersion: v1\nkind: Config\n", "SandboxSnapshotUnreadable")]
    [InlineData("""{"some":"thing else"}""", "SandboxSnapshotUnreadable")]
    [InlineData("""{"format":"istioadmin-sandbox","version":1,"clusters":[{"name":"a","nodes":3,"port":1,"authority":"no certi""", "SandboxSnapshotUnreadable")]
    [InlineData("""{"format":"istioadmin-sandbox","version":1,"clusters":[{"name":"a","nodes":3,"port":1,"objects":[]}]}""", "SandboxSnapshotUnreadable")]
    [InlineData("""{"format":"istioadmin-sandbox","version":1,"clusters":[{"name":"a","nodes":3,"port":1,"authority":"none","administratorToken":"t","signingKey":"AAAA","faults":[],"files":{},"pods":[],"objects":[{"version":5}]}]}""", "SandboxSnapshotUnreadable")]
    [InlineData("""{"format":"istioadmin-sandbox","version":2,"clusters":[]}""", "SandboxSnapshotNewer")]
    public async Task What_cannot_be_read_is_refused_and_left_alone(string content, string error)
    {
        await System.IO.File.WriteAllTextAsync(File, content, Cancel);
        MeshException refused = await Assert.ThrowsAsync<MeshException>(() => StartAsync(null, 3));
        Assert.Equal(error, refused.ErrorId);
        Assert.Contains(File, refused.Message, StringComparison.Ordinal);
        Assert.NotNull(refused.Remedy);
        Assert.Equal(content, await System.IO.File.ReadAllTextAsync(File, Cancel));
        Assert.Equal(["state.json"], Directory.GetFiles(_folder).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_damaged_object_is_refused_and_the_file_left_alone()
    {
        await using (MeshSandbox sandbox = await StartAsync(null, 1))
            await NamespaceAsync(sandbox, "shop");
        JsonObject snapshot = Json.Parse(await System.IO.File.ReadAllTextAsync(File, Cancel));
        JsonArray objects = snapshot["clusters"]![0]!["objects"]!.AsArray();
        objects.First(item => Json.Text(item, "metadata", "name") == "shop")!.AsObject().Remove("metadata");
        await System.IO.File.WriteAllTextAsync(File, snapshot.ToJsonString(), Cancel);

        Assert.Equal("SandboxSnapshotUnreadable", (await Assert.ThrowsAsync<MeshException>(() => StartAsync(null, 1))).ErrorId);
        Assert.Equal(snapshot.ToJsonString(), await System.IO.File.ReadAllTextAsync(File, Cancel));
    }

    [Fact]
    public async Task Where_no_file_can_be_nothing_starts_and_what_cannot_be_written_runs_on()
    {
        MeshException refused = await Assert.ThrowsAsync<MeshException>(() => MeshSandbox.StartAsync(new MeshSandboxOptions { Path = Path.Combine(_folder, "nowhere", "state.json") }, Cancel));
        Assert.Equal("SandboxSnapshotNotWritten", refused.ErrorId);

        await using MeshSandbox sandbox = await StartAsync(null, 1);
        await NamespaceAsync(sandbox, "shop");
        // A folder in its way is what the file cannot replace.
        Directory.CreateDirectory(Path.Combine(File, "in-the-way"));
        Assert.Equal("SandboxSnapshotNotWritten", (await Assert.ThrowsAsync<MeshException>(() => sandbox.StopAsync(Cancel))).ErrorId);
        Assert.NotNull(await Api(sandbox).FindAsync("api/v1/namespaces/shop", Cancel));
        Directory.Delete(File, recursive: true);
        await sandbox.StopAsync(Cancel);
        Assert.Equal(["state.json"], Directory.GetFileSystemEntries(_folder).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Without_a_file_nothing_is_kept()
    {
        await using MeshSandbox sandbox = await MeshSandbox.StartAsync(new MeshSandboxOptions { Nodes = 1 }, Cancel);
        Assert.Null(sandbox.Path);
        Assert.Equal("SandboxNotKept", Assert.Throws<MeshException>(sandbox.Save).ErrorId);
    }

    private const string Definition = """
        {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"crontabs.example.io"},
         "spec":{"group":"example.io","scope":"Namespaced","names":{"plural":"crontabs","kind":"CronTab"},
          "versions":[{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object","x-kubernetes-preserve-unknown-fields":true} } }]} }
        """;

    private Task<MeshSandbox> StartAsync(string? name, int nodes) => MeshSandbox.StartAsync(new MeshSandboxOptions { Name = name, Nodes = nodes, Path = File }, Cancel);

    private static ClusterApi Api(MeshSandbox sandbox) => sandbox.Served.Cluster.Administrator;

    // Not the kubeconfig beside it, whose token the agent renews with each start.
    private static string Chain(MeshSandbox sandbox) => sandbox.Served.Cluster.Nodes.FindNode("node-1").Files.List(NodeFiles.ConfDirectory)!
        .First(file => file.Key.EndsWith(".conflist", StringComparison.Ordinal)).Value.Content;

    private static async Task CreateAsync(MeshSandbox sandbox, string manifest)
    {
        JsonObject item = Json.Parse(manifest);
        await Api(sandbox).PostAsync(Meta.Collection(SandboxWorld.CollectionOf(item), Meta.Namespace(item)), item, cancel: Cancel);
    }

    private static async Task NamespaceAsync(MeshSandbox sandbox, string name)
    {
        await CreateAsync(sandbox, $$"""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"{{name}}"} }""");
        await UntilAsync(sandbox, $"api/v1/namespaces/{name}/serviceaccounts/default", _ => true);
    }

    private static async Task<JsonObject> UntilAsync(MeshSandbox sandbox, string path, Func<JsonObject, bool> holds)
    {
        JsonObject? last = null;
        await Eventually.BecomesTrueAsync(async () => (last = await Api(sandbox).FindAsync(path, Cancel)) is not null && holds(last), path, TimeSpan.FromSeconds(90));
        return last!;
    }
}
