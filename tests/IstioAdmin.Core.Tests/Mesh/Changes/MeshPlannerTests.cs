using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube.Applying;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Mesh.Changes;
using IstioAdmin.Core.Mesh.Settings;
using IstioAdmin.Testing;

namespace IstioAdmin.Core.Tests.Mesh.Changes;

public sealed class MeshPlannerTests
{
    [Fact]
    public async Task A_new_mesh_has_what_was_asked_for_and_what_the_API_requires()
    {
        await using MeshWorld world = await MeshWorld.StartAsync();

        MeshChange change = await world.PlanNewAsync(new MeshOrder { Settings = new() { AutoInjectionNamespaces = ["default"] } });

        Assert.Equal(["Create Istio istio-system/istio-sample"], change.Steps.Select(step => step.ToString()));
        Assert.Empty(world.Api.Writes);
        await world.RunAsync(change);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""{"mtls":false,"autoInjectionNamespaces":["default"],"version":"1.1.14"}"""), world.Spec()));
    }

    [Fact]
    public async Task The_same_mesh_again_changes_nothing_even_after_the_operator_has_written_its_defaults()
    {
        await using MeshWorld world = await MeshWorld.StartAsync();
        await world.InstalledAsync();

        MeshChange again = await world.PlanNewAsync(new MeshOrder { Settings = new() { Mtls = true } });

        Assert.Empty(again.Steps);
    }

    [Fact]
    public async Task A_mesh_that_is_there_and_different_is_not_overwritten()
    {
        await using MeshWorld world = await MeshWorld.StartAsync();
        await world.InstalledAsync();

        MeshException refused = await Assert.ThrowsAsync<MeshException>(() => world.PlanNewAsync(new MeshOrder { Settings = new() { Mtls = false } }));

        Assert.Equal("MeshExists", refused.ErrorId);
        Assert.Contains("Set-IstioMesh", refused.Remedy, StringComparison.Ordinal);
        Assert.Equal("Change", Assert.Single((await world.PlanNewAsync(new MeshOrder { Settings = new() { Mtls = false }, Force = true })).Steps).Action);
    }

    [Theory]
    [InlineData("istio-sample")]
    [InlineData("other")]
    public async Task What_shall_only_be_printed_is_printed_whatever_is_there(string name)
    {
        await using MeshWorld world = await MeshWorld.StartAsync();
        await world.InstalledAsync();

        MeshChange printed = await world.PlanNewAsync(new MeshOrder { Name = name, Settings = new() { Mtls = false }, PrintOnly = true });

        Assert.Contains($"name: {name}", printed.Yaml, StringComparison.Ordinal);
        Assert.Contains("mtls: false", printed.Yaml, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_mesh_is_refused_with_the_name_of_the_first()
    {
        await using MeshWorld world = await MeshWorld.StartAsync();
        await world.InstalledAsync();

        MeshException refused = await Assert.ThrowsAsync<MeshException>(() => world.PlanNewAsync(new MeshOrder { Name = "other" }));

        Assert.Equal("SecondMesh", refused.ErrorId);
        Assert.Contains("istio-system/istio-sample", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("OperatorNotFound")]
    [InlineData("OperatorAmbiguous", FakeMeshApi.Banzai, FakeMeshApi.Sail)]
    public async Task Which_operator_is_meant_must_be_clear(string errorId, params string[] apis)
    {
        await using MeshWorld world = await MeshWorld.StartAsync(apis.Length == 0 ? ["apps/v1"] : apis);

        MeshException refused = await Assert.ThrowsAsync<MeshException>(() => world.PlanNewAsync(new MeshOrder()));

        Assert.Equal(errorId, refused.ErrorId);
    }

    [Fact]
    public async Task The_namespace_of_the_control_plane_is_made_where_it_is_missing()
    {
        await using MeshWorld world = await MeshWorld.StartAsync();
        world.Api.Drop("/api/v1/namespaces/istio-system");

        MeshChange change = await world.PlanNewAsync(new MeshOrder());

        Assert.Equal(["Create Namespace istio-system", "Create Istio istio-system/istio-sample"], change.Steps.Select(step => step.ToString()));
    }

    [Fact]
    public async Task A_namespace_that_is_being_deleted_is_refused()
    {
        await using MeshWorld world = await MeshWorld.StartAsync();
        world.Api.Put("/api/v1/namespaces/istio-system", """{"metadata":{"name":"istio-system"},"status":{"phase":"Terminating"}}""");

        Assert.Equal("NamespaceTerminating", (await Assert.ThrowsAsync<MeshException>(() => world.PlanNewAsync(new MeshOrder()))).ErrorId);
    }

    [Fact]
    public async Task A_change_keeps_what_was_set_before_and_takes_over_what_only_the_operator_filled_in()
    {
        await using MeshWorld world = await MeshWorld.StartAsync();
        await world.InstalledAsync(new() { Mtls = true, AutoInjectionNamespaces = ["default"] });

        await world.RunAsync(await world.PlanSetAsync(new() { PilotMaxReplicas = 3, OutboundTrafficPolicy = "REGISTRY_ONLY" }));

        Assert.Equal(3, (int)world.Spec()["pilot"]!["maxReplicas"]!);
        Assert.Equal("REGISTRY_ONLY", (string?)world.Spec()["outboundTrafficPolicy"]!["mode"]);
        Assert.Equal((true, "default"), ((bool)world.Spec()["mtls"]!, (string?)world.Spec()["autoInjectionNamespaces"]![0]));
        // The rest of the defaults is still the operator's.
        Assert.Equal(1, (int)world.Spec()["pilot"]!["minReplicas"]!);
        Assert.Empty((await world.PlanSetAsync(new() { PilotMaxReplicas = 3 })).Steps);
    }

    [Fact]
    public async Task A_field_that_another_manager_has_set_takes_force()
    {
        await using MeshWorld world = await MeshWorld.StartAsync();
        await world.InstalledAsync();
        world.Api.Update(BanzaiPlay.Istio, "kubectl-edit", """{"spec":{"pilot":{"maxReplicas":7}}}""");

        ApplyConflictException refused = await Assert.ThrowsAsync<ApplyConflictException>(() => world.PlanSetAsync(new() { PilotMinReplicas = 2, PilotMaxReplicas = 9 }));

        // Not the minimum, which is the operator's.
        Assert.Equal([new FieldConflict("kubectl-edit", ".spec.pilot.maxReplicas")], refused.Conflicts);
        await world.RunAsync(await world.PlanSetAsync(new() { PilotMinReplicas = 2, PilotMaxReplicas = 9 }, force: true));
        Assert.Equal((2, 9), ((int)world.Spec()["pilot"]!["minReplicas"]!, (int)world.Spec()["pilot"]!["maxReplicas"]!));
    }

    [Fact]
    public async Task A_version_takes_the_images_that_the_operator_has_written_along()
    {
        await using MeshWorld world = await MeshWorld.StartAsync();
        await world.InstalledAsync();
        world.Api.Update(BanzaiPlay.Istio, "manager", """{"spec":{"pilot":{"image":"registry.example.com:5000/mirror/pilot:1.1.14-debug"}}}""");

        await world.RunAsync(await world.PlanSetAsync(new() { Version = "1.1.17" }));

        Assert.Equal("1.1.17", (string?)world.Spec()["version"]);
        Assert.Equal("registry.example.com:5000/mirror/pilot:1.1.17", (string?)world.Spec()["pilot"]!["image"]);
        Assert.Equal("docker.io/istio/proxyv2:1.1.17", (string?)world.Spec()["proxy"]!["image"]);
    }

    [Fact]
    public async Task A_gateway_of_type_ClusterIP_loses_the_node_ports_that_the_operator_has_written()
    {
        await using MeshWorld world = await MeshWorld.StartAsync();
        await world.InstalledAsync();

        await world.RunAsync(await world.PlanSetAsync(new() { Ingress = new() { Enabled = true, Type = "ClusterIP" } }));

        JsonObject port = Assert.Single(world.Spec()["gateways"]!["ingress"]!["ports"]!.AsArray())!.AsObject();
        Assert.Equal((80, false), ((int)port["port"]!, port.ContainsKey("nodePort")));
    }

    [Fact]
    public async Task What_is_given_as_spec_comes_on_top_and_null_gives_a_field_back()
    {
        await using MeshWorld world = await MeshWorld.StartAsync();
        await world.InstalledAsync(new() { Mtls = true, ExcludeIPRanges = ["10.0.0.0/8"] });

        await world.RunAsync(await world.PlanSetAsync(new() { ImagePullPolicy = "Always" }, MeshSpec.Parse("imagePullPolicy: Never\nuseMCP: true\nexcludeIPRanges: null\n", "test")));

        Assert.Equal(("Never", true), ((string?)world.Spec()["imagePullPolicy"], (bool)world.Spec()["useMCP"]!));
        Assert.False(world.Spec().ContainsKey("excludeIPRanges"));
        Assert.True((bool)world.Spec()["mtls"]!);
    }

    [Fact]
    public async Task A_whole_resource_can_be_given_as_spec_and_gives_name_and_operator()
    {
        await using MeshWorld world = await MeshWorld.StartAsync(FakeMeshApi.Banzai, FakeMeshApi.Sail);

        MeshChange change = await world.PlanNewAsync(new MeshOrder
        {
            Spec = MeshSpec.Parse("apiVersion: sailoperator.io/v1\nkind: Istio\nmetadata:\n  name: blue\n  labels: {team: a}\nspec:\n  namespace: istio-blue\n  version: v1.28.1\n", "test"),
        });

        Assert.Equal(["Create Namespace istio-blue", "Create Istio blue"], change.Steps.Select(step => step.ToString()));
        Assert.Contains("team: a", change.Yaml, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(FakeMeshApi.Sail, "-IngressType", "gateway")]
    [InlineData(FakeMeshApi.Sail, "-AutoInjectionNamespace", "Enable-IstioInjection")]
    [InlineData(FakeMeshApi.Sail, "-MeshExpansion", "east-west")]
    [InlineData(FakeMeshApi.Cisco, "-DefaultResources", "-Spec")]
    public async Task What_an_operators_API_has_no_place_for_is_an_error_with_a_way_out(string api, string parameter, string wayOut)
    {
        await using MeshWorld world = await MeshWorld.StartAsync(api);
        MeshSettings settings = parameter switch
        {
            "-IngressType" => new() { Ingress = new() { Enabled = true, Type = "NodePort" } },
            "-AutoInjectionNamespace" => new() { AutoInjectionNamespaces = ["default"] },
            "-MeshExpansion" => new() { MeshExpansion = true },
            _ => new() { DefaultResources = new(new Dictionary<string, string> { ["cpu"] = "1" }, new Dictionary<string, string>()) },
        };

        MeshException refused = await Assert.ThrowsAsync<MeshException>(() => world.PlanNewAsync(new MeshOrder { Settings = settings }));

        Assert.Equal("SettingNotSupported", refused.ErrorId);
        Assert.Contains(parameter, refused.Message, StringComparison.Ordinal);
        Assert.Contains(wayOut, refused.Remedy, StringComparison.Ordinal);
        Assert.Empty(world.Api.Writes);
    }

    [Fact]
    public async Task Mutual_TLS_of_a_Sail_mesh_is_a_resource_beside_it()
    {
        await using MeshWorld world = await MeshWorld.StartAsync(FakeMeshApi.Sail);
        world.Api.Served["security.istio.io/v1beta1"] = [("peerauthentications", "PeerAuthentication")];

        IstioMesh mesh = await world.RunAsync(await world.PlanNewAsync(new MeshOrder { Settings = new() { Mtls = true } }));

        Assert.True(mesh.Mtls);
        Assert.Equal("STRICT", (string?)world.Api.Find("/apis/security.istio.io/v1beta1/namespaces/istio-system/peerauthentications/default")!["spec"]!["mtls"]!["mode"]);
    }

    [Fact]
    public async Task What_goes_with_a_mesh_whose_API_is_not_there_yet_is_said_when_nobody_waits()
    {
        await using MeshWorld world = await MeshWorld.StartAsync(FakeMeshApi.Sail);

        await world.RunAsync(await world.PlanNewAsync(new MeshOrder { Settings = new() { Mtls = true } }));

        Assert.Contains("PeerAuthentication istio-system/default", Assert.Single(world.Reporter.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gateways_of_a_Cisco_mesh_are_resources_of_their_own_which_changes_keep()
    {
        await using MeshWorld world = await MeshWorld.StartAsync(FakeMeshApi.Cisco);
        await world.RunAsync(await world.PlanNewAsync(new MeshOrder { Settings = new() { Ingress = new() { Enabled = true, Type = "NodePort", MinReplicas = 2, MaxReplicas = 4 } } }));

        IstioMesh mesh = await world.RunAsync(await world.PlanSetAsync(new() { Ingress = new() { MaxReplicas = 6 } }));

        Assert.Equal(("NodePort", 2, 6), (mesh.Settings.Ingress.Type, mesh.Settings.Ingress.MinReplicas, mesh.Settings.Ingress.MaxReplicas));
        const string Gateway = "/apis/servicemesh.cisco.com/v1alpha1/namespaces/istio-system/istiomeshgateways/istio-ingressgateway";
        Assert.Equal(3, world.Api.Find(Gateway)!["spec"]!["service"]!["ports"]!.AsArray().Count);
        await world.RunAsync(await world.PlanSetAsync(new() { Ingress = new() { Enabled = false } }));
        Assert.Null(world.Api.Find(Gateway));
    }
}
