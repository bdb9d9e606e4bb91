using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using IstioAdmin.Core.Kube.Listing;
using IstioAdmin.Core.Mesh;

namespace IstioAdmin.Core.Tests.Mesh;

public sealed class PodPageReaderTests
{
    private static readonly Gen<string> Words = Gen.OneOf(
        AnyOf("app", "istio-proxy", "istio-init", "istio-validation", "default", "kube-system", "Running", "Succeeded", "true", "false", "True", "", "ALL", "NET_ADMIN", "proxy", "sidecar"),
        Gen.Char.Array[0, 12].Select(Valid));

    private static readonly Gen<string> Keys = Gen.OneOf(
        AnyOf("sidecar.istio.io/status", "sidecar.istio.io/inject", "istio.io/rev", "istio.io/dataplane-mode", "ambient.istio.io/redirection", "app", "version", "notistio.io/x", "example.com/y"),
        Gen.Char.Array[1, 12].Select(Valid));

    private static readonly Gen<JsonObject> Maps = Gen.Select(Keys, Words).Array[0, 5].Select(entries =>
    {
        var map = new JsonObject();
        foreach ((string key, string value) in entries)
            map[key] = value;
        return map;
    });

    private static readonly Gen<JsonObject> Ports = Gen.Select(Gen.Int[1, 65535], AnyOf("TCP", "UDP", "SCTP", "")).Select((number, protocol) =>
        new JsonObject { ["containerPort"] = number, ["name"] = "http", ["protocol"] = protocol });

    private static readonly Gen<JsonObject> Containers = Gen.Select(
        Words,
        Words,
        Words.Array[0, 4],
        Gen.Select(AnyOf("DISABLE_ENVOY", "ISTIO_META_INTERCEPTION_MODE", "ISTIO_META_DNS_CAPTURE", "ENABLE_INBOUND_IPV6", "PATH"), Words).Array[0, 3],
        Words.Array[0, 3],
        Gen.Bool,
        Gen.Select(Words.Array[0, 2], Ports.Array[0, 3], Gen.Long[0, uint.MaxValue], Gen.Long[0, uint.MaxValue]))
        .Select((name, image, args, env, add, privileged, rest) => PodJson.Container(name, image, c =>
        {
            c["command"] = Strings(rest.Item1);
            c["args"] = Strings(args);
            c["ports"] = Array(rest.Item2);
            c["env"] = new JsonArray(env.Select(e => (JsonNode)PodJson.Variable(e.Item1, e.Item2)).ToArray());
            c["securityContext"] = new JsonObject
            {
                ["capabilities"] = new JsonObject { ["add"] = Strings(add), ["drop"] = Strings(["ALL"]) },
                ["privileged"] = privileged,
                ["runAsUser"] = rest.Item3,
                ["runAsGroup"] = privileged ? rest.Item4 : null,
            };
        }));

    private static readonly Gen<string> Ids = Gen.OneOf(
        Words,
        Gen.Byte.Array[32].Select(bytes => $"containerd://{Convert.ToHexStringLower(bytes)}"),
        Gen.Byte.Array[32].Select(bytes => $"cri-o://{Convert.ToHexString(bytes)}"));

    private static readonly Gen<JsonObject> Statuses = Gen.Select(Words, Ids).Select((name, id) => new JsonObject { ["name"] = name, ["containerID"] = id, ["imageID"] = "i" });

    private static readonly Gen<JsonObject> Pods = Gen.Select(Words.Where(w => w.Length > 0), Words, Maps, Maps, Containers.Array[0, 3], Containers.Array[0, 3], Gen.Select(Words, Gen.Bool, Words.Array[0, 2], Words, Statuses.Array[0, 3], Statuses.Array[0, 2]))
        .Select((name, ns, labels, annotations, containers, init, rest) => PodJson.Pod(name, ns, pod =>
        {
            pod["metadata"]!["labels"] = labels;
            pod["metadata"]!["annotations"] = annotations;
            pod["metadata"]!["ownerReferences"] = new JsonArray(new JsonObject { ["kind"] = "ReplicaSet", ["name"] = rest.Item4, ["controller"] = rest.Item2 });
            pod["spec"] = new JsonObject { ["containers"] = Array(containers), ["initContainers"] = Array(init), ["hostNetwork"] = rest.Item2, ["nodeName"] = rest.Item1, ["securityContext"] = new JsonObject { ["runAsUser"] = 5, ["runAsGroup"] = rest.Item2 ? 7 : null } };
            pod["status"] = new JsonObject
            {
                ["phase"] = rest.Item1,
                ["podIP"] = rest.Item4,
                ["containerStatuses"] = Array(rest.Item5),
                ["initContainerStatuses"] = Array(rest.Item6),
                ["podIPs"] = new JsonArray(rest.Item3.Select(ip => (JsonNode)new JsonObject { ["ip"] = ip }).ToArray()),
                ["conditions"] = new JsonArray(new JsonObject { ["type"] = "Ready", ["status"] = rest.Item2 ? "True" : "False" }, new JsonObject { ["type"] = "PodScheduled", ["status"] = "True" }),
            };
        }));

    [Fact]
    public void Any_pods_read_the_same_from_json_and_protobuf_whatever_the_order_of_fields_and_the_strangers_among_them() =>
        Gen.Select(Pods.Array[0, 4], Gen.Int[1, 4000], Gen.Int).Sample((pods, segment, seed) =>
        {
            JsonObject list = PodJson.List(pods, token: "next");
            string[] expected = Describe(Encoding.UTF8.GetBytes(list.ToJsonString()), PodReading.Json, int.MaxValue);
            var chance = new Random(seed);
            JsonObject shuffled = Shuffled(list, chance);
            Assert.Equal(pods.Length + 1, expected.Length);
            Assert.Equal(expected, Describe(Encoding.UTF8.GetBytes(shuffled.ToJsonString()), PodReading.Json, segment));
            Assert.Equal(expected, Describe(new PodWire().Encode(list), PodReading.Protobuf, segment));
            Assert.Equal(expected, Describe(new PodWire(chance).Encode(list), PodReading.Protobuf, segment));
        }, iter: 300);

    [Theory]
    [InlineData(PodReading.Json), InlineData(PodReading.Protobuf)]
    public void A_damaged_body_is_an_invalid_response_and_nothing_worse(string mediaType)
    {
        JsonObject list = PodJson.List([PodJson.Injected("a"), PodJson.Injected("b", change: p => p["spec"]!["initContainers"] = new JsonArray(PodJson.Container("istio-init", "i:1")))], token: "t");
        byte[] good = mediaType == PodReading.Json ? Encoding.UTF8.GetBytes(list.ToJsonString()) : new PodWire().Encode(list);
        int refused = 0;

        Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte, Gen.Int[0, 3], Gen.Int[1, 64]).Sample((at, value, how, count) =>
        {
            byte[] bad = how switch
            {
                0 => good[..at],
                1 => [.. good[..at], value, .. good[(at + 1)..]],
                2 => [.. good[..at], .. good[Math.Min(good.Length, at + count)..]],
                _ => [.. good[..at], .. Enumerable.Repeat(value, count), .. good[at..]],
            };
            try
            {
                PodReading.Read(bad, mediaType);
            }
            catch (MeshException e)
            {
                Assert.Equal(("InvalidResponse", FailureKind.InvalidResponse), (e.ErrorId, e.Kind));
                Interlocked.Increment(ref refused);
            }
        }, iter: 5000);
        Assert.NotEqual(0, refused);
    }

    [Theory]
    [InlineData("application/json", "<html>Sign in</html>")]
    [InlineData("application/json", "")]
    [InlineData("application/json", "[]")]
    [InlineData("application/json", "{}")]
    [InlineData("application/json", """{"kind":"Status","status":"Failure"}""")]
    [InlineData("application/json", """{"kind":"PodList","metadata":{},"items":{}}""")]
    [InlineData("application/json", """{"kind":"PodList","metadata":{},"items":[1]}""")]
    [InlineData("application/json", """{"kind":"PodList","metadata":{},"items":[{"metadata":{}}]}""")]
    [InlineData("application/json", """{"kind":"PodList","metadata":{},"items":[{"metadata":{"name":5}}]}""")]
    [InlineData("application/json", """{"kind":"PodList","metadata":{},"items":[{"metadata":{"name":"a"}}""")]
    [InlineData("application/vnd.kubernetes.protobuf", "")]
    [InlineData("application/vnd.kubernetes.protobuf", "k8s\0")]
    [InlineData("application/vnd.kubernetes.protobuf", "k8s\0\x0a\x08\x0a\x02v1\x12\x02Po")]
    [InlineData("application/vnd.kubernetes.protobuf", "<html>Sign in</html>")]
    [InlineData("text/html", "<html>Sign in</html>")]
    public void What_is_no_list_of_pods_is_refused(string mediaType, string body)
    {
        MeshException failure = Assert.Throws<MeshException>(() => PodReading.Read(Encoding.UTF8.GetBytes(body), mediaType));

        Assert.Equal(("InvalidResponse", FailureKind.InvalidResponse), (failure.ErrorId, failure.Kind));
        Assert.Contains("no list of pods", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(PodReading.Json), InlineData(PodReading.Protobuf)]
    public void The_continue_token_is_known_before_any_item_is_read(string mediaType)
    {
        JsonObject list = PodJson.List([PodJson.Pod("good"), PodJson.Pod("")], token: "next", version: "77");
        byte[] body = mediaType == PodReading.Json ? Encoding.UTF8.GetBytes(list.ToJsonString()) : new PodWire().Encode(list);

        ListPage<MeshPod> page = PodReading.Page(body, mediaType);

        Assert.Equal(("next", "77"), (page.Continue, page.ResourceVersion));
        using IEnumerator<MeshPod> items = page.Items.GetEnumerator();
        Assert.True(items.MoveNext());
        Assert.Equal("good", items.Current.Name);
        // The second one is damaged: it has no name. The first was handed out all the same.
        Assert.Throws<MeshException>(() => items.MoveNext());
    }

    [Theory]
    [InlineData(null), InlineData("")]
    public void The_last_page_has_no_token(string? token) =>
        Assert.Null(PodReading.Page(new PodWire().Encode(PodJson.List([], token)), PodReading.Protobuf).Continue);

    [Fact]
    public void Pods_that_are_left_out_do_not_come()
    {
        IReadOnlyList<MeshPod> pods = PodReading.Both(
            [PodJson.Pod("a"), PodJson.Pod("b", "other"), PodJson.Pod("c")],
            selection: new() { NamespaceFilter = ns => ns == "default", NameFilter = name => name != "a" });

        Assert.Equal(["c"], pods.Select(p => p.Name));
    }

    [Fact]
    public void Of_pods_that_are_left_out_only_the_metadata_is_read()
    {
        // Whoever reads this spec fails.
        JsonObject list = PodJson.List([PodJson.Pod("a", change: p => p["spec"] = 5), PodJson.Pod("b")]);
        byte[] body = Encoding.UTF8.GetBytes(list.ToJsonString());

        Assert.Equal(["b"], PodReading.Read(body, PodReading.Json, selection: new() { NameFilter = name => name == "b" }).Select(p => p.Name));
        Assert.Throws<MeshException>(() => PodReading.Read(body, PodReading.Json));
    }

    [Fact]
    public void A_full_listing_asks_for_json_and_brings_the_object_along()
    {
        JsonObject list = PodJson.List([PodJson.Injected("a"), PodJson.Injected("b", change: p => p["spec"]!["restartPolicy"] = "Never")]);
        IReadOnlyList<MeshPod> pods = PodReading.Read(Encoding.UTF8.GetBytes(list.ToJsonString()), PodReading.Json, selection: new() { Full = true });

        Assert.Equal(["a", "b"], pods.Select(p => p.Resource.Metadata.Name));
        Assert.Equal("Never", pods[1].Resource.Spec.RestartPolicy);
    }

    private static string[] Describe(byte[] body, string mediaType, int segment)
    {
        ListPage<MeshPod> page = PodReading.Page(body, mediaType, segment: segment);
        return [$"{page.Continue} {page.ResourceVersion}", .. page.Items.Select(PodReading.Describe)];
    }

    /// <summary>The same objects with their properties in another order, and some that nobody knows. The entries of maps are not touched.</summary>
    private static JsonObject Shuffled(JsonObject value, Random chance)
    {
        (string Name, JsonNode? Value)[] properties = value.Select(p => (p.Key, p.Value switch
        {
            JsonObject map when p.Key is "labels" or "annotations" => map.DeepClone(),
            JsonObject inner => Shuffled(inner, chance),
            JsonArray array => new JsonArray(array.Select(e => e is JsonObject inner ? Shuffled(inner, chance) : e?.DeepClone()).ToArray()),
            { } other => other.DeepClone(),
            null => null,
        })).Append(("stranger", JsonNode.Parse("""{"metadata":{"name":"x"},"items":[[{}],null,1e9]}"""))).Append(("nothing", (JsonNode?)null)).ToArray();
        chance.Shuffle(properties);
        return new JsonObject(properties.Select(p => KeyValuePair.Create(p.Name, p.Value)));
    }

    private static Gen<string> AnyOf(params string[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static string Valid(char[] chars) => new(System.Array.FindAll(chars, c => !char.IsSurrogate(c)));

    private static JsonArray Strings(string[] values) => new(values.Select(v => (JsonNode)v!).ToArray());

    private static JsonArray Array(JsonObject[] values) => new(values.Select(v => v.DeepClone()).ToArray());
}
