using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Sandbox.Api.Tables;

namespace IstioAdmin.Sandbox.Tests.Api;

public class RepresentationTests
{
    private const string Table = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

    [Fact]
    public async Task A_list_as_a_table_has_the_columns_of_its_type()
    {
        await using ApiWorld world = await ApiWorld.StartAsync();
        await world.RunPodAsync("web", "a", "b");

        (int _, JsonNode table) = await world.SendAsync(HttpMethod.Get, "/api/v1/pods", accept: Table);

        Assert.Equal(("Table", "meta.k8s.io/v1"), (table.TextAt("kind"), table.TextAt("apiVersion")));
        Assert.Equal(["Name", "Ready", "Status", "Restarts", "Age", "IP", "Node", "Nominated Node", "Readiness Gates"],
            ((JsonArray)table["columnDefinitions"]!).Select(column => column.TextAt("name")));
        JsonNode row = Assert.Single((JsonArray)table["rows"]!)!;
        Assert.Equal(["web", "2/2", "Running"], ((JsonArray)row["cells"]!).Take(3).Select(cell => cell.Text()));
        Assert.Equal(("PartialObjectMetadata", "web"), (row.TextAt("object.kind"), row.TextAt("object.metadata.name")));
        Assert.Null(row.At("object.spec"));
    }

    [Theory]
    [InlineData("includeObject=None", null)]
    [InlineData("includeObject=Object", "Namespace")]
    public async Task Rows_carry_as_much_of_the_object_as_was_asked_for(string query, string? kind)
    {
        await using ApiWorld world = await ApiWorld.StartAsync();

        (int _, JsonNode table) = await world.SendAsync(HttpMethod.Get, $"/api/v1/namespaces/default?{query}", accept: Table);

        Assert.Equal(kind, Assert.Single((JsonArray)table["rows"]!).TextAt("object.kind"));
    }

    [Fact]
    public async Task Metadata_alone_can_be_had()
    {
        await using ApiWorld world = await ApiWorld.StartAsync();

        (int _, JsonNode list) = await world.SendAsync(HttpMethod.Get, "/api/v1/namespaces", accept: "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io");

        Assert.Equal("PartialObjectMetadataList", list.TextAt("kind"));
        Assert.Contains("kube-system", ((JsonArray)list["items"]!).Select(item => item.TextAt("metadata.name")));
        Assert.All((JsonArray)list["items"]!, item => Assert.Null(item.At("status")));
    }

    [Fact]
    public async Task What_cannot_be_answered_is_406()
    {
        await using ApiWorld world = await ApiWorld.StartAsync();

        Assert.Equal(406, (await world.SendAsync(HttpMethod.Get, "/api/v1/namespaces", accept: "application/vnd.kubernetes.protobuf")).Status);
        Assert.Equal(406, (await world.SendAsync(HttpMethod.Get, "/apis", accept: "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList")).Status);
        Assert.Equal(404, (await world.SendAsync(HttpMethod.Get, "/openapi/v3")).Status);
    }

    [Theory]
    [InlineData(-5, "<invalid>")]
    [InlineData(0, "0s")]
    [InlineData(119, "119s")]
    [InlineData(120, "2m")]
    [InlineData(150, "2m30s")]
    [InlineData(3600, "60m")]
    [InlineData(10800, "3h")]
    [InlineData(11100, "3h5m")]
    [InlineData(90000, "25h")]
    [InlineData(176400, "2d1h")]
    [InlineData(864000, "10d")]
    [InlineData(63072000 + 86400, "2y1d")]
    public void Ages_have_two_units_at_most(int seconds, string expected) => Assert.Equal(expected, HumanDuration.Format(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData(".spec.sails", "integer", "2")]
    [InlineData(".spec.crew", "string", "[\"noah\",\"shem\"]")]
    [InlineData(".spec.crew[1]", "string", "shem")]
    [InlineData(".spec.crew[-1]", "string", "shem")]
    [InlineData(".metadata.labels['example.com/kind']", "string", "big")]
    [InlineData(".metadata.labels.example\\.com/kind", "string", "big")]
    [InlineData(".status.conditions[?(@.type==\"Ready\")].status", "string", "True")]
    [InlineData(".status.conditions[*].type", "string", "Dry")]
    [InlineData(".spec.missing", "string", null)]
    [InlineData(".spec.sails", "boolean", null)]
    [InlineData(".spec.crew[7]", "string", null)]
    [InlineData(".spec[", "string", null)]
    public void A_column_finds_its_cell(string path, string type, string? expected)
    {
        JsonNode item = JsonNode.Parse("""
            {"metadata":{"labels":{"example.com/kind":"big"}},"spec":{"sails":2,"crew":["noah","shem"]},
             "status":{"conditions":[{"type":"Dry","status":"False"},{"type":"Ready","status":"True"}]}}
            """)!;

        JsonNode? cell = new ColumnPath(path).Cell(item, type, DateTimeOffset.UnixEpoch);

        Assert.Equal(expected, cell.Text() ?? cell?.ToJsonString());
    }
}
