using System.Text;
using System.Text.Json.Nodes;

namespace IstioAdmin.Testing;

/// <summary>A mesh in a <see cref="FakeCluster"/>: control plane, injector, CNI agents, a labelled namespace with a pod; all well.</summary>
public static class FakeMesh
{
    public const string Chained = """{"name":"net","plugins":[{"type":"bridge"},{"type":"portmap"},{"type":"istio-cni"}]}""";

    /// <summary>Puts the objects of a mesh with one node, <c>node-1</c>.</summary>
    public static void PutMesh(this FakeCluster cluster)
    {
        JsonObject plane = cluster.PutWorkload("deployments", "Deployment", "istio-system", "istiod");
        plane["metadata"]!["labels"] = new JsonObject { ["istio"] = "pilot" };
        plane["spec"]!["template"]!["spec"]!["containers"] = JsonNode.Parse("""[{"name":"discovery","image":"docker.io/istio/pilot:1.24.2"}]""");
        cluster.Put("/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/istio-sidecar-injector", """
            {"metadata":{"name":"istio-sidecar-injector"},"webhooks":[{"name":"namespace.sidecar-injector.istio.io","sideEffects":"None","admissionReviewVersions":["v1"],
              "clientConfig":{"caBundle":"Y2E=","service":{"namespace":"istio-system","name":"istiod","path":"/inject"}}}]}
            """);
        cluster.Put("/api/v1/namespaces/istio-system/endpoints/istiod", """{"metadata":{"name":"istiod"},"subsets":[{"addresses":[{"ip":"10.0.0.1"}]}]}""");
        cluster.Put("/api/v1/namespaces/istio-system", """{"metadata":{"name":"istio-system"}}""");
        cluster.Put("/api/v1/namespaces/shop", """{"metadata":{"name":"shop","labels":{"istio-injection":"enabled"}}}""");
        cluster.Put("/api/v1/nodes/node-1", """
            {"metadata":{"name":"node-1","labels":{"kubernetes.io/os":"linux"}},"spec":{},"status":{"nodeInfo":{"containerRuntimeVersion":"containerd://1.7.2","operatingSystem":"linux",
              "architecture":"","bootID":"","kernelVersion":"","kubeProxyVersion":"","kubeletVersion":"","machineID":"","osImage":"","systemUUID":""}}}
            """);
        cluster.PutAgents();
        cluster.PutPod("shop", "cart-5d4f-x", "ReplicaSet", "cart-5d4f")["status"]!["conditions"]!.AsArray().Add(
            JsonNode.Parse("""{"type":"PodReadyToStartContainers","status":"True","lastTransitionTime":"2026-01-02T01:00:00Z"}"""));
        cluster.Exec = (_, _) => (Listing(("10-net.conflist", Chained)), 0);
    }

    /// <summary>The DaemonSet of CNI agents, with one on node-1 that is ready since 2026-01-02.</summary>
    public static void PutAgents(this FakeCluster cluster)
    {
        JsonObject set = cluster.PutWorkload("daemonsets", "DaemonSet", "istio-system", "istio-cni-node");
        set["metadata"]!["labels"] = new JsonObject { ["k8s-app"] = "istio-cni-node" };
        set["metadata"]!["creationTimestamp"] = "2026-01-01T00:00:00Z";
        set["spec"]!["selector"]!["matchLabels"] = new JsonObject { ["k8s-app"] = "istio-cni-node" };
        set["spec"]!["template"]!["spec"] = JsonNode.Parse("""{"nodeSelector":{"kubernetes.io/os":"linux"},"containers":[{"name":"install-cni","envFrom":[{"configMapRef":{"name":"istio-cni-config"}}]}]}""");
        JsonObject agent = cluster.PutPod("istio-system", "istio-cni-node-a", "DaemonSet", "istio-cni-node");
        agent["metadata"]!["labels"] = new JsonObject { ["k8s-app"] = "istio-cni-node" };
        agent["spec"] = JsonNode.Parse("""
            {"nodeName":"node-1","containers":[{"name":"install-cni","image":"istio/install-cni:1.24.2","volumeMounts":[
              {"name":"cni-bin-dir","mountPath":"/host/opt/cni/bin"},{"name":"cni-net-dir","mountPath":"/host/etc/cni/net.d"},{"name":"cni-socket-dir","mountPath":"/var/run/istio-cni"}]}],
             "volumes":[{"name":"cni-bin-dir","hostPath":{"path":"/opt/cni/bin"}},{"name":"cni-net-dir","hostPath":{"path":"/etc/cni/net.d"}},{"name":"cni-socket-dir","hostPath":{"path":"/var/run/istio-cni"}}]}
            """);
        agent["status"]!["startTime"] = "2026-01-01T23:59:00Z";
    }

    /// <summary>What the agent prints about its node: these configurations, the program, and a kubeconfig whose token says no end.</summary>
    public static byte[] Listing(params (string Name, string Content)[] configurations)
    {
        var text = new StringBuilder("D ok\n");
        foreach ((string name, string content) in configurations)
            Entry('f', '-', 'c', name, content);
        text.Append("D ok\n");
        Entry('f', 'x', 'n', "istio-cni", "");
        text.Append("D ok\n");
        Entry('f', '-', 't', "istio-cni-kubeconfig", "e30");
        return Encoding.UTF8.GetBytes(text.Append("E\n").ToString());

        void Entry(char kind, char execute, char read, string name, string content) =>
            text.Append($"F {kind} {execute} {read} {name.Length} 0 {content.Length}\n{name}{content}\n");
    }
}
