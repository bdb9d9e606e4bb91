using System.Text.Json.Nodes;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.Policies;

namespace IstioAdmin.Core.Tests.Mesh;

/// <summary>What a listing keeps of a pod's containers for its redirection; every pod here is read from JSON and from protobuf.</summary>
public sealed class PodTrafficTests
{
    private static readonly string Hex = new string('0', 30) + "af" + new string('9', 32);

    private static JsonObject Status(string name, string id) => new() { ["name"] = name, ["containerID"] = id };

    [Fact]
    public void Ids_of_containers_and_init_containers_come_as_the_runtime_gave_them()
    {
        MeshPod pod = PodReading.One(PodJson.Injected("a", change: p =>
        {
            p["status"]!["initContainerStatuses"] = new JsonArray(Status("istio-init", $"containerd://{Hex}"));
            p["status"]!["containerStatuses"] = new JsonArray(Status("app", $"containerd://1{Hex[1..]}"), Status("istio-proxy", ""));
        }));

        Assert.Equal(["istio-init", "app"], pod.ContainerIds.Keys);
        Assert.Equal($"containerd://{Hex}", pod.ContainerIds["istio-init"]);
        Assert.Equal([$"containerd://{Hex}", $"containerd://1{Hex[1..]}"], pod.ContainerIds.Values);
        Assert.False(pod.ContainerIds.TryGetValue("istio-proxy", out _));
        Assert.Throws<KeyNotFoundException>(() => pod.ContainerIds["istio-proxy"]);
        Assert.Empty(PodReading.One(PodJson.Pod("bare")).ContainerIds);
    }

    [Theory]
    [InlineData("docker://short")]
    [InlineData("containerd://ABCDEF00000000000000000000000000000000000000000000000000000000AB")]
    [InlineData("1111111111111111111111111111111111111111111111111111111111111111")]
    [InlineData("x")]
    public void Ids_of_another_form_come_through_as_well(string id)
    {
        MeshPod pod = PodReading.One(PodJson.Pod("a", change: p =>
            p["status"]!["containerStatuses"] = new JsonArray(Status("app", id), Status("other", $"containerd://{Hex}"))));

        Assert.Equal((id, $"containerd://{Hex}"), (pod.ContainerIds["app"], pod.ContainerIds["other"]));
    }

    [Fact]
    public void Istio_init_brings_its_command_and_all_its_arguments_and_others_none()
    {
        MeshPod pod = PodReading.One(PodJson.Injected("a", change: p =>
        {
            p["spec"]!["initContainers"] = new JsonArray(
                PodJson.Container("istio-init", "istio/proxyv2:1.22.3", c =>
                {
                    c["command"] = new JsonArray("istio-iptables");
                    c["args"] = new JsonArray("-p", "15001", "-b", "");
                    c["env"] = new JsonArray(PodJson.Variable("ISTIO_META_DNS_CAPTURE", "true"), PodJson.Variable("PATH", "/bin"));
                }),
                PodJson.Container("migrate", "app:1", c => c["args"] = new JsonArray("a", "b", "c")));
        }));

        Assert.Equal(["istio-iptables"], pod.Traffic.IstioInit!.Command);
        Assert.Equal(["-p", "15001", "-b", ""], pod.Traffic.IstioInit.Arguments);
        Assert.Equal("true", Assert.Single(pod.Traffic.IstioInit.Environment).Value);
        Assert.Empty(pod.Traffic.Proxy!.Arguments);
        Assert.Equal(["istio-init", "migrate", "app", "istio-proxy"], pod.Traffic.Containers.Select(c => c.Name));
        Assert.Equal(["app"], pod.Traffic.Applications.Select(c => c.Name));
    }

    [Fact]
    public void The_proxys_variables_are_kept_where_they_mean_something_and_the_applications_are_not()
    {
        static void Environment(JsonNode container) => container["env"] = new JsonArray(
            PodJson.Variable("ISTIO_META_DNS_CAPTURE", "false"), PodJson.Variable("ISTIO_META_DNS_CAPTURE", "true"), PodJson.Variable("HOME", "/"),
            new JsonObject { ["name"] = "INVALID_DROP", ["valueFrom"] = new JsonObject() });

        PodTrafficFacts traffic = PodReading.One(PodJson.Injected("a", change: p =>
        {
            Environment(p["spec"]!["containers"]![0]!);
            Environment(p["spec"]!["containers"]![1]!);
        })).Traffic;

        Assert.Equal([("INVALID_DROP", ""), ("ISTIO_META_DNS_CAPTURE", "true")], traffic.Proxy!.Environment.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => (e.Key, e.Value)));
        Assert.Empty(traffic.Applications.Single().Environment);
    }

    [Fact]
    public void A_containers_ids_go_before_the_pods()
    {
        PodTrafficFacts traffic = PodReading.One(PodJson.Injected("a", change: p =>
        {
            p["spec"]!["securityContext"] = new JsonObject { ["runAsUser"] = 1000, ["runAsGroup"] = 4294967294 };
            p["spec"]!["containers"]![1]!["securityContext"] = new JsonObject { ["runAsUser"] = 1337 };
        })).Traffic;

        Assert.Equal((1337, 4294967294), (traffic.UserOf(traffic.Proxy!), traffic.GroupOf(traffic.Proxy!)));
        Assert.Equal((1000, null), (traffic.UserOf(traffic.Applications.Single()), traffic.Proxy!.RunAsGroup));
    }

    [Fact]
    public void Ports_are_kept_in_order_with_their_protocol() => Assert.Equal(
        [new(9080, "TCP"), new(53, "UDP"), new(80, "TCP")],
        PodReading.One(PodJson.Pod("a", change: p => p["spec"]!["containers"]![0]!["ports"] = new JsonArray(
            new JsonObject { ["containerPort"] = 9080, ["protocol"] = "TCP" },
            new JsonObject { ["containerPort"] = 53, ["protocol"] = "UDP" },
            new JsonObject { ["containerPort"] = 80 }))).Traffic.Applications.Single().Ports);

    [Fact]
    public void Pods_alike_share_their_facts_and_pods_of_different_listings_have_equal_ones()
    {
        static void Change(JsonObject p)
        {
            p["spec"]!["containers"]![0]!["ports"] = new JsonArray(new JsonObject { ["containerPort"] = 9080 });
            p["spec"]!["containers"]![1]!["env"] = new JsonArray(PodJson.Variable("ISTIO_META_DNS_CAPTURE", "true"));
        }

        IReadOnlyList<MeshPod> pods = PodReading.Both([PodJson.Injected("a", change: Change), PodJson.Injected("b", change: Change), PodJson.Injected("c")]);
        MeshPod again = PodReading.One(PodJson.Injected("d", change: Change));

        Assert.Same(pods[0].Traffic, pods[1].Traffic);
        Assert.NotEqual(pods[0].Traffic, pods[2].Traffic);
        Assert.NotSame(pods[0].Traffic, again.Traffic);
        Assert.Equal(pods[0].Traffic, again.Traffic);
        Assert.Equal(pods[0].Traffic.GetHashCode(), again.Traffic.GetHashCode());
    }
}
