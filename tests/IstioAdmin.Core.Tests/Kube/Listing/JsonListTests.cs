using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using IstioAdmin.Core.Kube.Listing;
using IstioAdmin.Core.Tests.Kube.Streams;

namespace IstioAdmin.Core.Tests.Kube.Listing;

public class JsonListTests
{
    [Fact]
    public void Finds_the_metadata_behind_the_items_as_custom_resources_have_it()
    {
        JsonList list = Scan("""{"apiVersion":"networking.istio.io/v1","items":[{"metadata":{"continue":"not this"}}],"kind":"GatewayList","metadata":{"continue":"next","resourceVersion":"7"}}""");

        Assert.Equal(("networking.istio.io/v1", "GatewayList", "next", "7"), (list.ApiVersion, list.Kind, list.Continue, list.ResourceVersion));
        Assert.Equal("""{"metadata":{"continue":"not this"}}""", Encoding.UTF8.GetString(Assert.Single(list.Items)));
    }

    [Theory]
    [InlineData("""{"kind":"PodList","apiVersion":"v1","metadata":{},"items":null}""")]
    [InlineData("""{"kind":"PodList","apiVersion":"v1","metadata":null,"items":[]}""")]
    [InlineData("""{"kind":"PodList","apiVersion":"v1","metadata":{"continue":""},"items":[]}""")]
    public void Reads_an_empty_list(string json)
    {
        JsonList list = Scan(json);

        Assert.Empty(list.Items);
        Assert.Null(list.Continue);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("<html></html>")]
    [InlineData("""{"kind":"Pod","apiVersion":"v1","items":[]}""")]
    [InlineData("""{"kind":"PodList","apiVersion":"v1"}""")]
    [InlineData("""{"kind":"PodList","items":{}}""")]
    [InlineData("""{"kind":"PodList","items":[1]}""")]
    [InlineData("""{"kind":7,"items":[]}""")]
    [InlineData("""{"kind":"PodList","metadata":[],"items":[]}""")]
    [InlineData("""{"kind":"PodList","items":[]} {}""")]
    [InlineData("""{"kind":"PodList","items":[]""")]
    public void Refuses_what_is_no_list(string json) =>
        Assert.Equal(FailureKind.InvalidResponse, Assert.Throws<MeshException>(() => Scan(json)).Kind);

    [Fact]
    public void Reads_the_same_however_the_bytes_are_cut() =>
        Gen.Select(Gen.String[0, 20].Array[0, 6], Gen.Int[1, 40].Array[1, 30]).Sample((texts, cuts) =>
        {
            var list = new JsonObject
            {
                ["kind"] = "ConfigMapList",
                ["apiVersion"] = "v1",
                ["metadata"] = new JsonObject { ["continue"] = "t" },
                ["items"] = new JsonArray([.. texts.Select(JsonNode (text) => new JsonObject { ["text"] = text, ["items"] = new JsonArray(text) })]),
            };
            ListPage<JsonObject> page = JsonObjects.Reader.Read(Chunks.Of(Encoding.UTF8.GetBytes(list.ToJsonString()), cuts), "application/json");

            Assert.Equal(texts, page.Items.Select(item => (string?)item["text"]));
            Assert.Equal("t", page.Continue);
        });

    [Fact]
    public void Every_list_that_is_cut_short_is_refused() =>
        Gen.Int[0, ShortList.Length - 1].Sample(length => Assert.Throws<MeshException>(() => Scan(ShortList[..length])));

    private const string ShortList = """{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[{"metadata":{"name":"a"}},{"metadata":{"name":"b"}}]}""";

    private static JsonList Scan(string json) => JsonList.Scan(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(json)));
}
