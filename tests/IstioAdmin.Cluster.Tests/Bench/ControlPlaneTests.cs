using IstioAdmin.Testing;

namespace IstioAdmin.Cluster.Tests.Bench;

public sealed class ControlPlaneTests(Testbed testbed)
{
    [Fact]
    public async Task The_API_server_is_the_one_that_was_built_from_Debians_sources()
    {
        ControlPlane cluster = await testbed.ControlPlaneAsync();

        Assert.Contains("\"gitVersion\": \"v1.20.2\"", await cluster.KubectlAsync("get", "--raw", "/version"));
    }

    [Fact]
    public async Task Objects_are_stored_and_the_controllers_act_on_them()
    {
        ControlPlane cluster = await testbed.ControlPlaneAsync();
        string ns = await cluster.CreateNamespaceAsync();

        await cluster.KubectlAsync("create", "deployment", "web", "--image=registry.local/busybox:1", "--namespace", ns);

        await Eventually.BecomesTrueAsync(
            async () => (await cluster.KubectlAsync("get", "pods", "--namespace", ns, "--output=name")).StartsWith("pod/web-", StringComparison.Ordinal),
            "the deployment's pod was created");
    }

    [Fact]
    public async Task A_user_with_a_token_and_no_rights_is_known_and_refused()
    {
        ControlPlane cluster = await testbed.ControlPlaneAsync();

        ProgramResult answer = await cluster.TryKubectlAsync("get", "pods", "--kubeconfig", cluster.NobodyKubeconfig);

        Assert.NotEqual(0, answer.ExitCode);
        Assert.Contains("User \"nobody\" cannot list resource \"pods\"", answer.Error);
    }

    [Fact]
    public async Task A_service_account_may_do_what_its_role_says_and_nothing_else()
    {
        ControlPlane cluster = await testbed.ControlPlaneAsync();
        string ns = await cluster.CreateNamespaceAsync();

        string user = await cluster.CreateUserAsync(ns, "reader", verbs: "list", resources: "pods");

        Assert.Equal(0, (await cluster.TryKubectlAsync("get", "pods", "--namespace", ns, "--kubeconfig", user)).ExitCode);
        Assert.Contains("Forbidden", (await cluster.TryKubectlAsync("get", "services", "--namespace", ns, "--kubeconfig", user)).Error);
    }

    [Fact]
    public async Task A_killed_API_server_comes_back_at_the_same_address_with_the_same_objects()
    {
        await using ControlPlane cluster = await testbed.StartControlPlaneAsync(controllers: false);
        await cluster.KubectlAsync("create", "namespace", "kept");

        await cluster.StopApiServerAsync();
        ProgramResult meanwhile = await cluster.TryKubectlAsync("get", "namespace", "kept");
        await cluster.StartApiServerAsync();

        Assert.Contains("refused", meanwhile.Error);
        Assert.Equal("namespace/kept", await cluster.KubectlAsync("get", "namespace", "kept", "--output=name"));
    }

    [Fact]
    public async Task Without_controllers_a_pod_on_a_node_that_does_not_exist_stays()
    {
        await using ControlPlane cluster = await testbed.StartControlPlaneAsync(controllers: false);
        await cluster.ApplyAsync("""
            apiVersion: v1
            kind: ServiceAccount
            metadata: {name: default, namespace: default}
            """);
        await cluster.ApplyAsync("""
            apiVersion: v1
            kind: Pod
            metadata: {name: made-up, namespace: default}
            spec: {nodeName: nowhere, automountServiceAccountToken: false, containers: [{name: app, image: none}]}
            """);

        Assert.Contains("nowhere", await cluster.KubectlAsync("get", "pod", "made-up", "--output=wide"));
        Assert.Contains("No resources", (await cluster.TryKubectlAsync("get", "nodes")).Error);
    }
}
