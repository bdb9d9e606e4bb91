using System.Text.Json.Nodes;
using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Core.Tests.Mesh;

/// <summary>What a pod's fields become; every pod here is read from JSON and from protobuf.</summary>
public sealed class MeshPodTests
{
    [Fact]
    public void A_pod_tells_where_it_runs_and_who_made_it()
    {
        MeshPod pod = PodReading.One(PodJson.Pod("web-0", "shop", p =>
        {
            p["metadata"]!["ownerReferences"] = new JsonArray(
                new JsonObject { ["kind"] = "Node", ["name"] = "node-1" },
                new JsonObject { ["kind"] = "StatefulSet", ["name"] = "web", ["controller"] = true });
            p["status"] = JsonNode.Parse("""
                {"phase":"Running","podIP":"10.0.0.5","podIPs":[{"ip":"10.0.0.5"},{"ip":"fd00::5"}],
                 "conditions":[{"type":"Initialized","status":"True"},{"type":"Ready","status":"True"}]}
                """);
        }));

        Assert.Equal("shop/web-0", pod.ToString());
        Assert.Equal(("node-1", "Running", true), (pod.Node, pod.Phase, pod.Ready));
        Assert.Equal(["10.0.0.5", "fd00::5"], pod.PodIPs);
        Assert.Equal("StatefulSet/web", pod.Owner?.ToString());
    }

    [Fact]
    public void A_pod_with_a_single_address_has_that() =>
        Assert.Equal(["10.0.0.5"], PodReading.One(PodJson.Pod("a", change: p => p["status"]!["podIP"] = "10.0.0.5")).PodIPs);

    [Fact]
    public void A_pod_without_containers_or_status_is_a_pod()
    {
        MeshPod pod = PodReading.One(new JsonObject { ["metadata"] = new JsonObject { ["name"] = "bare", ["namespace"] = "default" } });

        Assert.Empty(pod.Containers);
        Assert.Null(pod.Phase);
        Assert.False(pod.Ready || pod.Injected || pod.RedirectionExpected);
        Assert.Equal(RedirectMethod.None, pod.RedirectMethod);
        Assert.Contains(pod.RedirectionConditions, c => c is { Name: "SidecarPresent", Met: false });
    }

    [Fact]
    public void A_pod_whose_spec_and_status_are_null_is_a_pod()
    {
        byte[] body = """{"kind":"PodList","metadata":null,"items":[{"metadata":{"name":"a","labels":null},"spec":null,"status":{"podIPs":null}}]}"""u8.ToArray();

        Assert.Equal("a", Assert.Single(PodReading.Read(body, PodReading.Json)).Name);
    }

    [Fact]
    public void An_annotation_of_five_megabytes_is_not_in_the_way()
    {
        MeshPod pod = PodReading.One(PodJson.Injected("big", change: p => p["metadata"]!["annotations"]!["example.com/blob"] = new string('x', 5_000_000)));

        Assert.True(pod.RedirectionExpected);
        Assert.Equal(["sidecar.istio.io/status"], pod.Annotations.Keys);
    }

    [Theory]
    [InlineData("a.*[b]?"), InlineData("名前"), InlineData("x\"y\\z"), InlineData("line\nbreak"), InlineData("$(whoami)")]
    public void Odd_names_come_through(string name) => Assert.Equal(name, PodReading.One(PodJson.Pod(name)).Name);

    [Fact]
    public void The_first_generations_pod_with_cni_is_redirected_by_its_rules()
    {
        MeshPod pod = PodReading.One(PodJson.Injected("details"));

        Assert.Equal((true, true, RedirectMethod.Cni, "1.1.14"), (pod.Injected, pod.RedirectionExpected, pod.RedirectMethod, pod.IstioVersion));
        Assert.Equal(["app", "istio-proxy"], pod.Containers);
        Assert.Contains(pod.RedirectionConditions, c => c is { Name: "MoreThanOneContainer", Met: true, Source: "istio/cni release-1.1: cmd/istio-cni/main.go" });
    }

    [Fact]
    public void A_native_sidecar_counts_as_injected_and_is_judged_by_todays_rules()
    {
        MeshPod pod = PodReading.One(PodJson.Pod("app", change: p =>
        {
            p["metadata"]!["annotations"] = new JsonObject { ["sidecar.istio.io/status"] = "{}" };
            p["spec"]!["initContainers"] = new JsonArray(
                PodJson.Container("istio-validation", "istio/proxyv2:1.24.0"),
                PodJson.Container("istio-proxy", "istio/proxyv2:1.24.0-distroless", c => c["args"] = new JsonArray("proxy", "sidecar")));
        }));

        Assert.Equal((true, true, RedirectMethod.Cni, "1.24.0"), (pod.Injected, pod.RedirectionExpected, pod.RedirectMethod, pod.IstioVersion));
        Assert.Contains(pod.RedirectionConditions, c => c is { Name: "SidecarPresent", Value: "init container istio-proxy (native sidecar)" });
    }

    [Fact]
    public void A_gateway_runs_a_proxy_but_is_not_injected_with_a_sidecar()
    {
        MeshPod pod = PodReading.One(PodJson.Pod("ingress", "istio-system", p =>
        {
            p["metadata"]!["annotations"] = new JsonObject { ["sidecar.istio.io/status"] = "{}" };
            p["spec"]!["containers"] = new JsonArray(PodJson.Container("istio-proxy", "istio/proxyv2:1.22.3", c => c["args"] = new JsonArray("proxy", "router", "--x")));
        }));

        Assert.Equal((false, false, RedirectMethod.None, "1.22.3"), (pod.Injected, pod.RedirectionExpected, pod.RedirectMethod, pod.IstioVersion));
        Assert.Equal("ProxyTypeIsSidecar", Assert.Single(pod.RedirectionConditions, c => !c.Met).Name);
    }

    [Fact]
    public void The_proxys_environment_decides_and_nobody_elses()
    {
        MeshPod proxyless = PodReading.One(PodJson.Injected("grpc", image: "istio/proxyv2:1.22.3", change: p =>
            p["spec"]!["containers"]![1]!["env"] = new JsonArray(PodJson.Variable("PATH", "/bin"), PodJson.Variable("DISABLE_ENVOY", "true"))));
        MeshPod other = PodReading.One(PodJson.Injected("web", image: "istio/proxyv2:1.22.3", change: p =>
            p["spec"]!["containers"]![0]!["env"] = new JsonArray(PodJson.Variable("DISABLE_ENVOY", "true"))));

        Assert.Equal((true, false), (proxyless.Injected, proxyless.RedirectionExpected));
        Assert.True(other.RedirectionExpected);
    }

    [Fact]
    public void The_interception_mode_of_the_mesh_counts_where_the_pod_has_none_of_its_own()
    {
        static void Environment(JsonObject p) => p["spec"]!["containers"]![1]!["env"] = new JsonArray(PodJson.Variable("ISTIO_META_INTERCEPTION_MODE", "NONE"));

        Assert.False(PodReading.One(PodJson.Injected("a", change: Environment)).RedirectionExpected);
        Assert.True(PodReading.One(PodJson.Injected("a", change: p =>
        {
            Environment(p);
            p["metadata"]!["annotations"]!["sidecar.istio.io/interceptionMode"] = "TPROXY";
        })).RedirectionExpected);
    }

    [Theory]
    [InlineData("""{"capabilities":{"add":["NET_ADMIN"]}}""", true)]
    [InlineData("""{"capabilities":{"add":["CHOWN","ALL"]}}""", true)]
    [InlineData("""{"capabilities":{"add":["CAP_NET_ADMIN"]}}""", true)]
    [InlineData("""{"privileged":true}""", true)]
    [InlineData("""{"privileged":false,"capabilities":{"drop":["NET_ADMIN","ALL"]}}""", false)]
    [InlineData("""{"capabilities":{"add":["NET_RAW"]}}""", false)]
    [InlineData("""{"runAsUser":0}""", false)]
    public void NetAdmin_names_the_containers_that_may_change_the_network(string securityContext, bool may)
    {
        MeshPod pod = PodReading.One(PodJson.Injected("a", change: p =>
        {
            p["spec"]!["initContainers"] = new JsonArray(PodJson.Container("istio-init", "istio/proxy_init:1.1.14", c => c["securityContext"] = JsonNode.Parse(securityContext)));
            p["spec"]!["containers"]![1]!["securityContext"] = JsonNode.Parse(securityContext);
        }));

        Assert.Equal(may ? ["istio-init", "istio-proxy"] : [], pod.NetAdmin);
        Assert.Equal(RedirectMethod.InitContainer, pod.RedirectMethod);
    }

    [Fact]
    public void The_version_is_that_of_istio_init_where_the_proxy_is_pinned_by_digest() => Assert.Equal("1.1.14", PodReading.One(
        PodJson.Injected("a", image: "istio/proxyv2@sha256:abc", change: p => p["spec"]!["initContainers"] = new JsonArray(PodJson.Container("istio-init", "istio/proxy_init:1.1.14")))).IstioVersion);

    [Fact]
    public void Only_the_labels_and_annotations_of_the_mesh_are_kept()
    {
        MeshPod pod = PodReading.One(PodJson.Pod("a", change: p =>
        {
            p["metadata"]!["labels"] = new JsonObject { ["app"] = "a", ["version"] = "v1", ["istio.io/rev"] = "r", ["pod-template-hash"] = "x", ["notistio.io/x"] = "y" };
            p["metadata"]!["annotations"] = new JsonObject { ["traffic.sidecar.istio.io/excludeInboundPorts"] = "9000", ["kubernetes.io/psp"] = "p" };
        }));

        Assert.Equal(["app", "istio.io/rev", "version"], pod.Labels.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("9000", Assert.Single(pod.Annotations).Value);
    }

    [Fact]
    public void Pods_alike_share_what_they_have_in_common()
    {
        IReadOnlyList<MeshPod> pods = PodReading.Both([PodJson.Injected("a"), PodJson.Injected("b")]);

        Assert.Same(pods[0].Containers, pods[1].Containers);
        Assert.Same(pods[0].Annotations, pods[1].Annotations);
        Assert.Same(pods[0].RedirectionConditions, pods[1].RedirectionConditions);
        Assert.Same(pods[0].Namespace, pods[1].Namespace);
    }

    private static IstioInstallation Installed(string version, string? revision = null, params string[] excluded) => new()
    {
        Operator = IstioOperatorKind.None,
        Namespace = "istio-system",
        Name = "istiod",
        Version = version,
        Revision = revision,
        CniEnabled = excluded.Length > 0,
        CniExcludedNamespaces = excluded,
    };

    [Theory]
    [InlineData(null, "1.22"), InlineData("old", "1.9"), InlineData("unheard-of", "1.22")]
    public void A_pod_without_a_proxy_is_judged_by_the_release_of_its_revision_or_the_default_one(string? revision, string release)
    {
        MeshPod pod = PodReading.One(
            PodJson.Pod("a", change: p => p["metadata"]!["labels"] = revision is null ? null : new JsonObject { ["istio.io/rev"] = revision }),
            PodReading.Cluster(Installed("1.9.8", "old"), Installed("1.22.3"), Installed("1.24.0", "canary")));

        Assert.Contains($"release-{release}:", pod.RedirectionConditions.Single(c => c.Name == "NamespaceNotExcluded").Source, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_default_revision_the_newest_release_judges() => Assert.Contains(
        "release-1.10:",
        PodReading.One(PodJson.Pod("a"), PodReading.Cluster(Installed("1.9.8", "a"), Installed("1.10.1", "b"))).RedirectionConditions[2].Source,
        StringComparison.Ordinal);

    [Fact]
    public void The_proxys_own_release_judges_before_that_of_the_cluster() => Assert.Contains(
        "release-1.1:",
        PodReading.One(PodJson.Injected("a"), PodReading.Cluster(Installed("1.22.3"))).RedirectionConditions[2].Source,
        StringComparison.Ordinal);

    [Fact]
    public void Namespaces_that_the_plugin_leaves_alone_are_not_redirected()
    {
        MeshPod pod = PodReading.One(PodJson.Injected("a", "batch"), PodReading.Cluster(Installed("1.1.14", null, "istio-system", "batch")));

        Assert.Equal((true, false, RedirectMethod.None), (pod.Injected, pod.RedirectionExpected, pod.RedirectMethod));
        Assert.Equal("namespace batch is in exclude_namespaces", Assert.Single(pod.RedirectionConditions, c => !c.Met).Value);
    }
}
