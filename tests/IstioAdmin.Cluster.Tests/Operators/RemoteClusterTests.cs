using System.Management.Automation;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using IstioAdmin.Testing;
using IstioAdmin.Sandbox.Client;
using IstioAdmin.Sandbox.Operators;

namespace IstioAdmin.Cluster.Tests.Operators;

/// <summary>
/// Remote clusters with two real control planes: west has the mesh, east is taken in. The operator's part works on east with the kubeconfig that was written,
/// and with no other rights; what it makes there has the roles of the real one.
/// </summary>
[Collection(OperatorBed.Collection)]
public sealed class RemoteClusterTests(RealOperatorBed bed, FarCluster far) : IClassFixture<FarCluster>, IAsyncLifetime
{
    private const string Secrets = "api/v1/namespaces/istio-system/secrets";
    private const string Remotes = "apis/istio.banzaicloud.io/v1beta1/namespaces/istio-system/remoteistios";
    private const string Roles = "apis/rbac.authorization.k8s.io/v1/clusterroles";
    private const string Add = "Add-IstioRemoteCluster east -Cluster west -Timeout 60";
    private const string Remove = "Remove-IstioRemoteCluster east -Cluster west -Remote east -IncludeNamespace -Confirm:$false -Timeout 60";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await bed.ResetAsync();
        await far.ResetAsync();
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [InlineData("Banzai")]
    [InlineData("Sail")]
    public async Task A_cluster_is_taken_in_and_let_go_twice_and_nothing_is_left(string name)
    {
        await MeshAsync(name);
        using MeshShell shell = Open();
        (SortedDictionary<string, string> west, SortedDictionary<string, string> east) = await SnapshotAsync();

        await WhatIfAsync(shell, Add);
        PSObject added = shell.Get(Add);
        Assert.Equal(name == "Banzai" ? "Available" : "", $"{added.Properties["State"].Value}");
        Assert.Equal("", $"{added.Properties["ErrorMessage"].Value}");
        if (name == "Banzai")
            Assert.NotNull(await far.Api.FindAsync("apis/apps/v1/namespaces/istio-system/deployments/istio-citadel", Cancel));
        await UnchangedAsync(shell, Add);

        await WhatIfAsync(shell, Remove);
        PSObject removed = shell.Get(Remove);
        Assert.Equal("Removed", $"{removed.Properties["State"].Value}");
        if (name == "Banzai")
            shell.Get("Uninstall-IstioOperator Banzai -Cluster east -IncludeCrd -Confirm:$false -Timeout 60");
        Assert.StartsWith("RemoteNotFound,", shell.Fail(Remove).FullyQualifiedErrorId, StringComparison.Ordinal);
        await Eventually.BecomesTrueAsync(async () => await far.Api.FindAsync("api/v1/namespaces/istio-system") is null, "the namespace is gone");
        ClusterSnapshot.AssertNone((await ClusterSnapshot.SettledAsync(far.Api)).Keys.Except(east.Keys));
        ClusterSnapshot.AssertNone((await ClusterSnapshot.SettledAsync(bed.Api)).Keys.Except(west.Keys));
    }

    [Fact]
    public async Task Without_a_cluster_to_look_in_the_holderstays_and_what_the_operator_forgets_is_named()
    {
        await MeshAsync("Banzai");
        using MeshShell shell = Open();
        string account = Account(shell.Get(Add));

        ScriptResult removed = shell.Run("Remove-IstioRemoteCluster east -Cluster west -Confirm:$false -Timeout 60").ThrowIfFailed();
        Assert.Contains(removed.Warnings, warning => warning.Contains($"service account istio-system/{account} stays", StringComparison.Ordinal));
        Assert.NotNull(await far.Api.FindAsync($"{Roles}/{account}", Cancel));

        shell.Get(Add);
        removed = shell.Run("Get-IstioRemoteCluster -Cluster west | Remove-IstioRemoteCluster -Remote * -Confirm:$false -Timeout 60").ThrowIfFailed();
        Assert.Contains(removed.Warnings, warning => warning.Contains("MutatingWebhookConfiguration istio-sidecar-injector", StringComparison.Ordinal)
            && warning.Contains("Uninstall-IstioOperator Banzai -Cluster east", StringComparison.Ordinal));
        Assert.Null(await far.Api.FindAsync($"{Roles}/{account}", Cancel));
        // Without the switch a namespace stays, whoever made it.
        Assert.NotNull(await far.Api.FindAsync("api/v1/namespaces/istio-system", Cancel));
    }

    [Fact]
    public async Task A_namespace_in_which_another_mesh_has_its_holderstays()
    {
        await MeshAsync("Banzai");
        using MeshShell shell = Open();
        shell.Get(Add);
        await far.Api.PostAsync("api/v1/namespaces/istio-system/serviceaccounts", Parse("""
            {"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"istio-remote-east-00000000","labels":{"app.kubernetes.io/managed-by":"istioadmin","app.kubernetes.io/part-of":"istio-remote"}}}
            """), cancel: Cancel);

        ScriptResult removed = shell.Run(Remove).ThrowIfFailed();

        Assert.Contains(removed.Warnings, warning => warning.Contains("istio-remote-east-00000000", StringComparison.Ordinal));
        Assert.NotNull(await far.Api.FindAsync("api/v1/namespaces/istio-system/serviceaccounts/istio-remote-east-00000000", Cancel));
    }

    [Fact]
    public async Task Banzais_holdermay_do_what_its_operator_does_there_and_no_more()
    {
        await MeshAsync("Banzai");
        using MeshShell shell = Open();
        string account = Account(shell.Get($"{Add} -AutoInjectionNamespace default"));
        using ClusterApi holder = await AccountAsync("east");

        // What Pilot reads. What the operator writes it has written already, or it would not be available.
        foreach (string read in (string[])["api/v1/pods", "api/v1/services", "api/v1/endpoints", "api/v1/nodes", "api/v1/namespaces", Secrets])
            await holder.GetAsync(read, Cancel);
        Assert.Equal("enabled", (string?)(await far.Api.GetAsync("api/v1/namespaces/default", Cancel))["metadata"]!["labels"]!["istio-injection"]);
        Assert.NotNull(await far.Api.FindAsync($"{Roles}/istio-citadel-cluster-role", Cancel));
        Assert.Equal(3, (await far.Api.ListAsync("api/v1/namespaces/istio-system/endpoints", Cancel)).Count(item => (string?)item["metadata"]!["name"] is "istio-pilot" or "istio-policy" or "istio-telemetry"));

        await ForbiddenAsync(() => holder.PostAsync("api/v1/namespaces/default/pods", Pod(), cancel: Cancel));
        await ForbiddenAsync(() => holder.DeleteAsync("api/v1/namespaces/default", cancel: Cancel));
        await ForbiddenAsync(() => holder.PostAsync("api/v1/namespaces", Named("v1", "Namespace", "mine"), cancel: Cancel));
        await ForbiddenAsync(() => holder.DeleteAsync("apis/apiextensions.k8s.io/v1/customresourcedefinitions/istios.istio.banzaicloud.io", cancel: Cancel));
        await ForbiddenAsync(() => holder.GetAsync("apis/coordination.k8s.io/v1/leases", Cancel));
        await ForbiddenAsync(() => holder.PostAsync("api/v1/namespaces/kube-system/serviceaccounts/default/token",
            Parse("""{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{}}"""), cancel: Cancel));
        // It writes cluster roles, but grants nothing that it does not have: neither to itself nor to others.
        JsonObject everything = Named("rbac.authorization.k8s.io/v1", "ClusterRole", "everything");
        everything["rules"] = JsonNode.Parse("""[{"apiGroups":["*"],"resources":["*"],"verbs":["*"]}]""");
        await ForbiddenAsync(() => holder.PostAsync(Roles, everything, cancel: Cancel));
        await ForbiddenAsync(() => holder.PatchAsync($"{Roles}/{account}", new JsonObject { ["rules"] = everything["rules"]!.DeepClone() }, cancel: Cancel));
        JsonObject binding = Named("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "everything");
        binding["roleRef"] = JsonNode.Parse("""{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"cluster-admin"}""");
        binding["subjects"] = JsonNode.Parse($$"""[{"kind":"ServiceAccount","namespace":"istio-system","name":"{{account}}"}]""");
        await ForbiddenAsync(() => holder.PostAsync("apis/rbac.authorization.k8s.io/v1/clusterrolebindings", binding, cancel: Cancel));
    }

    [Fact]
    public async Task Sails_holderreads_and_does_nothing_else()
    {
        await MeshAsync("Sail");
        using MeshShell shell = Open();
        shell.Get(Add);
        JsonObject secret = await bed.Api.GetAsync($"{Secrets}/istio-remote-secret-east", Cancel);
        Assert.Equal("true", (string?)secret["metadata"]!["labels"]!["istio/multiCluster"]);
        Assert.Equal("east", (string?)secret["metadata"]!["annotations"]!["networking.istio.io/cluster"]);
        using ClusterApi holder = await AccountAsync("istio-remote-secret-east");

        foreach (string read in (string[])["api/v1/pods", "api/v1/services", "api/v1/endpoints", "api/v1/nodes", "api/v1/namespaces", "api/v1/configmaps", "api/v1/secrets", "apis/apps/v1/replicasets"])
            await holder.GetAsync(read, Cancel);
        await holder.PostAsync("apis/authentication.k8s.io/v1/tokenreviews", Parse("""{"apiVersion":"authentication.k8s.io/v1","kind":"TokenReview","spec":{"token":"x"}}"""), cancel: Cancel);

        await ForbiddenAsync(() => holder.PostAsync("api/v1/namespaces/default/configmaps", Named("v1", "ConfigMap", "mine"), cancel: Cancel));
        await ForbiddenAsync(() => holder.PatchAsync("api/v1/namespaces/default", Parse("""{"metadata":{"labels":{"a":"b"}}}"""), cancel: Cancel));
        await ForbiddenAsync(() => holder.PostAsync("api/v1/namespaces/default/pods", Pod(), cancel: Cancel));
        await ForbiddenAsync(() => holder.GetAsync("apis/apps/v1/deployments", Cancel));
        await ForbiddenAsync(() => holder.PostAsync(Roles, Named("rbac.authorization.k8s.io/v1", "ClusterRole", "mine"), cancel: Cancel));
    }

    [Fact]
    public async Task The_token_is_that_of_a_Secret_of_its_own_which_works_on_servers_that_make_none_by_themselves()
    {
        await MeshAsync("Sail");
        using MeshShell shell = Open();
        string account = Account(shell.Get(Add));

        JsonObject own = await far.Api.GetAsync($"{Secrets}/{account}-token", Cancel);
        string token = Text(own, "token");
        Assert.Contains(token, Text(await bed.Api.GetAsync($"{Secrets}/istio-remote-secret-east", Cancel), "east"), StringComparison.Ordinal);
        // The one that this server made by itself is not needed; newer servers (1.24) make none.
        foreach (JsonObject other in (await far.Api.ListAsync(Secrets, Cancel)).Where(IsOtherToken))
            await far.Api.DeleteAsync($"{Secrets}/{(string)other["metadata"]!["name"]!}", cancel: Cancel);
        using ClusterApi holder = await AccountAsync("istio-remote-secret-east");
        await holder.GetAsync("api/v1/pods", Cancel);

        // A token that was taken away is replaced, and the kubeconfig follows.
        await far.Api.DeleteAsync($"{Secrets}/{account}-token", cancel: Cancel);
        shell.Get(Add);
        string renewed = Text(await far.Api.GetAsync($"{Secrets}/{account}-token", Cancel), "token");
        Assert.NotEqual(token, renewed);
        Assert.Contains(renewed, Text(await bed.Api.GetAsync($"{Secrets}/istio-remote-secret-east", Cancel), "east"), StringComparison.Ordinal);

        bool IsOtherToken(JsonObject item) => (string?)item["type"] == "kubernetes.io/service-account-token" && (string)item["metadata"]!["name"]! is var name
            && name.StartsWith(account, StringComparison.Ordinal) && name != $"{account}-token";
    }

    [Theory]
    [InlineData("Banzai")]
    [InlineData("Sail")]
    public async Task Killed_on_its_way_the_next_run_completes(string name)
    {
        await MeshAsync(name);
        using MeshShell shell = Open();
        SortedDictionary<string, string> east = await ClusterSnapshot.SettledAsync(far.Api);
        string secret = $"{Secrets}/{(name == "Banzai" ? "east" : "istio-remote-secret-east")}";
        Func<Task<bool>>[] going =
        [
            async () => await far.Api.FindAsync("api/v1/namespaces/istio-system") is not null,
            async () => await far.Api.FindAsync("api/v1/namespaces/istio-system") is not null && (await far.Api.ListAsync(Secrets)).Count > 1,
            async () => await bed.Api.FindAsync(secret) is not null,
        ];
        Func<Task<bool>>[] coming =
        [
            async () => name == "Banzai" ? (await bed.Api.FindAsync($"{Remotes}/east"))?["metadata"]!["deletionTimestamp"] is not null || await bed.Api.FindAsync($"{Remotes}/east") is null : await GoneAsync("clusterrolebindings"),
            () => GoneAsync("clusterroles"),
        ];
        int killed = 0;
        for (int moment = 0; moment < Math.Max(going.Length, coming.Length); moment++)
        {
            killed += await shell.InterruptAsync(Add, going[moment % going.Length]) ? 1 : 0;
            PSObject added = shell.Get(Add);
            Assert.Equal("", $"{added.Properties["ErrorMessage"].Value}");
            killed += await shell.InterruptAsync(Remove, coming[moment % coming.Length]) ? 1 : 0;
            ScriptResult again = shell.Run(Remove);
            Assert.All(again.Errors, error => Assert.StartsWith("RemoteNotFound,", error.FullyQualifiedErrorId, StringComparison.Ordinal));
            Assert.Null(await bed.Api.FindAsync(secret, Cancel));
            await Eventually.BecomesTrueAsync(async () => await far.Api.FindAsync("api/v1/namespaces/istio-system") is null, "the namespace is gone");
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"killed {killed} times");
        Assert.True(killed > 0, "nothing was killed");
        if (name == "Banzai")
            shell.Get("Uninstall-IstioOperator Banzai -Cluster east -IncludeCrd -Confirm:$false -Timeout 60");
        ClusterSnapshot.AssertNone((await ClusterSnapshot.SettledAsync(far.Api)).Keys.Except(east.Keys));

        async Task<bool> GoneAsync(string plural) =>
            !(await far.Api.ListAsync($"apis/rbac.authorization.k8s.io/v1/{plural}")).Any(item => ((string)item["metadata"]!["name"]!).StartsWith("istio-remote-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_the_operator_misses_is_shown_and_told_and_the_next_run_mends_it()
    {
        await MeshAsync("Banzai");
        using MeshShell shell = Open();
        JsonObject authority = await bed.Api.GetAsync($"{Secrets}/istio-ca-secret", Cancel);
        await bed.Api.DeleteAsync($"{Secrets}/istio-ca-secret", cancel: Cancel);
        (SortedDictionary<string, string> west, SortedDictionary<string, string> east) = await SnapshotAsync();
        Assert.StartsWith("RemoteCASecretMissing,", shell.Fail(Add).FullyQualifiedErrorId, StringComparison.Ordinal);
        ClusterSnapshot.AssertSame(west, await ClusterSnapshot.SettledAsync(bed.Api));
        ClusterSnapshot.AssertSame(east, await ClusterSnapshot.SettledAsync(far.Api));

        // Somebody made the resource alone.
        await bed.Api.PostAsync(Remotes, Named("istio.banzaicloud.io/v1beta1", "RemoteIstio", "east"), cancel: Cancel);
        await ShowsAsync("could not populate sign certs: Secret \"istio-ca-secret\" not found");
        authority["metadata"] = new JsonObject { ["name"] = "istio-ca-secret" };
        await bed.Api.PostAsync(Secrets, authority, cancel: Cancel);
        await ShowsAsync("could not get remote cluster: Secret \"east\" not found");
        Assert.StartsWith("RemoteObjectExists,", shell.Fail(Add).FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal("Available", $"{shell.Get($"{Add} -Force").Properties["State"].Value}");

        // The account loses its role while the operator works.
        string account = Account(shell.Get("Get-IstioRemoteCluster east -Cluster west"));
        await far.Api.DeleteAsync($"apis/rbac.authorization.k8s.io/v1/clusterrolebindings/{account}", cancel: Cancel);
        await bed.Api.PatchAsync($"{Remotes}/east", Parse("""{"spec":{"autoInjectionNamespaces":["default"]}}"""), cancel: Cancel);
        await Eventually.BecomesTrueAsync(async () => ((string?)(await bed.Api.GetAsync($"{Remotes}/east"))["status"]!["ErrorMessage"])?.Contains("is forbidden", StringComparison.Ordinal) == true, "it is forbidden");
        Assert.Equal("Available", $"{shell.Get(Add).Properties["State"].Value}");

        async Task ShowsAsync(string message)
        {
            // The operator tries again and again, and while it does it says nothing.
            await Eventually.BecomesTrueAsync(() => $"{shell.Get("Get-IstioRemoteCluster -Cluster west").Properties["ErrorMessage"].Value}" == message, message);
        }
    }

    [Fact]
    public async Task An_operator_that_does_not_get_there_is_waited_for_with_its_words()
    {
        await MeshAsync("Banzai");
        using MeshShell shell = Open();

        ScriptResult result = shell.Run("Add-IstioRemoteCluster east -Cluster west -Server https://127.0.0.1:1 -Timeout 5");

        ErrorRecord error = Assert.Single(result.Errors);
        Assert.StartsWith("RemoteWaitTimedOut,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("could not reconcile remote istio", error.Exception.Message, StringComparison.Ordinal);
        Assert.Contains(result.Warnings, warning => warning.Contains("-Server", StringComparison.Ordinal) && warning.Contains("127.0.0.1:1 ", StringComparison.Ordinal));
        Assert.Contains(result.Warnings, warning => warning.Contains("the operator says", StringComparison.Ordinal));
        // The operator keeps the connection that it has made, as a warning says.
        result = shell.Run("Add-IstioRemoteCluster east -Cluster west -NoWait").ThrowIfFailed();
        Assert.Contains(result.Warnings, warning => warning.Contains("restart its pod", StringComparison.Ordinal));
        await bed.KillAsync<OperatorProgram>();
        // What it was at when it was killed stays so for ever: only a change of the operator's own gets it out of that.
        await bed.Api.PatchAsync($"{Remotes}/east/status", Parse("""{"status":{"Status":"ReconcileFailed","ErrorMessage":"killed"}}"""), cancel: Cancel);
        Assert.Equal("Available", $"{shell.Get(Add).Properties["State"].Value}");
    }

    [Fact]
    public async Task Wrong_input_is_explained_and_changes_nothing()
    {
        await MeshAsync("Banzai");
        using MeshShell shell = Open();
        shell.Run("Connect-MeshCluster -Kubeconfig $args[0] -Name again", bed.ControlPlane.Kubeconfig).ThrowIfFailed();
        (SortedDictionary<string, string> west, SortedDictionary<string, string> east) = await SnapshotAsync();

        Fails("Add-IstioRemoteCluster nowhere -Cluster west", "ParameterArgumentTransformationError", "nowhere");
        Fails("Add-IstioRemoteCluster again -Cluster west", "RemoteIsMeshCluster", "again");
        Fails("Add-IstioRemoteCluster west -Cluster east", "MeshNotFound", "New-IstioMesh");
        Fails("Add-IstioRemoteCluster east -Cluster west -Mesh other", "MeshNotFound", "other");
        Fails("Add-IstioRemoteCluster east -Cluster west -Name East_1", "RemoteNameInvalid", "-Name");
        Fails("Add-IstioRemoteCluster east -Cluster west -Server 10.1.0.10", "RemoteServerInvalid", "https://");
        Fails("Remove-IstioRemoteCluster east -Cluster west -Confirm:$false", "RemoteNotFound", "Add-IstioRemoteCluster");

        ClusterSnapshot.AssertSame(west, await ClusterSnapshot.SettledAsync(bed.Api));
        ClusterSnapshot.AssertSame(east, await ClusterSnapshot.SettledAsync(far.Api));
        Assert.Contains(shell.Run($"{Add} -WhatIf").Warnings, warning => warning.Contains("127.0.0.1", StringComparison.Ordinal) && warning.Contains("-Server", StringComparison.Ordinal));

        void Fails(string command, string id, string says)
        {
            ErrorRecord error = shell.Fail(command);
            Assert.StartsWith(id, error.FullyQualifiedErrorId, StringComparison.Ordinal);
            Assert.Contains(says, MeshShell.Words(error), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Meshes_of_the_Cisco_operator_are_refused_with_the_way_out()
    {
        await MeshAsync("Cisco");
        using MeshShell shell = Open();
        (SortedDictionary<string, string> west, SortedDictionary<string, string> east) = await SnapshotAsync();

        Assert.Contains("cluster registry controller", MeshShell.Words(shell.Fail(Add)), StringComparison.Ordinal);

        ClusterSnapshot.AssertSame(west, await ClusterSnapshot.SettledAsync(bed.Api));
        ClusterSnapshot.AssertSame(east, await ClusterSnapshot.SettledAsync(far.Api));
    }

    [Fact]
    public async Task The_token_is_told_to_nobody()
    {
        await MeshAsync("Banzai");
        using MeshShell shell = Open();
        string all = string.Join('\n', Tell(Add), Tell("Get-IstioRemoteCluster -Cluster west"), Tell("Add-IstioRemoteCluster east -Cluster west -Name other -Server https://127.0.0.1:1 -Timeout 2"));
        string token = Text(await bed.Api.GetAsync($"{Secrets}/east", Cancel), "east").Split("token: ")[1].Trim();
        string other = Text(await bed.Api.GetAsync($"{Secrets}/other", Cancel), "other").Split("token: ")[1].Trim();
        all += Tell(Remove);

        Assert.Contains("RemoteWaitTimedOut", all, StringComparison.Ordinal);
        Assert.Contains("Secret istio-system/east: Created", all, StringComparison.Ordinal);
        foreach (string secret in (string[])[token, other])
        {
            Assert.Equal(3, secret.Split('.').Length);
            Assert.DoesNotContain(secret.Split('.')[2], all, StringComparison.Ordinal);
            Assert.DoesNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes(secret))[..40], all, StringComparison.Ordinal);
        }

        string Tell(string command)
        {
            ScriptResult result = shell.Run($$"""
                $DebugPreference = 'Continue'; $VerbosePreference = 'Continue'
                $told = @({{command}} *>&1)
                $told | ForEach-Object { "$_"; $_.PSObject.Properties | ForEach-Object { "$($_.Name): $($_.Value)" } }
                $told | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] } | ForEach-Object { $_.FullyQualifiedErrorId; "$($_.ErrorDetails)"; "$($_.Exception)" }
                """);
            return string.Join('\n', [.. result.Output, .. result.Warnings, .. result.Errors]);
        }
    }

    private async Task MeshAsync(string name)
    {
        var world = new MeshWorld(bed, OperatorCase.Of(name));
        await world.InstallOperatorAsync();
        await world.CreateMeshAsync();
    }

    private MeshShell Open()
    {
        var shell = new MeshShell(bed.ControlPlane.Kubeconfig);
        shell.Run("""
            Get-MeshCluster | Disconnect-MeshCluster
            Connect-MeshCluster -Kubeconfig $args[0] -Name east
            Connect-MeshCluster -Kubeconfig $args[1] -Name west
            """, far.ControlPlane.Kubeconfig, bed.ControlPlane.Kubeconfig).ThrowIfFailed();
        return shell;
    }

    private async Task<(SortedDictionary<string, string> West, SortedDictionary<string, string> East)> SnapshotAsync() =>
        (await ClusterSnapshot.SettledAsync(bed.Api), await ClusterSnapshot.SettledAsync(far.Api));

    private Task WhatIfAsync(MeshShell shell, string command) => UnchangedAsync(shell, $"{command} -WhatIf");

    private async Task UnchangedAsync(MeshShell shell, string command)
    {
        (SortedDictionary<string, string> west, SortedDictionary<string, string> east) = await SnapshotAsync();
        shell.Run(command).ThrowIfFailed();
        ClusterSnapshot.AssertSame(west, await ClusterSnapshot.SettledAsync(bed.Api));
        ClusterSnapshot.AssertSame(east, await ClusterSnapshot.SettledAsync(far.Api));
    }

    /// <summary>The remote cluster as the kubeconfig lets its holder see it.</summary>
    private async Task<ClusterApi> AccountAsync(string secret) => ClusterApiConnection.FromKubeconfig(Text(await bed.Api.GetAsync($"{Secrets}/{secret}", Cancel), "east"));

    private static string Account(PSObject remote) => ((string)remote.Properties["Account"].Value!).Split('/')[1];

    private static string Text(JsonObject secret, string key) => Encoding.UTF8.GetString(Convert.FromBase64String((string)secret["data"]![key]!));

    private static async Task ForbiddenAsync(Func<Task> request) =>
        Assert.Equal(HttpStatusCode.Forbidden, (await Assert.ThrowsAsync<ClusterApiException>(request)).Status);

    private static JsonObject Named(string apiVersion, string kind, string name) =>
        new() { ["apiVersion"] = apiVersion, ["kind"] = kind, ["metadata"] = new JsonObject { ["name"] = name } };

    private static JsonObject Pod()
    {
        JsonObject pod = Named("v1", "Pod", "mine");
        pod["spec"] = JsonNode.Parse("""{"containers":[{"name":"a","image":"a"}]}""");
        return pod;
    }

    private static JsonObject Parse(string text) => JsonNode.Parse(text)!.AsObject();
}
