using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube.Applying;

namespace IstioAdmin.Core.Tests.Kube.Applying;

public sealed class OwnedFieldsTests
{
    [Fact]
    public void Exactly_what_a_manager_has_applied_is_taken_out_of_an_object()
    {
        JsonObject live = JsonNode.Parse("""
            {"metadata":{"name":"x","labels":{"mine":"1","other":"2"},"finalizers":["a","b"],"managedFields":[
               {"manager":"istioadmin","operation":"Update","fieldsV1":{"f:spec":{"f:updated":{}}}},
               {"manager":"kubectl","operation":"Apply","fieldsV1":{"f:spec":{"f:other":{}}}},
               {"manager":"istioadmin","operation":"Apply","fieldsV1":{"f:metadata":{"f:labels":{"f:mine":{}},"f:finalizers":{"v:\"b\"":{}}},
                 "f:spec":{"f:whole":{},"f:deep":{".":{},"f:flag":{}},"f:gone":{},"f:ports":{"k:{\"port\":80}":{".":{},"f:name":{}}}}}}]},
             "spec":{"updated":1,"other":2,"whole":{"a":[1]},"deep":{"flag":false,"default":"x"},"ports":[{"port":80,"name":"http","protocol":"TCP"},{"port":90}]}}
            """)!.AsObject();

        Assert.Equal("""{"metadata":{"labels":{"mine":"1"},"finalizers":["b"]},"spec":{"whole":{"a":[1]},"deep":{"flag":false},"ports":[{"name":"http","port":80}]}}""", OwnedFields.Of(live, "istioadmin").ToJsonString());
        Assert.Empty(OwnedFields.Of(live, "nobody"));
    }

    [Fact]
    public void Who_keeps_the_status_and_when_a_field_was_written_stand_in_the_managed_fields()
    {
        JsonObject live = JsonNode.Parse("""
            {"metadata":{"managedFields":[{"manager":"m","operation":"Update","time":"2026-01-01T00:00:00Z","fieldsV1":{"f:status":{},"f:data":{}}},
              {"manager":"n","operation":"Update","time":"2026-01-02T00:00:00Z","fieldsV1":{"f:data":{"f:x":{}}}}]}}
            """)!.AsObject();

        Assert.Equal(["m"], OwnedFields.StatusManagers(live));
        Assert.Equal(new DateTimeOffset(2026, 1, 2, 0, 0, 0, TimeSpan.Zero), OwnedFields.WrittenAt(live, "data"));
        Assert.Null(OwnedFields.WrittenAt(live, "spec"));
    }
}
