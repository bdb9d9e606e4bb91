using System.Text.Json.Nodes;
using CsCheck;
using IstioAdmin.Sandbox.Api;
using IstioAdmin.Sandbox.Api.Patching;

namespace IstioAdmin.Sandbox.Tests.Api;

/// <summary>What holds for patches whatever the documents are.</summary>
public sealed class PatchLawTests
{
    private static readonly string[] Names = ["a", "b", "c", "d/e", "f~g", ""];

    private static readonly Gen<string> Name = Gen.Int[0, 5].Select(at => Names[at]);

    private static Gen<JsonNode> Document(int depth, bool withLists) => depth == 0
        ? Gen.OneOf(Gen.Int[0, 9].Select(number => (JsonNode)JsonValue.Create(number)), Name.Select(text => (JsonNode)JsonValue.Create(text)), Gen.Bool.Select(flag => (JsonNode)JsonValue.Create(flag)))
        : Gen.OneOf(
            Document(0, withLists),
            Gen.Dictionary(Name, Document(depth - 1, withLists))[0, 4].Select(map => (JsonNode)new JsonObject(map.Select(field => KeyValuePair.Create(field.Key, (JsonNode?)field.Value.DeepClone())))),
            withLists ? Document(depth - 1, withLists).List[0, 3].Select(list => (JsonNode)new JsonArray([.. list.Select(item => item.DeepClone())])) : Document(0, withLists));

    [Fact]
    public void A_merge_patch_between_two_documents_makes_one_of_the_other() =>
        Gen.Select(Document(3, true), Document(3, true)).Sample((before, after) =>
        {
            JsonNode? patched = MergePatch.Apply(before.DeepClone(), MergePatch.Between(before, after));
            return JsonNode.DeepEquals(patched, after);
        });

    [Fact]
    public void A_merge_patch_applied_twice_is_applied_once() =>
        Gen.Select(Document(3, true), Document(3, true)).Sample((document, patch) =>
        {
            JsonNode? once = MergePatch.Apply(document.DeepClone(), patch);
            return JsonNode.DeepEquals(MergePatch.Apply(once!.DeepClone(), patch), once);
        });

    [Fact]
    public void What_a_json_patch_adds_it_takes_away() =>
        Gen.Select(Document(3, true).Where(document => document is JsonObject), Name, Document(2, true)).Sample((document, name, value) =>
        {
            if (((JsonObject)document).ContainsKey(name))
                return true;
            string path = "/" + name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
            var add = new JsonArray(new JsonObject { ["op"] = "add", ["path"] = path, ["value"] = value.DeepClone() }, new JsonObject { ["op"] = "test", ["path"] = path, ["value"] = value.DeepClone() });
            JsonNode? added = JsonPatch.Apply(document.DeepClone(), add);
            JsonNode? removed = JsonPatch.Apply(added!.DeepClone(), new JsonArray(new JsonObject { ["op"] = "remove", ["path"] = path }));
            return !JsonNode.DeepEquals(added, document) && JsonNode.DeepEquals(removed, document);
        });

    [Theory]
    [InlineData("""[{"op":"remove","path":"/gone"}]""", 422)]
    [InlineData("""[{"op":"add","path":"/list/9","value":1}]""", 422)]
    [InlineData("""[{"op":"add","path":"/list/01","value":1}]""", 422)]
    [InlineData("""[{"op":"replace","path":"/gone","value":1}]""", 422)]
    [InlineData("""[{"op":"test","path":"/a","value":2}]""", 422)]
    [InlineData("""[{"op":"move","from":"/map","path":"/map/in"}]""", 422)]
    [InlineData("""[{"op":"jump","path":"/a"}]""", 422)]
    [InlineData("""{"op":"remove"}""", 400)]
    public void A_json_patch_that_does_not_fit_is_refused(string patch, int status)
    {
        JsonNode document = JsonNode.Parse("""{"a":1,"list":[1,2],"map":{"x":1}}""")!;
        Assert.Equal(status, Assert.Throws<ApiException>(() => JsonPatch.Apply(document, JsonNode.Parse(patch))).Status);
    }
}
