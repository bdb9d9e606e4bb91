using System.Management.Automation;
using System.Text.Json.Nodes;
using IstioAdmin.Testing;
using IstioAdmin.Testing.Operators;
using k8s;
using k8s.Models;

namespace IstioAdmin.Cluster.Tests.Operators;

/// <summary>The roles of docs/guides/permissions.md do what they say: enough, and one verb less is an error that names it.</summary>
[Collection(OperatorBed.Collection)]
public sealed class PermissionTests(OperatorBed bed) : IAsyncLifetime
{
    private const string Install = "Install-IstioOperator Banzai -Version 1.1 -Timeout 60";
    private const string Uninstall = "Uninstall-IstioOperator Banzai -IncludeCrd -Confirm:$false -Timeout 60";

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

        Assert.Null(await bed.Api.FindAsync("apis/rbac.authorization.k8s.io/v1/clusterroles/istio-pilot-cluster-role"));
    }

    /// <summary>A kubeconfig of somebody who may do what a role of the guide says, and no more.</summary>
    private async Task<string> UserAsync(string role, (string Verb, string Resource)? without = null)
    {
        V1ClusterRole guide = Role(role);
        foreach (V1PolicyRule rule in guide.Rules.Where(rule => without is { } less && rule.Resources.Contains(less.Resource)))
            rule.Verbs = [.. rule.Verbs.Where(verb => verb != without!.Value.Verb)];
        guide.Rules = [.. guide.Rules.Where(rule => rule.Verbs.Count > 0)];
        const string rbac = "apis/rbac.authorization.k8s.io/v1", accounts = "api/v1/namespaces/people/serviceaccounts";
        await bed.Api.PostAsync($"{rbac}/clusterroles", (JsonObject)JsonNode.Parse(KubernetesJson.Serialize(guide))!);
        await bed.Api.PostAsync(accounts, Parse("""{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"ann"}}"""));
        await bed.Api.PostAsync($"{rbac}/clusterrolebindings", Parse($$"""
            {"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding","metadata":{"name":"ann"},
             "roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"{{role}}"},"subjects":[{"kind":"ServiceAccount","namespace":"people","name":"ann"}]}
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
        return KubernetesYaml.Deserialize<V1ClusterRole>(document);
    }

    private static JsonObject Parse(string text) => JsonNode.Parse(text)!.AsObject();
}
