using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Listing;
using IstioAdmin.Core.Kube.Watching;
using IstioAdmin.Testing;

namespace IstioAdmin.Cluster.Tests.Kube;

/// <summary>On the real API server.</summary>
public sealed class KubeWatchingOnRealServerTests(Testbed testbed) : KubeWatchingTests(testbed);

/// <summary>On the sandbox, which is to be no different.</summary>
public sealed class KubeWatchingOnSandboxTests(SandboxClusters sandbox) : KubeWatchingTests(sandbox);

public abstract class KubeWatchingTests(ITestClusters clusters)
{
    [Fact]
    public async Task Tells_what_exists_and_then_what_changes()
    {
        TestCluster plane = await clusters.SharedAsync();
        string ns = await plane.CreateNamespaceAsync();
        using KubeClient client = await LiveClient.OpenAsync(plane.Kubeconfig);
        await client.ApplyConfigMapAsync(ns, "a");
        await using var watch = new Follower(client, ns);

        await watch.WaitForAsync("Synchronized");
        await client.ApplyConfigMapAsync(ns, "b");
        await client.ApplyConfigMapAsync(ns, "a", "2");
        await client.DeleteAsync(KubeResource.ConfigMaps, ns, "b", LiveClient.Cancel);
        await watch.WaitForAsync("Deleted b=1");

        Assert.Equal(["Added a=1", "Synchronized", "Added b=1", "Modified a=2", "Deleted b=1"], watch.Told);
    }

    [Fact]
    public async Task Neither_misses_nor_repeats_anything_when_the_server_is_killed_and_comes_back()
    {
        await using TestCluster plane = await clusters.StartOwnAsync();
        using KubeClient client = await LiveClient.OpenAsync(plane.Kubeconfig);
        await client.ApplyConfigMapAsync("default", "kept");
        await client.ApplyConfigMapAsync("default", "changed");
        await client.ApplyConfigMapAsync("default", "gone");
        await using var watch = new Follower(client, "default");
        await watch.WaitForAsync("Synchronized");

        for (int round = 2; round <= 3; round++)
        {
            await plane.RestartApiServerAsync();
            // With another client, which may be back before the watch is.
            using KubeClient other = await LiveClient.OpenAsync(plane.Kubeconfig);
            await other.ApplyConfigMapAsync("default", "changed", $"{round}");
            await other.ApplyConfigMapAsync("default", $"new{round}");
            await watch.WaitForAsync($"Added new{round}=1");
        }
        await client.DeleteAsync(KubeResource.ConfigMaps, "default", "gone", LiveClient.Cancel);
        await watch.WaitForAsync("Deleted gone=1");

        Assert.Equal(
            ["Added changed=1", "Added gone=1", "Added kept=1", "Modified changed=2", "Added new2=1", "Modified changed=3", "Added new3=1", "Deleted gone=1"],
            watch.Told.Where(news => news != "Synchronized"));
    }

    [Fact]
    public async Task Tells_the_difference_when_the_server_forgot_the_version_meanwhile()
    {
        await using TestCluster plane = await clusters.StartOwnAsync();
        using KubeClient client = await LiveClient.OpenAsync(plane.Kubeconfig);
        await client.ApplyManyAsync("default", 3);
        var reader = new ManualResetEventSlim();
        await using var watch = new Follower(client, "default", reader, "Added stops-here=1");
        await watch.WaitForAsync("Synchronized");

        // The watch is held up while the server restarts without a cache of what was, and etcd forgets.
        await client.ApplyConfigMapAsync("default", "stops-here");
        await watch.WaitForAsync("Added stops-here=1");
        await plane.RestartApiServerAsync();
        using KubeClient other = await LiveClient.OpenAsync(plane.Kubeconfig);
        await other.DeleteAsync(KubeResource.ConfigMaps, "default", "m000", LiveClient.Cancel);
        await other.DeleteAsync(KubeResource.ConfigMaps, "default", "m001", LiveClient.Cancel);
        await other.ApplyConfigMapAsync("default", "m001", "reborn");
        string version = (await other.ApplyConfigMapAsync("default", "m002", "2")).Object["metadata"]!["resourceVersion"]!.ToString();
        await plane.CompactAsync(version);
        await plane.RestartApiServerAsync();
        reader.Set();
        // Once at the beginning, and once when the difference has been told.
        await watch.WaitForAsync("Synchronized", times: 2);

        string[] told = [.. watch.Told.SkipWhile(news => news != "Added stops-here=1").Skip(1).Where(news => news != "Synchronized").Order(StringComparer.Ordinal)];
        Assert.Equal(["Added m001=reborn", "Deleted m000=1", "Deleted m001=1", "Modified m002=2"], told);
        Assert.Equal(2, watch.Told.Count(news => news == "Synchronized"));
    }

    [Fact]
    public async Task Waits_until_an_object_is_really_gone()
    {
        TestCluster plane = await clusters.SharedAsync();
        string ns = await plane.CreateNamespaceAsync();
        using KubeClient client = await LiveClient.OpenAsync(plane.Kubeconfig);
        await client.ApplyConfigMapAsync(ns, "held");
        await plane.KubectlAsync("patch", "configmap", "held", "--namespace", ns, "--patch", """{"metadata":{"finalizers":["example.com/held"]}}""");

        Assert.True(await client.DeleteAsync(KubeResource.ConfigMaps, ns, "held", LiveClient.Cancel));
        Task gone = client.WaitGoneAsync(KubeResource.ConfigMaps, ns, "held", uid: null, LiveClient.Cancel);
        await client.WaitForAsync(KubeResource.ConfigMaps, ns, "held", item => item?["metadata"]?["deletionTimestamp"] is not null, LiveClient.Cancel);
        Assert.False(gone.IsCompleted);
        await plane.KubectlAsync("patch", "configmap", "held", "--namespace", ns, "--type=merge", "--patch", """{"metadata":{"finalizers":null}}""");

        await gone.WaitAsync(LiveClient.Soon, LiveClient.Cancel);
    }

    /// <summary>Watches config maps in the background and keeps what it is told; a gate can hold it up behind one of them.</summary>
    private sealed class Follower : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly ConcurrentQueue<string> _told = new();
        private readonly Task _watching;

        public Follower(KubeClient client, string ns, ManualResetEventSlim? gate = null, string? holdsAt = null) =>
            _watching = Task.Run(() => WatchAsync(client, ns, gate, holdsAt));

        public IReadOnlyCollection<string> Told => _told;

        public Task WaitForAsync(string news, int times = 1) => Eventually.BecomesTrueAsync(
            async () =>
            {
                if (_watching.IsFaulted)
                    await _watching;
                return _told.Count(told => told == news) >= times;
            },
            $"the watch tells '{news}'; it told {string.Join(", ", _told)}",
            LiveClient.Soon);

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _stop.Dispose();
        }

        private async Task WatchAsync(KubeClient client, string ns, ManualResetEventSlim? gate, string? holdsAt)
        {
            var query = new ListQuery(ns, LabelSelector: "app=test");
            await foreach (WatchEvent<JsonObject> news in client.WatchAsync(KubeResource.ConfigMaps, query, _stop.Token))
            {
                string told = news is ObjectChanged<JsonObject> change
                    ? $"{change.Change} {JsonObjects.KeyOf(change.Object).Name}={change.Object["data"]!["value"]}"
                    : "Synchronized";
                _told.Enqueue(told);
                if (told == holdsAt)
                    gate?.Wait(_stop.Token);
            }
        }
    }
}
