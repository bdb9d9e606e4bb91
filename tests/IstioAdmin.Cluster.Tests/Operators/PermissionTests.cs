using System.Management.Automation;
using System.Text.Json.Nodes;
using IstioAdmin.Testing;
using k8s;
using k8s.Models;

namespace IstioAdmin.Cluster.Tests.Operators;

/// <summary>The roles of docs/guides/permissions.md do what they say: enough, and one verb less is an error that names it.</summary>
[Collection(OperatorBed.Collection)]
public sealed class PermissionTests(RealOperatorBed bed) : IAsyncLifetime
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private const string Install = "Install-IstioOperator Banzai -Version 1.1 -Timeout 60";
    private const string Uninstall = "Uninstall-IstioOperator Banzai -IncludeCrd -Confirm:$false -Timeout 60";

    private static readonly string[] CniRoles = ["istioadmin-cni-switch", "istioadmin-reader", "istioadmin-health", "istioadmin-cni-files"];

    public async ValueTask InitializeAsync()
    {
        await bed.ResetAsync();
        await bed.CreateNamespaceAsync("people");
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task The_role_for_operators_is_enough_for_operators()
    {
        using var shell = new MeshShell(await UserAsync("istioadmin-operators"));

        shell.Get(Install);
        shell.Get("Get-IstioOperator");
        shell.Get(Uninstall);
    }

    [Theory]
    [InlineData("create", "customresourcedefinitions")]
    [InlineData("create", "statefulsets")]
    [InlineData("create", "clusterrolebindings")]
    [InlineData("list", "pods")]
    public async Task One_verb_less_is_an_error_that_names_it(string verb, string resource)
    {
        using var shell = new MeshShell(await UserAsync("istioadmin-operators", without: (verb, resource)));

        // The operator's pod never gets ready, so its rollout is waited for, which lists pods.
        bed.Unpullable = "docker.io/banzaicloud/istio-operator*";
        ErrorRecord error = shell.Fail(Install);

        Assert.Equal(ErrorCategory.PermissionDenied, error.CategoryInfo.Category);
        string said = MeshShell.Words(error);
        Assert.Contains($"verbs: [\"{verb}\"]", said, StringComparison.Ordinal);
        Assert.Contains(resource, said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_role_for_operators_is_enough_to_clean_up_after_a_mesh()
    {
        using (var admin = new MeshShell(bed.ControlPlane.Kubeconfig))
        {
            admin.Get(Install);
            admin.Get("New-IstioMesh mesh -Version 1.1.5 -Mtls -Timeout 60");
            admin.Run("Remove-IstioMesh -Confirm:$false -Timeout 60").ThrowIfFailed();
        }
        using var shell = new MeshShell(await UserAsync("istioadmin-operators"));

        shell.Get(Uninstall);

        Assert.Null(await bed.Api.FindAsync("apis/rbac.authorization.k8s.io/v1/clusterroles/istio-pilot-cluster-role", cancel: Cancel));
    }

    [Theory]
    [MemberData(nameof(OperatorCase.Names), MemberType = typeof(OperatorCase))]
    public async Task The_roles_for_reading_checking_and_switching_are_enough_for_CNI(string name)
    {
        await MeshAsync(name);
        using var shell = new MeshShell(await UserAsync(CniRoles));

        shell.Get(Story.Enable);
        shell.Get("Get-IstioCni");
        shell.Get(Story.Disable);
    }

    [Theory]
    [InlineData("patch", "istios")]
    [InlineData("list", "pods")]
    public async Task One_verb_less_for_CNI_is_an_error_that_names_it(string verb, string resource)
    {
        await MeshAsync("Banzai");
        using var shell = new MeshShell(await UserAsync(CniRoles, without: (verb, resource)));

        ErrorRecord error = shell.Fail(Story.Enable);

        Assert.Equal(ErrorCategory.PermissionDenied, error.CategoryInfo.Category);
        Assert.Contains($"verbs: [\"{verb}\"]", MeshShell.Words(error), StringComparison.Ordinal);
        Assert.Contains(resource, MeshShell.Words(error), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(OperatorCase.Names), MemberType = typeof(OperatorCase))]
    public async Task The_role_for_meshes_is_enough_for_meshes(string name)
    {
        OperatorCase of = OperatorCase.Of(name);
        await new MeshWorld(bed, of).InstallOperatorAsync();
        using var shell = new MeshShell(await UserAsync("istioadmin-meshes"));
        string mesh = Story.Of(name).Up.Single(step => step.StartsWith("New-IstioMesh", StringComparison.Ordinal));

        foreach (string step in (string[])[mesh, "Get-IstioMesh", "Set-IstioMesh -OutboundTrafficPolicy REGISTRY_ONLY -Timeout 60", "Wait-IstioMesh -Timeout 60", Story.Remove])
        {
            ScriptResult result = shell.Run(step).ThrowIfFailed();
            // What is left behind is told; what may not be seen is not.
            Assert.DoesNotContain(result.Warnings, warning => warning.Contains("HTTP 403", StringComparison.Ordinal));
        }

        Assert.Empty(await bed.Api.ListAsync(of.Collection, Cancel));
    }

    [Theory]
    [InlineData("create", "istios")]
    [InlineData("list", "istios")]
    public async Task One_verb_less_for_meshes_is_an_error_that_names_it(string verb, string resource)
    {
        await new MeshWorld(bed, OperatorCase.Banzai).InstallOperatorAsync();
        using var shell = new MeshShell(await UserAsync(["istioadmin-meshes"], without: (verb, resource)));

        ErrorRecord error = shell.Fail("New-IstioMesh mesh -Version 1.1.5 -Mtls -Timeout 60");

        Assert.Equal(ErrorCategory.PermissionDenied, error.CategoryInfo.Category);
        Assert.Contains($"resources: [\"{resource}\"], verbs: [\"{verb}\"]", MeshShell.Words(error), StringComparison.Ordinal);
        Assert.Empty(await bed.Api.ListAsync(OperatorCase.Banzai.Collection, Cancel));
    }

    [Fact]
    public async Task The_role_for_injection_is_enough_to_put_a_namespace_in_and_take_it_out()
    {
        await MeshAsync("Banzai");
        await bed.CreateNamespaceAsync("shop");
        await bed.Api.PostAsync("apis/apps/v1/namespaces/shop/deployments", Parse("""
            {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"cart"},
             "spec":{"selector":{"matchLabels":{"app":"cart"}},"template":{"metadata":{"labels":{"app":"cart"}},"spec":{"containers":[{"name":"app","image":"cart:1"}]}}}}
            """), cancel: TestContext.Current.CancellationToken);
        await Eventually.BecomesTrueAsync(async () => (await ContainersAsync()).SequenceEqual(["app"]), "the shop is open");
        using var shell = new MeshShell(await UserAsync("istioadmin-injection"));

        PSObject put = shell.Get("Enable-IstioInjection shop");
        string restart = Assert.Single((IEnumerable<string>)put.Properties["PodsToRestart"].Value);
        await Eventually.BecomesTrueAsync(async () => await bed.InjectsAsync("shop"), "the server knows of the label");
        await bed.Api.DeleteAsync($"api/v1/namespaces/shop/pods/{restart}", grace: 0, Cancel);
        await Eventually.BecomesTrueAsync(async () => (await ContainersAsync()).SequenceEqual(["app", "istio-proxy"]), "its new pod has a sidecar");
        Assert.Empty((IEnumerable<string>)shell.Get("Enable-IstioInjection shop").Properties["PodsToRestart"].Value);

        PSObject taken = shell.Get("Disable-IstioInjection shop");
        await Eventually.BecomesTrueAsync(async () => !await bed.InjectsAsync("shop"), "the server knows that the label is gone");
        await bed.Api.DeleteAsync($"api/v1/namespaces/shop/pods/{Assert.Single((IEnumerable<string>)taken.Properties["PodsToRestart"].Value)}", grace: 0, Cancel);
        await Eventually.BecomesTrueAsync(async () => (await ContainersAsync()).SequenceEqual(["app"]), "its new pod has none");
    }

    /// <summary>Names of the containers of the shop's pods.</summary>
    private async Task<string[]> ContainersAsync() => [.. (await bed.Api.ListAsync("api/v1/namespaces/shop/pods", Cancel)).SelectMany(pod => pod["spec"]!["containers"]!.AsArray())
        .Select(container => (string)container!["name"]!)];

    private async Task MeshAsync(string name)
    {
        var world = new MeshWorld(bed, OperatorCase.Of(name));
        await world.InstallOperatorAsync();
        await world.CreateMeshAsync();
    }

    private Task<string> UserAsync(string role, (string Verb, string Resource)? without = null) => UserAsync([role], without);

    /// <summary>A kubeconfig of somebody who may do what roles of the guide say, and no more.</summary>
    private async Task<string> UserAsync(string[] roles, (string Verb, string Resource)? without = null)
    {
        V1ClusterRole guide = Role(roles[0]);
        guide.Rules = [.. roles.SelectMany(role => Role(role).Rules)];
        foreach (V1PolicyRule rule in guide.Rules.Where(rule => without is { } less && rule.Resources.Contains(less.Resource)))
            rule.Verbs = [.. rule.Verbs.Where(verb => verb != without!.Value.Verb)];
        guide.Rules = [.. guide.Rules.Where(rule => rule.Verbs.Count > 0)];
        const string rbac = "apis/rbac.authorization.k8s.io/v1", accounts = "api/v1/namespaces/people/serviceaccounts";
        await bed.Api.PostAsync($"{rbac}/clusterroles", (JsonObject)JsonNode.Parse(KubernetesJson.Serialize(guide))!);
        await bed.Api.PostAsync(accounts, Parse("""{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"ann"}}"""));
        await bed.Api.PostAsync($"{rbac}/clusterrolebindings", Parse($$"""
            {"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding","metadata":{"name":"ann"},
             "roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"{{roles[0]}}"},"subjects":[{"kind":"ServiceAccount","namespace":"people","name":"ann"}]}
            """));
        JsonObject token = await bed.Api.PostAsync($"{accounts}/ann/token", Parse("""{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{}}"""));
        string nobody = await File.ReadAllTextAsync(bed.ControlPlane.NobodyKubeconfig);
        string path = Path.Combine(bed.ControlPlane.Directory, "ann.kubeconfig");
        await File.WriteAllTextAsync(path, $"{nobody[..nobody.LastIndexOf("user:", StringComparison.Ordinal)]}user: {{token: {(string)token["status"]!["token"]!}}}\n");
        return path;
    }

    /// <summary>A role as the guide prints it.</summary>
    private static V1ClusterRole Role(string name)
    {
        string guide = Path.Combine(Path.GetDirectoryName(Testbed.Manifest("x"))!, "..", "..", "..", "docs", "guides", "permissions.md");
        string block = File.ReadAllText(guide).Split("```").Single(part => part.StartsWith("yaml", StringComparison.Ordinal) && part.Contains($"name: {name}\n", StringComparison.Ordinal));
        string document = block["yaml".Length..].Split("\n---\n").Single(part => part.Contains($"name: {name}\n", StringComparison.Ordinal));
        V1ClusterRole role = KubernetesYaml.Deserialize<V1ClusterRole>(document);
        // A Role of the guide is given everywhere here: what it is for is one namespace.
        (role.Kind, role.Metadata.NamespaceProperty) = ("ClusterRole", null);
        return role;
    }

    private static JsonObject Parse(string text) => JsonNode.Parse(text)!.AsObject();
}
