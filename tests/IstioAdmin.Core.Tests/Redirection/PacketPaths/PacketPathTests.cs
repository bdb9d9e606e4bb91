using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.PacketPaths;
using IstioAdmin.Core.Redirection.Sources;
using IstioAdmin.Core.Tests.Kube.World;
using IstioAdmin.Core.Tests.Mesh;
using IstioAdmin.Core.Tests.Redirection.Policies;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Printing;
using IstioAdmin.Iptables.Redirection;
using IstioAdmin.Testing;

namespace IstioAdmin.Core.Tests.Redirection.PacketPaths;

public sealed class PacketPathTests : IAsyncLifetime
{
    private const string Slices = "/apis/discovery.k8s.io/v1/namespaces/demo/endpointslices";

    private readonly List<string> _reads = [];
    private readonly Dictionary<string, RuleDump[]> _rules = new(StringComparer.Ordinal)
    {
        ["demo/web"] = [Dump(PolicyWorld.ByCni())],
        ["demo/reviews"] = [Dump(PolicyWorld.ByCni())],
    };

    private FakeObjectServer _server = null!;

    private static MeshPod Web { get; } = PolicyWorld.ByCni() with { Namespace = "demo", Name = "web", PodIPs = ["10.244.7.5"] };

    public async ValueTask InitializeAsync()
    {
        _server = await FakeObjectServer.StartAsync();
        _server.Put("/api/v1/namespaces/demo/services/reviews", """
            {"metadata":{"name":"reviews","namespace":"demo"},"spec":{"clusterIP":"10.96.1.2","clusterIPs":["10.96.1.2"],
             "ports":[{"name":"http","port":9080,"protocol":"TCP","targetPort":8080}]}}
            """);
        _server.Put(Slices, """
            {"items":[{"addressType":"IPv4","ports":[{"name":"http","port":8080,"protocol":"TCP"}],"endpoints":[
              {"addresses":["10.244.8.1"],"conditions":{"ready":false},"targetRef":{"kind":"Pod","name":"starting","namespace":"demo"}},
              {"addresses":["10.244.8.9"],"conditions":{"ready":true},"targetRef":{"kind":"Pod","name":"reviews","namespace":"demo"}},
              {"addresses":["10.244.8.10"],"targetRef":{"kind":"Pod","name":"other","namespace":"demo"}}]}]}
            """);
        _server.Put("/api/v1/namespaces/demo/pods/reviews", """
            {"metadata":{"name":"reviews","namespace":"demo","uid":"u","annotations":{"sidecar.istio.io/status":"{}"}},
             "spec":{"nodeName":"n","containers":[{"name":"app","image":"a:1","ports":[{"containerPort":8080}]},
               {"name":"istio-proxy","image":"istio/proxyv2:1.26.1","args":["proxy","sidecar"],"securityContext":{"runAsUser":1337,"runAsGroup":1337}}]},
             "status":{"phase":"Running","podIP":"10.244.8.9","podIPs":[{"ip":"10.244.8.9"}]}}
            """);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private static RuleDump Dump(MeshPod pod) => new(
        RuleDumpFormat.IptablesNft, IpFamily.IPv4, SavePrinter.Print(PodRedirectionRules.Write(PolicyWorld.Policy(pod).Settings!, IpFamily.IPv4)));

    private Task<PacketPath> TraceAsync(string to, PacketPathOptions? options = null, MeshPod? from = null) => Core.Redirection.PacketPaths.PacketPaths.TraceAsync(
        PodReading.Cluster(_server.Uri), from ?? Web, to, options ?? new(), ReadAsync, new RecordingReporter(), TestContext.Current.CancellationToken);

    private async IAsyncEnumerable<PodRulesReading> ReadAsync(IReadOnlyList<MeshPod> pods, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        foreach (MeshPod pod in pods)
        {
            await Task.Yield();
            _reads.Add(pod.ToString());
            yield return _rules.TryGetValue(pod.ToString(), out RuleDump[]? dumps)
                ? new(pod, new() { Source = RulesSource.Dump, Reader = "a test", ReadAt = DateTimeOffset.UnixEpoch, Dumps = dumps }, null)
                : new(pod, null, new("NotAllowed", FailureKind.Forbidden, "create pods/exec is missing", "Grant it."));
        }
    }

    [Fact]
    public async Task A_call_to_a_service_goes_through_both_proxies()
    {
        PacketPath path = await TraceAsync("reviews:9080");

        Assert.Equal("demo/web to service demo/reviews, port 9080", path.ToString());
        Assert.Equal(("10.96.1.2", (ushort)9080), (path.Sender.Packet.DestinationAddress, path.Sender.Packet.DestinationPort));
        Assert.Equal((LegVerdict.Proxied, LegVerdict.Direct, LegVerdict.Proxied), (path.Sender.Verdict, path.Proxy!.Verdict, path.Receiver!.Verdict));
        Assert.Equal(("10.244.8.9", (ushort)8080, 1337u), (path.Proxy.Packet.DestinationAddress, path.Proxy.Packet.DestinationPort, path.Proxy.Packet.Owner!.User));
        Assert.Equal("demo/reviews", path.Receiver.Pod.ToString());
        Assert.True(path.ThroughSenderProxy && path.ThroughReceiverProxy);
        Assert.Equal(["demo/web", "demo/reviews"], _reads);
        Assert.Equal(
            [
                "In demo/web the packet to 10.96.1.2 port 9080 (user 0, group 0) enters the proxy at port 15001 because of -A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 15001.",
                "The proxy opens the connection there and makes one of its own to the destination.",
                "In demo/web the packet of the proxy to 10.244.8.9 port 8080 (user 1337, group 1337) leaves as it is, for no rule redirects it.",
                "2 endpoints are ready; this is the way to the first, 10.244.8.9.",
                "At demo/reviews the packet to port 8080 enters the proxy at port 15006 because of -A ISTIO_IN_REDIRECT -p tcp -j REDIRECT --to-ports 15006.",
                "The receiver's proxy opens the connection and hands what is in it to the application.",
            ],
            path.Text);
    }

    [Theory]
    [InlineData("reviews"), InlineData("reviews:http"), InlineData("demo/reviews:9080"), InlineData("service/reviews"), InlineData("reviews.demo.svc.cluster.local:9080"), InlineData("reviews.demo")]
    public async Task A_service_has_many_names(string to) => Assert.Equal((ushort)9080, (await TraceAsync(to)).To.Port);

    [Theory]
    [InlineData("pod/reviews"), InlineData("pod/demo/reviews:8080")]
    public async Task A_pod_is_followed_by_its_own_address(string to)
    {
        PacketPath path = await TraceAsync(to);

        Assert.Equal(("10.244.8.9", (ushort)8080), (path.To.Address, path.To.Port));
        Assert.Equal(LegVerdict.Proxied, path.Receiver!.Verdict);
    }

    [Fact]
    public async Task A_packet_that_passes_the_senders_proxy_by_reaches_the_endpoint_directly()
    {
        PacketPath path = await TraceAsync("reviews", new() { UserId = 1337, GroupId = 1337 });

        Assert.Null(path.Proxy);
        Assert.Equal((LegVerdict.Direct, LegVerdict.Proxied, (ushort)8080), (path.Sender.Verdict, path.Receiver!.Verdict, path.Receiver.Packet.DestinationPort));
        Assert.Contains("leaves as it is, for no rule redirects it", path.Sender.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_rules_at_the_receiver_the_packet_reaches_the_application_past_the_proxy()
    {
        _rules["demo/reviews"] = [new(RuleDumpFormat.IptablesNft, IpFamily.IPv4, "")];

        PacketPath path = await TraceAsync("reviews");

        Assert.Equal(LegVerdict.Direct, path.Receiver!.Verdict);
        Assert.Equal("At demo/reviews the packet to port 8080 reaches the application past the proxy, for there are no rules.", path.Receiver.Text);
        Assert.Contains("mutual TLS", path.Text[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Both_back_ends_have_a_say()
    {
        _rules["demo/reviews"] = [.. _rules["demo/reviews"], new(RuleDumpFormat.IptablesLegacy, IpFamily.IPv4, "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp -m tcp --dport 15006 -j DROP\n-A INPUT -p tcp -m tcp --dport 8080 -j DROP\nCOMMIT\n")];

        PacketPath path = await TraceAsync("reviews");

        Assert.Equal(LegVerdict.Blocked, path.Receiver!.Verdict);
        Assert.Equal(2, path.Receiver.Traces.Count);
        Assert.Equal("At demo/reviews the packet to port 8080 is stopped: dropped in INPUT of table filter (legacy).", path.Receiver.Text);
    }

    [Fact]
    public async Task A_server_without_endpoint_slices_tells_the_endpoints()
    {
        _server.Refuse = request => request.Path == Slices ? (404, "the server could not find the requested resource") : null;
        _server.Put("/api/v1/namespaces/demo/endpoints/reviews", """
            {"subsets":[{"notReadyAddresses":[{"ip":"10.244.8.1"}],"addresses":[{"ip":"10.244.8.9","targetRef":{"kind":"Pod","name":"reviews","namespace":"demo"}}],
              "ports":[{"name":"http","port":8080,"protocol":"TCP"},{"name":"metrics","port":9090,"protocol":"TCP"}]}]}
            """);

        PacketPath path = await TraceAsync("reviews");

        PacketEndpoint end = Assert.Single(path.To.Endpoints);
        Assert.Equal(("10.244.8.9", (ushort)8080, "demo/reviews"), (end.Address, end.Port, end.Pod?.ToString()));
        Assert.Equal(LegVerdict.Proxied, path.Receiver!.Verdict);
    }

    [Fact]
    public async Task Native_nftables_beside_iptables_have_a_say()
    {
        const string Guard = """
            {"nftables": [
              {"table": {"family": "inet", "name": "guard"}},
              {"chain": {"family": "inet", "table": "guard", "name": "entry", "type": "filter", "hook": "input", "prio": 0, "policy": "accept"}},
              {"rule": {"family": "inet", "table": "guard", "chain": "entry", "expr": [
                {"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": 15006}}, {"drop": null}]}}]}
            """;
        _rules["demo/reviews"] = [.. _rules["demo/reviews"], new(RuleDumpFormat.NftJson, null, Guard)];

        PacketPath path = await TraceAsync("reviews");

        Assert.Equal(LegVerdict.Blocked, path.Receiver!.Verdict);
        Assert.Contains("table guard", path.Receiver.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_proxy_whose_own_packets_are_caught_goes_round_in_circles()
    {
        _rules["demo/web"] = [.. _rules["demo/web"].Select(dump => dump with { Text = dump.Text.Replace("1337", "1338", StringComparison.Ordinal) })];

        PacketPath path = await TraceAsync("reviews");

        Assert.Equal(LegVerdict.Proxied, path.Proxy!.Verdict);
        Assert.Null(path.Receiver);
        Assert.Contains("round in circles", path.Text[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rules_that_nobody_may_read_leave_the_answer_open_and_say_why()
    {
        _rules.Remove("demo/reviews");

        PacketPath path = await TraceAsync("reviews");

        Assert.Equal((LegVerdict.Unknown, "NotAllowed"), (path.Receiver!.Verdict, path.Receiver.Failure!.ErrorId));
        Assert.Contains("create pods/exec is missing", path.Receiver.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_outside_is_followed_as_far_as_the_senders_pod()
    {
        PacketPath path = await TraceAsync("203.0.113.5:443");

        Assert.Equal((LegVerdict.Proxied, LegVerdict.Direct), (path.Sender.Verdict, path.Proxy!.Verdict));
        Assert.Null(path.Receiver);
        Assert.Contains("no pod of the cluster", path.Text[^1], StringComparison.Ordinal);
        Assert.Equal(["demo/web"], _reads);
    }

    [Fact]
    public async Task DNS_that_is_captured_goes_to_the_agent()
    {
        MeshPod from = Web with { Traffic = PolicyWorld.ByCni(proxy: PolicyWorld.Proxy(("ISTIO_META_DNS_CAPTURE", "true"))).Traffic };
        _rules["demo/web"] = [Dump(from)];

        Assert.Equal(LegVerdict.Dns, (await TraceAsync("10.96.0.10:53", new() { Udp = true }, from)).Sender.Verdict);
    }

    [Fact]
    public async Task A_pod_that_calls_its_own_service_comes_in_like_any_other()
    {
        _server.Put(Slices, """
            {"items":[{"addressType":"IPv4","ports":[{"name":"http","port":8080}],"endpoints":[{"addresses":["10.244.7.5"],"targetRef":{"kind":"Pod","name":"web"}}]}]}
            """);
        _server.Put("/api/v1/namespaces/demo/pods/web", """
            {"metadata":{"name":"web","namespace":"demo"},"spec":{"containers":[{"name":"app"}]},"status":{"podIP":"10.244.7.5"}}
            """);

        PacketPath path = await TraceAsync("reviews");

        Assert.Equal((LegVerdict.Proxied, null), (path.Proxy!.Verdict, path.Receiver));
        Assert.Equal("That is the pod itself, where the call comes in like any other.", path.Text[^1]);
    }

    [Fact]
    public async Task A_service_that_nobody_serves_ends_at_the_proxy()
    {
        _server.Put(Slices, """{"items":[]}""");

        Assert.Equal("No pod of the service is ready: nobody answers.", (await TraceAsync("reviews")).Text[^1]);
    }

    [Theory]
    [InlineData("nothing", "TargetNotFound")]
    [InlineData("pod/nothing:80", "TargetNotFound")]
    [InlineData("reviews:81", "PortUnknown")]
    [InlineData("reviews:grpc", "PortUnknown")]
    [InlineData("10.0.0.1", "PortUnknown")]
    [InlineData("10.0.0.1:http", "PortUnknown")]
    [InlineData("a/b/c/d", "InvalidTarget")]
    [InlineData("Reviews!", "InvalidTarget")]
    [InlineData("reviews:", "InvalidTarget")]
    [InlineData("[fd00::1", "InvalidTarget")]
    [InlineData("[fd00::1]:80", "PodHasNoAddress")]
    public async Task What_leads_nowhere_is_an_error_that_says_what_to_write(string to, string error)
    {
        MeshException failure = await Assert.ThrowsAsync<MeshException>(() => TraceAsync(to));

        Assert.Equal(error, failure.ErrorId);
        Assert.NotNull(failure.Remedy);
    }
}
