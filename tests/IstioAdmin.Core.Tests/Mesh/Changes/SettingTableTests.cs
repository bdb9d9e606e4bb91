using System.Text.Json.Nodes;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Mesh.Settings;
using IstioAdmin.Core.Operators;

namespace IstioAdmin.Core.Tests.Mesh.Changes;

public sealed class SettingTableTests
{
    private static readonly MeshSettings Everything = new()
    {
        Version = "1.17.8",
        Mtls = true,
        AutoInjectionNamespaces = ["a", "b"],
        IncludeIPRanges = ["10.0.0.0/8", "192.168.0.0/16"],
        ExcludeIPRanges = ["10.1.0.0/16"],
        OutboundTrafficPolicy = "REGISTRY_ONLY",
        Ingress = new() { Enabled = true, Type = "NodePort", Annotations = new Dictionary<string, string> { ["a.b/c"] = "d" }, MinReplicas = 2, MaxReplicas = 3 },
        Egress = new() { Enabled = false, Type = "ClusterIP", Annotations = new Dictionary<string, string>(), MinReplicas = 1, MaxReplicas = 1 },
        PilotReplicas = 2,
        PilotMinReplicas = 2,
        PilotMaxReplicas = 4,
        Tracing = true,
        Tracer = "datadog",
        TracingAddress = "agent:8126",
        TraceSampling = 12.5,
        ImagePullPolicy = "Always",
        DefaultResources = new(new Dictionary<string, string> { ["cpu"] = "10m" }, new Dictionary<string, string> { ["memory"] = "1Gi" }),
        PodDisruptionBudget = true,
        MeshExpansion = false,
    };

    public static TheoryData<IstioOperatorKind> Kinds => [IstioOperatorKind.Banzai, IstioOperatorKind.Cisco, IstioOperatorKind.Sail];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_setting_has_exactly_one_place(IstioOperatorKind kind) =>
        Assert.Equal(MeshSetting.All.Select(setting => setting.Parameter).Order(), MeshOperator.Of(kind).Dialect.Places.Select(place => place.Setting.Parameter).Order());

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_is_written_into_a_spec_is_read_back(IstioOperatorKind kind)
    {
        MeshOperator known = MeshOperator.Of(kind);
        MeshSetting[] inSpec = [.. known.Dialect.Places.OfType<SettingPlace.InSpec>().Select(place => place.Setting)];
        MeshSettings asked = inSpec.Aggregate(new MeshSettings(), (settings, setting) => setting.With(settings, setting.Get(Everything)!.DeepClone()));
        JsonObject manifest = known.Dialect.Draft("m", "istio-system");

        SettingTable.Write(known, asked, manifest, live: null);
        // As it comes from a server.
        MeshSettings read = SettingTable.Read(known, JsonNode.Parse(manifest.ToJsonString())!.AsObject());

        Assert.True(inSpec.Length > 10);
        Assert.All(inSpec, setting => Assert.Equal(setting.Get(asked)!.ToJsonString(), setting.Get(read)?.ToJsonString()));
    }

    [Theory]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.1")]
    [InlineData("10.1/16")]
    [InlineData("fd00::/129")]
    [InlineData("10.0.0.0/8,nonsense")]
    [InlineData("10.0.0.0/8", "*")]
    [InlineData("")]
    public void What_is_no_range_of_addresses_is_refused_with_its_parameter(params string[] ranges)
    {
        MeshOperator known = MeshOperator.Banzai;
        foreach ((string parameter, MeshSettings settings) in new[] { ("-IncludeIPRange", new MeshSettings { IncludeIPRanges = ranges }), ("-ExcludeIPRange", new MeshSettings { ExcludeIPRanges = ranges }) })
        {
            MeshException refused = Assert.Throws<MeshException>(() => SettingTable.Write(known, settings, known.Dialect.Draft("m", "istio-system"), live: null));

            Assert.Equal("IPRangeInvalid", refused.ErrorId);
            Assert.StartsWith(parameter, refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Ranges_are_taken_as_Istio_takes_them()
    {
        MeshOperator known = MeshOperator.Banzai;
        foreach (string[] ranges in new string[][] { ["*"], [], ["10.0.0.0/8", "192.0.2.7/32"], ["10.1.2.3/8, fd00::/8"] })
            SettingTable.Write(known, new MeshSettings { IncludeIPRanges = ranges }, known.Dialect.Draft("m", "istio-system"), live: null);

        Assert.Throws<MeshException>(() => SettingTable.Write(known, new MeshSettings { ExcludeIPRanges = ["*"] }, known.Dialect.Draft("m", "istio-system"), live: null));
    }

    [Fact]
    public void Fields_of_the_first_operator_are_where_its_types_have_them()
    {
        MeshOperator known = MeshOperator.Banzai;
        JsonObject manifest = known.Dialect.Draft("m", "istio-system");

        SettingTable.Write(known, Everything, manifest, live: null);

        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""
            {"mtls":true,"version":"1.17.8","autoInjectionNamespaces":["a","b"],"includeIPRanges":"10.0.0.0/8,192.168.0.0/16","excludeIPRanges":"10.1.0.0/16",
             "outboundTrafficPolicy":{"mode":"REGISTRY_ONLY"},
             "gateways":{"ingress":{"enabled":true,"serviceType":"NodePort","serviceAnnotations":{"a.b/c":"d"},"minReplicas":2,"maxReplicas":3},
                         "egress":{"enabled":false,"serviceType":"ClusterIP","serviceAnnotations":{},"minReplicas":1,"maxReplicas":1}},
             "pilot":{"replicaCount":2,"minReplicas":2,"maxReplicas":4,"traceSampling":12.5},
             "tracing":{"enabled":true,"tracer":"datadog","datadog":{"address":"agent:8126"}},"imagePullPolicy":"Always",
             "defaultResources":{"requests":{"cpu":"10m"},"limits":{"memory":"1Gi"}},"defaultPodDisruptionBudget":{"enabled":true},"meshExpansion":false}
            """), JsonNode.Parse(manifest["spec"]!.ToJsonString())), manifest["spec"]!.ToJsonString());
    }

    [Fact]
    public void The_address_of_traces_goes_where_the_tracer_in_use_looks()
    {
        JsonObject live = JsonNode.Parse("""{"spec":{"tracing":{"tracer":"lightstep"}}}""")!.AsObject();
        JsonObject manifest = MeshOperator.Banzai.Dialect.Draft("m", "istio-system");

        SettingTable.Write(MeshOperator.Banzai, new() { TracingAddress = "pool:9411" }, manifest, live);

        Assert.Equal("pool:9411", (string?)manifest["spec"]!["tracing"]!["lightstep"]!["address"]);
    }

    [Fact]
    public void A_minimum_above_the_maximum_is_refused() =>
        Assert.Equal("SettingsContradict", Assert.Throws<MeshException>(() =>
            SettingTable.Write(MeshOperator.Banzai, new() { PilotMinReplicas = 3, PilotMaxReplicas = 2 }, [], live: null)).ErrorId);
}
