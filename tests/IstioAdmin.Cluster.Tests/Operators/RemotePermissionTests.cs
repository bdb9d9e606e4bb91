using System.Management.Automation;
using System.Text.Json.Nodes;
using IstioAdmin.Testing;
using IstioAdmin.Sandbox.Client;
using k8s;
using k8s.Models;

namespace IstioAdmin.Cluster.Tests.Operators;

/// <summary>The roles for remote clusters of docs/guides/permissions.md, each where the guide puts it: enough, and one verb less is an error that names it.</summary>
[Collection(OperatorBed.Collection)]
public sealed class RemotePermissionTests(RealOperatorBed bed, FarCluster far) : IClassFixture<FarCluster>, IAsyncLifetime
{
    private const string Add = "Add-IstioRemoteCluster east -Cluster west -Timeout 60";
    private const string Remove = "Remove-IstioRemoteCluster east -Cluster west -Remote east -IncludeNamespace -Confirm:$false -Timeout 60";

    private static readonly string[] Home = ["istioadmin-reader", "istioadmin-remotes"];
    private static readonly string[] Remote = ["istioadmin-remote-account"];

    public async ValueTask InitializeAsync()
    {
        await bed.ResetAsync();
        await far.ResetAsync();
        await bed.CreateNamespaceAsync("people");
        await far.Api.PostAsync("api/v1/namespaces", Parse("""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"people"}}"""));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [InlineData("Banzai")]
    [InlineData("Sail")]
    public async Task The_roles_are_enough(string name)
    {
        await MeshAsync(name);
        using MeshShell shell = await OpenAsync();

        shell.Get(Add);
        shell.Get("Get-IstioRemoteCluster -Cluster west");
        ScriptResult removed = shell.Run(Remove).ThrowIfFailed();

        Assert.DoesNotContain(removed.Warnings, warning => warning.Contains("could not be looked for", StringComparison.Ordinal));
        await Eventually.BecomesTrueAsync(async () => await far.Api.FindAsync("api/v1/namespaces/istio-system") is null, "the namespace is gone");
    }

    [Theory]
    [InlineData("create", "secrets", true)]
    [InlineData("create", "remoteistios", true)]
    [InlineData("get", "namespaces", true)]
    [InlineData("create", "clusterroles", false)]
    [InlineData("escalate", "clusterroles", false)]
    [InlineData("create", "namespaces", false)]
    [InlineData("create", "serviceaccounts", false)]
    public async Task One_verb_less_is_an_error_that_names_it_before_anything_is_written(string verb, string resource, bool home)
    {
        await MeshAsync("Banzai");
        if (resource != "namespaces")
            await far.Api.PostAsync("api/v1/namespaces", Parse("""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"istio-system"}}"""), cancel: TestContext.Current.CancellationToken);
        using MeshShell shell = await OpenAsync((verb, resource, home));
        (SortedDictionary<string, string> west, SortedDictionary<string, string> east) = (await ClusterSnapshot.SettledAsync(bed.Api), await ClusterSnapshot.SettledAsync(far.Api));

        ErrorRecord error = shell.Fail(Add);

        Assert.Equal(ErrorCategory.PermissionDenied, error.CategoryInfo.Category);
        Assert.Contains($"\"{verb}\"", MeshShell.Words(error), StringComparison.Ordinal);
        Assert.Contains(resource, MeshShell.Words(error), StringComparison.Ordinal);
        ClusterSnapshot.AssertSame(west, await ClusterSnapshot.SettledAsync(bed.Api));
        ClusterSnapshot.AssertSame(east, await ClusterSnapshot.SettledAsync(far.Api));
    }

    [Fact]
    public async Task Who_may_not_bind_is_told_so_with_what_was_written_and_who_may_completes_it()
    {
        await MeshAsync("Sail");
        // The server can only tell when the role is there.
        using (MeshShell shell = await OpenAsync(("bind", "clusterroles", false)))
        {
            ErrorRecord error = shell.Fail(Add);
            Assert.StartsWith("RemoteIncomplete,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
            Assert.Equal(ErrorCategory.PermissionDenied, error.CategoryInfo.Category);
            Assert.Contains("verbs: [\"bind\"]", MeshShell.Words(error), StringComparison.Ordinal);
        }
        using MeshShell admin = Open(far.ControlPlane.Kubeconfig, bed.ControlPlane.Kubeconfig);
        admin.Get(Add);
    }

    [Fact]
    public async Task Who_has_the_rights_of_the_account_himself_needs_no_more()
    {
        await MeshAsync("Sail");
        string account;
        using (MeshShell admin = Open(far.ControlPlane.Kubeconfig, bed.ControlPlane.Kubeconfig))
        {
            account = ((string)admin.Get(Add).Properties["Account"].Value!).Split('/')[1];
            await far.Api.PostAsync("apis/rbac.authorization.k8s.io/v1/clusterrolebindings", Parse("""
                {"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding","metadata":{"name":"reader"},
                 "roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"reader"},"subjects":[{"kind":"ServiceAccount","namespace":"people","name":"ann"}]}
                """), cancel: TestContext.Current.CancellationToken);
            JsonObject role = await far.Api.GetAsync($"apis/rbac.authorization.k8s.io/v1/clusterroles/{account}", cancel: TestContext.Current.CancellationToken);
            role["metadata"] = new JsonObject { ["name"] = "reader" };
            await far.Api.PostAsync("apis/rbac.authorization.k8s.io/v1/clusterroles", role, cancel: TestContext.Current.CancellationToken);
            admin.Run(Remove).ThrowIfFailed();
            await Eventually.BecomesTrueAsync(async () => await far.Api.FindAsync("api/v1/namespaces/istio-system") is null, "the namespace is gone");
        }
        using MeshShell shell = await OpenAsync(("escalate", "clusterroles", false), ("bind", "clusterroles", false));

        shell.Get(Add);
    }

    private async Task MeshAsync(string name)
    {
        var world = new MeshWorld(bed, OperatorCase.Of(name));
        await world.InstallOperatorAsync();
        await world.CreateMeshAsync();
    }

    private async Task<MeshShell> OpenAsync(params (string Verb, string Resource, bool Home)[] without) => Open(
        await UserAsync(far.ControlPlane, far.Api, Remote, [.. without.Where(less => !less.Home)]), await UserAsync(bed.ControlPlane, bed.Api, Home, [.. without.Where(less => less.Home)]));

    private static MeshShell Open(string east, string west)
    {
        var shell = new MeshShell(west);
        shell.Run("""
            Get-MeshCluster | Disconnect-MeshCluster
            Connect-MeshCluster -Kubeconfig $args[0] -Name east
            Connect-MeshCluster -Kubeconfig $args[1] -Name west
            """, east, west).ThrowIfFailed();
        return shell;
    }

    /// <summary>A kubeconfig of somebody who has roles of the guide, the ClusterRoles everywhere and the Roles in their namespace, and no more.</summary>
    private static async Task<string> UserAsync(ControlPlane cluster, ClusterApi api, string[] names, (string Verb, string Resource, bool Home)[] without)
    {
        foreach (V1ClusterRole role in names.SelectMany(Guide))
        {
            foreach (V1PolicyRule rule in role.Rules)
                rule.Verbs = [.. rule.Verbs.Where(verb => !without.Any(less => less.Verb == verb && rule.Resources.Contains(less.Resource)))];
            role.Rules = [.. role.Rules.Where(rule => rule.Verbs.Count > 0)];
            string where = role.Metadata.NamespaceProperty is { } ns ? $"apis/rbac.authorization.k8s.io/v1/namespaces/{ns}/" : "apis/rbac.authorization.k8s.io/v1/cluster";
            await api.PostAsync($"{where}roles", Parse(KubernetesJson.Serialize(role)));
            await api.PostAsync($"{where}rolebindings", Parse($$"""
                {"apiVersion":"rbac.authorization.k8s.io/v1","kind":"{{role.Kind}}Binding","metadata":{"name":"{{role.Metadata.Name}}"},
                 "roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"{{role.Kind}}","name":"{{role.Metadata.Name}}"},
                 "subjects":[{"kind":"ServiceAccount","namespace":"people","name":"ann"}]}
                """), cancel: TestContext.Current.CancellationToken);
        }
        const string accounts = "api/v1/namespaces/people/serviceaccounts";
        await api.PostAsync(accounts, Parse("""{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"ann"}}"""));
        JsonObject token = await api.PostAsync($"{accounts}/ann/token", Parse("""{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{}}"""));
        string nobody = await File.ReadAllTextAsync(cluster.NobodyKubeconfig);
        string path = Path.Combine(cluster.Directory, "ann.kubeconfig");
        await File.WriteAllTextAsync(path, $"{nobody[..nobody.LastIndexOf("user:", StringComparison.Ordinal)]}user: {{token: {(string)token["status"]!["token"]!}}}\n");
        return path;
    }

    /// <summary>The roles of a name as the guide prints them; a Role and a ClusterRole have the same form.</summary>
    private static IEnumerable<V1ClusterRole> Guide(string name)
    {
        string guide = Path.Combine(Path.GetDirectoryName(Testbed.Manifest("x"))!, "..", "..", "..", "docs", "guides", "permissions.md");
        return File.ReadAllText(guide).Split("```").Where(part => part.StartsWith("yaml", StringComparison.Ordinal))
            .SelectMany(block => block["yaml".Length..].Split("\n---\n"))
            .Where(document => document.Contains($"name: {name}\n", StringComparison.Ordinal))
            .Select(document => KubernetesYaml.Deserialize<V1ClusterRole>(document));
    }

    private static JsonObject Parse(string text) => JsonNode.Parse(text)!.AsObject();
}
