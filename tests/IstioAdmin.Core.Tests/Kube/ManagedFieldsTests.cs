using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube.Applying;

namespace IstioAdmin.Core.Tests.Kube;

public sealed class ManagedFieldsTests
{
    [Fact]
    public void What_a_manager_applied_is_taken_out_with_the_values_of_today()
    {
        JsonObject item = JsonNode.Parse("""
            {"apiVersion":"v1","kind":"X","metadata":{"name":"x","labels":{"a":"1","b":"2"},"managedFields":[
               {"manager":"istioadmin","operation":"Apply","fieldsV1":{"f:metadata":{"f:labels":{"f:a":{}}},"f:spec":{"f:flag":{},"f:list":{},"f:set":{".":{},"v:\"x\"":{}},"f:empty":{},
                  "f:ports":{"k:{\"port\":80}":{".":{},"f:port":{},"f:name":{}}},"f:map":{"f:one":{}},"f:gone":{}}}},
               {"manager":"istioadmin","operation":"Update","fieldsV1":{"f:spec":{"f:other":{}}}},
               {"manager":"manager","operation":"Update","subresource":"status","fieldsV1":{"f:status":{"f:Status":{}}}}]},
             "spec":{"flag":true,"list":[1,2],"set":["x","y"],"empty":{},"ports":[{"port":80,"name":"http","nodePort":3},{"port":81}],"map":{"one":1,"two":2},"other":5},"status":{"Status":"Available"}}
            """)!.AsObject();

        Assert.Equal(
            """{"metadata":{"labels":{"a":"1"}},"spec":{"flag":true,"list":[1,2],"set":["x"],"empty":{},"ports":[{"port":80,"name":"http"}],"map":{"one":1}}}""",
            ManagedFields.AppliedBy("istioadmin", item).ToJsonString());
        Assert.Equal(["manager"], ManagedFields.StatusWriters(item));
        Assert.Empty(ManagedFields.AppliedBy("nobody", item));
    }
}
