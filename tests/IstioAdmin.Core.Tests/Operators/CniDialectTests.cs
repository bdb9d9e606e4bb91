using System.Text.Json.Nodes;
using IstioAdmin.Core.Operators;

namespace IstioAdmin.Core.Tests.Operators;

public sealed class CniDialectTests
{
    private static readonly CniWish Wish = new() { ExcludedNamespaces = ["a"], BinDir = "/b", ConfDir = "/c", LogLevel = "debug" };

    [Theory]
    [InlineData("Banzai", "sidecarInjector", "initCNIConfiguration")]
    [InlineData("Cisco", "proxyInit", "cni")]
    public void One_place_of_the_mesh_says_all(string kind, string first, string second)
    {
        ICniDialect dialect = MeshOperator.All.Single(one => one.Kind.ToString() == kind).Cni;
        var now = new CniResources(Object("""{"metadata":{"name":"mesh.x","namespace":"istio-system"},"spec":{}}"""), null);

        CniChange change = Assert.Single(dialect.Enable(now, Wish));

        Assert.Equal($$$$$"""{"spec":{"{{{{{first}}}}}":{"{{{{{second}}}}}":{"enabled":true,"excludeNamespaces":["a"],"binDir":"/b","confDir":"/c","logLevel":"debug"}}}}""", change.Fields!.ToJsonString());
        Assert.Equal(CniParts.Agents | CniParts.Injector, change.Parts);
        Assert.Equal((true, "/b", "/c", "debug"), Of(dialect.Read(new CniResources(change.Fields, null))));
        Assert.Contains("\"enabled\":false", Assert.Single(dialect.Disable(now, false)).Fields!.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal("istio-sidecar-injector-mesh-x", dialect.InjectorConfigMaps(now.Mesh)[0]);
    }

    [Fact]
    public void Sail_installs_the_agents_before_the_injector_relies_on_them()
    {
        ICniDialect dialect = MeshOperator.Sail.Cni;
        var now = new CniResources(Object("""{"metadata":{"name":"default"},"spec":{"version":"v1.24.2","namespace":"istio-system"}}"""), null);

        IReadOnlyList<CniChange> changes = dialect.Enable(now, Wish);

        Assert.Equal(["Namespace istio-cni", "IstioCNI default", "Istio default"], changes.Select(change => $"{change.Resource.Kind} {change.Name}"));
        Assert.Equal([CniParts.None, CniParts.Agents, CniParts.Injector], changes.Select(change => change.Parts));
        Assert.Equal("""{"spec":{"values":{"cni":{"excludeNamespaces":["a"],"cniBinDir":"/b","cniConfDir":"/c","logging":{"level":"debug"}}},"namespace":"istio-cni","version":"v1.24.2"}}""", changes[1].Fields!.ToJsonString());
        Assert.Equal("""{"spec":{"values":{"pilot":{"cni":{"enabled":true}}}}}""", changes[2].Fields!.ToJsonString());
        Assert.Equal((true, "/b", "/c", "debug"), Of(dialect.Read(new CniResources(changes[2].Fields!, changes[1].Fields))));
    }

    [Theory]
    [InlineData("{}", false, 2)]
    [InlineData("{}", true, 1)]
    [InlineData("""{"profile":"ambient"}""", false, 1)]
    [InlineData("""{"values":{"cni":{"ambient":{"enabled":true}}}}""", false, 1)]
    public void Sail_keeps_agents_that_somebody_else_needs(string spec, bool others, int changes)
    {
        var agents = new JsonObject { ["metadata"] = new JsonObject { ["name"] = "default" }, ["spec"] = JsonNode.Parse(spec) };
        var now = new CniResources(Object("""{"metadata":{"name":"default"},"spec":{}}"""), agents);

        IReadOnlyList<CniChange> made = MeshOperator.Sail.Cni.Disable(now, others);

        Assert.Equal(changes, made.Count);
        Assert.Equal((CniParts.Injector, """{"spec":{"values":{"pilot":{"cni":{"enabled":false}}}}}"""), (made[0].Parts, made[0].Fields!.ToJsonString()));
    }

    private static JsonObject Object(string json) => JsonNode.Parse(json)!.AsObject();

    private static (bool, string?, string?, string?) Of(CniSettings settings) => (settings.Enabled, settings.BinDir, settings.ConfDir, settings.LogLevel);
}
