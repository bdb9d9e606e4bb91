using System.Management.Automation;
using System.Text.Json.Nodes;
using IstioAdmin.Testing;

namespace IstioAdmin.Module.Tests;

/// <summary>Enable- and Disable-IstioInjection as an administrator types them.</summary>
public sealed class InjectionTests : ModuleTest, IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("istioadmin-").FullName;
    private FakeMeshApi _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await FakeMeshApi.StartAsync(FakeMeshApi.Banzai, "admissionregistration.k8s.io/v1");
        _server.Put("/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/istio-sidecar-injector", """
            {"metadata":{"name":"istio-sidecar-injector"},"webhooks":[{"name":"a","namespaceSelector":{"matchLabels":{"istio-injection":"enabled"}}},
              {"name":"b","namespaceSelector":{"matchExpressions":[{"key":"istio.io/rev","operator":"In","values":["canary"]},{"key":"istio-injection","operator":"DoesNotExist"}]}}]}
            """);
        Namespace("shop");
        Namespace("shop-test");
        Shell.Run("Connect-MeshCluster -Kubeconfig $args[0]", _server.Server.WriteKubeconfig(Path.Combine(_folder, "config"))).ThrowIfFailed();
    }

    public async ValueTask DisposeAsync()
    {
        Dispose();
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void A_namespace_is_labelled_and_its_pods_without_a_sidecar_are_named()
    {
        Pod("shop", "old", "app");
        Pod("shop", "new", "app", "istio-proxy");

        PSObject result = Assert.Single(Shell.Run("Enable-IstioInjection shop").ThrowIfFailed().Output);

        Assert.Equal("enabled", Label("shop", "istio-injection"));
        Assert.Equal((true, "old"), (result.Properties["Changed"].Value, Assert.Single((IEnumerable<string>)result.Properties["PodsToRestart"].Value)));
        Assert.Equal(false, Assert.Single(Shell.Run("Enable-IstioInjection shop").ThrowIfFailed().Output).Properties["Changed"].Value);
        Assert.Equal("new", Assert.Single((IEnumerable<string>)Assert.Single(Shell.Run("Disable-IstioInjection shop").ThrowIfFailed().Output).Properties["PodsToRestart"].Value));
        Assert.Null(Label("shop", "istio-injection"));
    }

    [Theory]
    [InlineData("Enable-IstioInjection shop*")]
    [InlineData("'shop', 'shop-test' | Enable-IstioInjection")]
    public void Several_namespaces_at_once(string command)
    {
        Assert.Equal(2, Shell.Run(command).ThrowIfFailed().Output.Count);
        Assert.Equal(("enabled", "enabled"), (Label("shop", "istio-injection"), Label("shop-test", "istio-injection")));
    }

    [Fact]
    public void A_namespace_that_injectors_leave_alone_is_refused_unless_forced()
    {
        Namespace("kube-system");

        System.Management.Automation.ErrorRecord refused = Assert.Single(Shell.Run("Enable-IstioInjection kube-system").Errors);
        Assert.StartsWith("NamespaceIgnored,", refused.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Null(Label("kube-system", "istio-injection"));

        Shell.Run("Enable-IstioInjection kube-system -Force").ThrowIfFailed();
        Assert.Equal("enabled", Label("kube-system", "istio-injection"));
    }

    [Fact]
    public void A_namespace_that_was_taken_out_of_the_mesh_is_refused_with_that_reason()
    {
        _server.Put("/api/v1/namespaces/out", """{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"out","resourceVersion":"1","labels":{"istio-injection":"disabled"} } }""");

        System.Management.Automation.ErrorRecord refused = Assert.Single(Shell.Run("Enable-IstioInjection out").Errors);

        Assert.Contains("somebody has taken it out of the mesh", refused.Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIf_labels_nothing()
    {
        Shell.Run("Enable-IstioInjection shop -WhatIf").ThrowIfFailed();

        Assert.Empty(_server.Writes);
    }

    [Theory]
    [InlineData("istio-injection=enabled", "Enable-IstioInjection shop -Revision canary", "InjectionConflict", "istio-injection decides")]
    [InlineData("istio.io/rev=canary", "Enable-IstioInjection shop", "InjectionConflict", "istio.io/rev=canary")]
    [InlineData("istio-injection=disabled", "Enable-IstioInjection shop", "InjectionConflict", "istio-injection=disabled")]
    [InlineData("a=b", "Enable-IstioInjection shop -Revision blue", "RevisionNotFound", "canary, default")]
    [InlineData("istio-operator-managed-injection=enabled", "Disable-IstioInjection shop", "InjectionManaged", "autoInjectionNamespaces")]
    [InlineData("istio-operator-managed-injection=enabled", "Enable-IstioInjection shop -Revision canary", "InjectionManaged", "put the labels back")]
    [InlineData("a=b", "Enable-IstioInjection nowhere", "NamespaceNotFound", "nowhere")]
    public void What_contradicts_is_explained_and_nothing_is_written(string label, string command, string errorId, string explained)
    {
        Namespace("shop", label.Split('='));

        ErrorRecord error = Assert.Single(Shell.Run(command).Errors);

        Assert.StartsWith($"{errorId},", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains(explained, error.ToString(), StringComparison.Ordinal);
        Assert.Empty(_server.Writes);
    }

    [Fact]
    public void Force_replaces_the_label_that_contradicts()
    {
        Namespace("shop", "istio-injection", "enabled");

        Shell.Run("Enable-IstioInjection shop -Revision canary -Force").ThrowIfFailed();

        Assert.Equal((null, "canary"), (Label("shop", "istio-injection"), Label("shop", "istio.io/rev")));
    }

    [Fact]
    public void Revisions_complete() => Assert.Equal(["canary"], Shell.Complete("Enable-IstioInjection shop -Revision c"));

    private void Namespace(string name, params string[] label) => _server.Put($"/api/v1/namespaces/{name}", new JsonObject
    {
        ["metadata"] = new JsonObject { ["name"] = name, ["labels"] = label.Length == 0 ? new JsonObject() : new JsonObject { [label[0]] = label[1] } },
    }.ToJsonString());

    private string? Label(string ns, string key) => (string?)_server.Find($"/api/v1/namespaces/{ns}")!["metadata"]!["labels"]?[key];

    private void Pod(string ns, string name, params string[] containers) => _server.Put($"/api/v1/namespaces/{ns}/pods/{name}", new JsonObject
    {
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = ns },
        ["spec"] = new JsonObject { ["containers"] = new JsonArray([.. containers.Select(container => new JsonObject { ["name"] = container, ["image"] = "example/x:1" })]) },
        ["status"] = new JsonObject { ["phase"] = "Running" },
    }.ToJsonString());
}
