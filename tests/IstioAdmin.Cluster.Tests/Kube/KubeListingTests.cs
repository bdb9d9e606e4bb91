using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Listing;
using IstioAdmin.Core.Kube.Watching;
using IstioAdmin.Testing;

namespace IstioAdmin.Cluster.Tests.Kube;

/// <summary>On the real API server.</summary>
public sealed class KubeListingOnRealServerTests(Testbed testbed) : KubeListingTests(testbed);

/// <summary>On the sandbox, which is to be no different.</summary>
public sealed class KubeListingOnSandboxTests(SandboxClusters sandbox) : KubeListingTests(sandbox);

public abstract class KubeListingTests(ITestClusters clusters)
{
    [Fact]
    public async Task Lists_everything_once_and_in_order_whatever_the_page_size()
    {
        TestCluster plane = await clusters.SharedAsync();
        string ns = await plane.CreateNamespaceAsync();
        using KubeClient client = await LiveClient.OpenAsync(plane.Kubeconfig);
        await client.WaitForAsync(KubeResource.ConfigMaps, ns, "kube-root-ca.crt", item => item is not null, LiveClient.Cancel);
        string[] names = [.. await client.ApplyManyAsync(ns, 23), "kube-root-ca.crt"];

        foreach (int pageSize in new[] { 1, 7, 24, 500 })
            Assert.Equal(names.Order(StringComparer.Ordinal), await NamesAsync(client, new ListQuery(ns, PageSize: pageSize)));
    }

    [Fact]
    public async Task Lists_what_the_selectors_say()
    {
        TestCluster plane = await clusters.SharedAsync();
        string ns = await plane.CreateNamespaceAsync();
        using KubeClient client = await LiveClient.OpenAsync(plane.Kubeconfig);
        await client.ApplyConfigMapAsync(ns, "a", label: "one");
        await client.ApplyConfigMapAsync(ns, "b", label: "two");

        Assert.Equal(["b"], await NamesAsync(client, new ListQuery(ns, LabelSelector: "app in (two,three)")));
        Assert.Equal(["a"], await NamesAsync(client, new ListQuery(ns, FieldSelector: "metadata.name=a")));
    }

    [Fact]
    public async Task Goes_on_after_the_server_has_forgotten_the_version_that_the_list_began_with()
    {
        await using TestCluster plane = await clusters.StartOwnAsync();
        using KubeClient client = await LiveClient.OpenAsync(plane.Kubeconfig);
        await client.ApplyManyAsync("default", 10);
        var seen = new List<string>();
        var query = new ListQuery("default", LabelSelector: "app=test", PageSize: 2);

        await foreach (JsonObject item in client.ListObjectsAsync(KubeResource.ConfigMaps, query, LiveClient.Cancel))
        {
            seen.Add(JsonObjects.KeyOf(item).Name);
            if (seen.Count != 1)
                continue;
            // One page is on its way already; it is the one after that whose token becomes too old.
            await client.DeleteAsync(KubeResource.ConfigMaps, "default", "m006", LiveClient.Cancel);
            string version = (await client.ApplyConfigMapAsync("default", "m0055")).Object["metadata"]!["resourceVersion"]!.ToString();
            await plane.CompactAsync(version);
        }

        Assert.Equal(["m000", "m001", "m002", "m003", "m004", "m005", "m0055", "m007", "m008", "m009"], seen);
    }

    [Fact]
    public async Task Says_who_may_not_list_what()
    {
        TestCluster plane = await clusters.SharedAsync();
        using KubeClient client = await LiveClient.OpenAsync(plane.NobodyKubeconfig);

        MeshException failure = await Assert.ThrowsAnyAsync<MeshException>(() => NamesAsync(client, new ListQuery("default")));

        Assert.Equal(FailureKind.Forbidden, failure.Kind);
        Assert.Contains("list configmaps in namespace default", failure.Message, StringComparison.Ordinal);
    }

    private static Task<List<string>> NamesAsync(KubeClient client, ListQuery query) =>
        client.ListObjectsAsync(KubeResource.ConfigMaps, query, LiveClient.Cancel).Select(item => JsonObjects.KeyOf(item).Name).ToListAsync(LiveClient.Cancel).AsTask();
}
