using System.Text.Json.Nodes;
using CsCheck;
using IstioAdmin.Core.Kube.Applying;

namespace IstioAdmin.Core.Tests.Kube.Applying;

public class ApplyDifferenceTests
{
    private static readonly Gen<string> Name = Gen.Int[0, 3].Select(index => "abcd"[index].ToString());

    private static readonly Gen<JsonNode> Leaf = Gen.OneOf(
        Gen.Int[0, 3].Select(number => (JsonNode)JsonValue.Create(number)),
        Gen.Bool.Select(flag => (JsonNode)JsonValue.Create(flag)),
        Gen.Int[0, 2].Array[0, 2].Select(list => (JsonNode)new JsonArray([.. list.Select(number => (JsonNode)JsonValue.Create(number))])));

    private static readonly Gen<JsonObject> Manifest = Level(2);

    [Fact]
    public void The_patch_makes_the_object_as_wanted_and_the_next_one_is_empty() => Gen.Select(Manifest, Manifest, Manifest).Sample((live, first, second) =>
    {
        JsonObject one = Patched(live, first, former: null);
        JsonObject two = Patched(one, second, FieldSet.Of(first));

        return Contains(one, first) && Contains(two, second) && ApplyDifference.Between(two, second, FieldSet.Of(second)).Count == 0;
    });

    [Fact]
    public void What_was_applied_and_is_not_any_more_goes_and_nothing_else() => Gen.Select(Manifest, Manifest, Manifest).Sample((live, first, second) =>
    {
        JsonObject one = Patched(live, first, former: null);
        JsonObject two = Patched(one, second, FieldSet.Of(first));

        HashSet<string> wanted = [.. Leaves(second)], former = [.. Leaves(first)];
        return Leaves(one).Where(path => !former.Contains(path) && !wanted.Any(other => Touches(other, path))).All(Leaves(two).Contains)
            && Leaves(two).All(path => wanted.Any(other => Touches(other, path)) || !former.Contains(path));
    });

    [Theory]
    [InlineData("""{"spec":{"ports":[{"port":80,"protocol":"TCP"}]}}""", """{"spec":{"ports":[{"port":80}]}}""", """{}""")]
    [InlineData("""{"spec":{"ports":[{"port":80,"protocol":"TCP"}]}}""", """{"spec":{"ports":[{"port":81}]}}""", """{"spec":{"ports":[{"port":81}]}}""")]
    [InlineData("""{"spec":{"ports":[{"port":80},{"port":81}]}}""", """{"spec":{"ports":[{"port":80}]}}""", """{"spec":{"ports":[{"port":80}]}}""")]
    [InlineData("""{"metadata":{"name":"a","resourceVersion":"7"}}""", """{"metadata":{"name":"a","resourceVersion":"6"}}""", """{}""")]
    public void A_list_is_one_field_that_may_hold_defaults(string live, string wanted, string patch) =>
        Assert.Equal(patch, ApplyDifference.Between(Parse(live), Parse(wanted), former: null).ToJsonString());

    private static Gen<JsonObject> Level(int depth) =>
        Gen.Select(Name, depth == 0 ? Leaf : Gen.OneOf(Leaf, Level(depth - 1).Select(map => (JsonNode)map)))
            .Array[1, 3].Select(fields => new JsonObject(fields.DistinctBy(field => field.Item1).Select(field => KeyValuePair.Create(field.Item1, (JsonNode?)field.Item2.DeepClone()))));

    private static JsonObject Patched(JsonObject live, JsonObject wanted, JsonObject? former)
    {
        var after = (JsonObject)live.DeepClone();
        after.Merge(ApplyDifference.Between(live, wanted, former));
        return after;
    }

    private static bool Contains(JsonNode? actual, JsonNode? wanted) => wanted is JsonObject map
        ? actual is JsonObject found && map.All(field => Contains(found[field.Key], field.Value))
        : JsonNode.DeepEquals(actual, wanted);

    private static IEnumerable<string> Leaves(JsonObject map, string path = "") => map.SelectMany(field =>
        field.Value is JsonObject { Count: > 0 } inner ? Leaves(inner, $"{path}/{field.Key}") : [$"{path}/{field.Key}"]);

    // A map where a value was, or the other way round, replaces all of it.
    private static bool Touches(string one, string other) =>
        one == other || one.StartsWith(other + "/", StringComparison.Ordinal) || other.StartsWith(one + "/", StringComparison.Ordinal);

    private static JsonObject Parse(string json) => JsonNode.Parse(json)!.AsObject();
}
