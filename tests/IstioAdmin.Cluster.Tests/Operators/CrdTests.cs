using System.Text.Json.Nodes;
using IstioAdmin.Cluster.Tests.Kube;
using IstioAdmin.Core;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Applying;
using IstioAdmin.Core.Operators.Banzai;
using IstioAdmin.Core.Operators.Cisco;
using IstioAdmin.Core.Operators.Manifests;
using IstioAdmin.Testing;

namespace IstioAdmin.Cluster.Tests.Operators;

/// <summary>On the real API server.</summary>
public sealed class CrdOnRealServerTests(Testbed testbed) : CrdTests(testbed);

/// <summary>On the sandbox, which is to be no different.</summary>
public sealed class CrdOnSandboxTests(SandboxClusters sandbox) : CrdTests(sandbox);

/// <summary>The API server takes the definitions of the operators' resources, and keeps their objects as the operators write them.</summary>
/// <remarks>Each test has an API group of its own, so that other tests' operators are not in its way.</remarks>
public abstract class CrdTests(ITestClusters clusters)
{
    private static CancellationToken Cancel => LiveClient.Cancel;

    public static TheoryData<string> BanzaiVersions => [.. BanzaiRelease.Known.Select(release => release.Version)];

    [Theory, MemberData(nameof(BanzaiVersions))]
    public async Task Banzai_definitions_are_established(string version)
    {
        (KubeClient client, string group) = await StartAsync();
        using KubeClient _ = client;
        BanzaiRelease release = BanzaiRelease.Known.Single(known => known.Version == version);

        foreach (ResourceDefinition definition in BanzaiDefinitions.Of(release))
            await EstablishAsync(client, definition, group);
    }

    [Fact]
    public async Task Cisco_definitions_are_established()
    {
        (KubeClient client, string group) = await StartAsync();
        using KubeClient _ = client;

        foreach (ResourceDefinition definition in CiscoDefinitions.All)
            await EstablishAsync(client, definition, group);
    }

    [Fact]
    public async Task Banzai_status_with_nulls_and_fields_that_no_schema_mentions_are_kept()
    {
        (KubeClient client, string group) = await StartAsync();
        using KubeClient _ = client;
        KubeResource istios = await EstablishAsync(client, BanzaiDefinitions.Of(BanzaiRelease.Known[0])[0], group);
        JsonObject istio = Object(istios, group, """
            {"version": "1.1.14", "mtls": false, "ourOwn": {"deep": [1]},
             "pilot": {"image": "docker.io/istio/pilot:1.1.14", "traceSampling": 0.5, "affinity": {"nodeAffinity": {}}},
             "gateways": {"ingress": {"ports": [{"port": 80, "targetPort": "http", "name": "http2", "nodePort": 31380}]}},
             "sidecarInjector": {"initCNIConfiguration": {"enabled": true, "excludeNamespaces": ["istio-system"], "newField": 1}}}
            """);
        JsonObject written = (await client.ApplyAsync(istios, istio, new ApplyOptions(), Cancel)).Object;

        Assert.True(JsonNode.DeepEquals(istio["spec"], written["spec"]), written["spec"]!.ToJsonString());

        var status = JsonNode.Parse("""{"status":{"Status":"Created","ErrorMessage":"","GatewayAddress":null}}""")!;
        JsonObject after = await PatchStatusAsync(client, istios, group, status);
        Assert.Equal("Created", (string?)after["status"]!["Status"]);
    }

    [Theory]
    [InlineData("""{"version": "1.0.5", "mtls": true}""", "spec.version in body should match '^1.1'")]
    [InlineData("""{"version": "1.1.14"}""", "spec.mtls: Required value")]
    [InlineData("""{"version": "1.1.14", "mtls": true, "outboundTrafficPolicy": {"mode": "ALLOW"}}""", "spec.outboundTrafficPolicy.mode")]
    public async Task What_the_first_operator_refuses_is_refused(string spec, string reason)
    {
        (KubeClient client, string group) = await StartAsync();
        using KubeClient _ = client;
        KubeResource istios = await EstablishAsync(client, BanzaiDefinitions.Of(BanzaiRelease.Known[0])[0], group);

        MeshException refused = await Assert.ThrowsAnyAsync<MeshException>(() => client.ApplyAsync(istios, Object(istios, group, spec), new ApplyOptions(), Cancel));
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_control_plane_of_the_second_generation_gets_its_default_network()
    {
        (KubeClient client, string group) = await StartAsync();
        using KubeClient _ = client;
        KubeResource planes = await EstablishAsync(client, CiscoDefinitions.All[0], group);

        JsonObject written = (await client.ApplyAsync(planes, Object(planes, group, """{"version": "1.17.8", "mode": "ACTIVE", "proxy": {"lifecycle": {}}}"""),
            new ApplyOptions(), Cancel)).Object;
        Assert.Equal("network1", (string?)written["spec"]!["networkName"]);
    }

    private async Task<(KubeClient Client, string Group)> StartAsync()
    {
        TestCluster plane = await clusters.SharedAsync();
        return (await LiveClient.OpenAsync(plane.Kubeconfig), await plane.CreateNamespaceAsync("crd"));
    }

    /// <summary>Applies a definition in a group named after the test's namespace, and waits until the server serves it.</summary>
    private static async Task<KubeResource> EstablishAsync(KubeClient client, ResourceDefinition definition, string group)
    {
        ResourceDefinition moved = definition with { Resource = definition.Resource with { Group = $"{group}.example.com" } };
        KubeResource served = await ResourceDefinition.ServedAsync(client, Cancel);
        await client.ApplyAsync(served, moved.Manifest(served, []).Manifest, new ApplyOptions(), Cancel);
        await Eventually.BecomesTrueAsync(async () =>
        {
            JsonObject found = (await client.GetAsync(served, null, moved.Name, Cancel))!;
            var conditions = (found["status"]?["conditions"] as JsonArray ?? []).Select(condition => ((string?)condition!["type"], (string?)condition["status"])).ToList();
            Assert.DoesNotContain(("NonStructuralSchema", "True"), conditions);
            return conditions.Contains(("Established", "True"));
        }, $"{moved.Name} is established");
        return moved.Resource;
    }

    private static JsonObject Object(KubeResource resource, string ns, string spec) => new()
    {
        ["apiVersion"] = resource.ApiVersion,
        ["kind"] = resource.Kind,
        ["metadata"] = new JsonObject { ["name"] = "mesh", ["namespace"] = ns },
        ["spec"] = JsonNode.Parse(spec),
    };

    private static async Task<JsonObject> PatchStatusAsync(KubeClient client, KubeResource resource, string ns, JsonNode patch)
    {
        // A merge patch would delete what is null.
        JsonObject whole = (await client.GetAsync(resource, ns, "mesh", Cancel))!;
        whole["status"] = patch["status"]!.DeepClone();
        using var request = new HttpRequestMessage(HttpMethod.Put, resource.Path(ns, "mesh", "status"))
        {
            Content = new StringContent(whole.ToJsonString(), System.Text.Encoding.UTF8, "application/json"),
        };
        using HttpResponseMessage response = await client.SendAsync(request, resource.Subject("update", ns, "mesh", "status"), Cancel);
        return (JsonObject)JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancel))!;
    }
}
