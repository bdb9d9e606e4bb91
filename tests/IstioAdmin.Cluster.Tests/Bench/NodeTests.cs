using IstioAdmin.Testing;

namespace IstioAdmin.Cluster.Tests.Bench;

[Collection(MeshNode.Collection)]
public sealed class NodeTests(Testbed testbed)
{
    [Fact]
    public async Task Pods_of_every_shape_that_a_mesh_knows_get_ready()
    {
        MeshNode node = await testbed.NodeAsync();
        string ns = await node.ControlPlane.CreateNamespaceAsync();

        await node.RunPodsAsync(ns, "init-container", "cni", "cni-validation", "uninjected", "host-network", "ambient");

        string phases = await node.ControlPlane.KubectlAsync(
            "get", "pods", "--namespace", ns, "--output=custom-columns=NAME:.metadata.name,PHASE:.status.phase", "--no-headers");
        Assert.Equal(
            ["ambient Running", "cni Running", "cni-validation Running", "host-network Running", "init-container Running", "uninjected Running"],
            phases.Split('\n').Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))));
    }

    [Fact]
    public async Task A_pod_has_a_network_of_its_own_in_which_application_and_sidecar_listen()
    {
        MeshNode node = await testbed.NodeAsync();
        string ns = await node.ControlPlane.CreateNamespaceAsync();
        await node.RunPodsAsync(ns, "cni");

        string address = await node.ControlPlane.KubectlAsync("get", "pod", "cni", "--namespace", ns, "--output=jsonpath={.status.podIP}");
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };

        Assert.Contains("Reviewer1", await http.GetStringAsync(new Uri($"http://{address}:9080/ratings/0"), TestContext.Current.CancellationToken));
        Assert.Equal("ok\n", await http.GetStringAsync(new Uri($"http://{address}:15020/healthz/ready"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_command_in_a_container_runs_as_the_images_user_and_its_exit_code_comes_back()
    {
        MeshNode node = await testbed.NodeAsync();
        string ns = await node.ControlPlane.CreateNamespaceAsync();
        await node.RunPodsAsync(ns, "cni");

        Assert.Equal("1337", await node.ControlPlane.KubectlAsync("exec", "cni", "--container=istio-proxy", "--namespace", ns, "--", "id", "-u"));
        Assert.Equal("1000", await node.ControlPlane.KubectlAsync("exec", "cni", "--container=ratings", "--namespace", ns, "--", "id", "-u"));
        Assert.Equal(7, (await node.ControlPlane.TryKubectlAsync("exec", "cni", "--namespace", ns, "--", "sh", "-c", "exit 7")).ExitCode);
    }

    [Fact]
    public async Task The_log_of_an_init_container_that_has_ended_can_be_read()
    {
        MeshNode node = await testbed.NodeAsync();
        string ns = await node.ControlPlane.CreateNamespaceAsync();
        await node.RunPodsAsync(ns, "init-container");

        Assert.Contains("-p 15001 -u 1337", await node.ControlPlane.KubectlAsync("logs", "init-container", "--container=istio-init", "--namespace", ns));
    }
}
