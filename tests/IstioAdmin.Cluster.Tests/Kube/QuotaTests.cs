using IstioAdmin.Testing;

namespace IstioAdmin.Cluster.Tests.Kube;

/// <summary>On the real API server.</summary>
public sealed class QuotaOnRealServerTests(Testbed testbed) : QuotaTests(testbed);

/// <summary>On the sandbox, which is to be no different.</summary>
public sealed class QuotaOnSandboxTests(SandboxClusters sandbox) : QuotaTests(sandbox);

public abstract class QuotaTests(ITestClusters clusters)
{
    private const string Used = "-o=jsonpath={.status.used}";

    [Fact]
    public async Task A_quota_tells_what_is_used_of_it_as_objects_come_and_go()
    {
        TestCluster plane = await clusters.SharedAsync();
        string ns = await plane.CreateNamespaceAsync();
        await plane.ApplyAsync("""
            apiVersion: v1
            kind: ResourceQuota
            metadata: {name: all}
            spec:
              hard:
                {pods: 3, requests.cpu: "2", limits.memory: 1Gi, services: 5, services.nodeports: 4, services.loadbalancers: 1, persistentvolumeclaims: 1, requests.storage: 10Gi, count/deployments.apps: 2, count/boats.example.com: 1}
            """, ns);
        await plane.ApplyAsync("""
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec:
              replicas: 2
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec:
                  nodeSelector: {none: such}
                  containers: [{name: main, image: "web:1", resources: {requests: {cpu: 250m}, limits: {cpu: "1", memory: 128Mi}}}]
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec: {type: NodePort, selector: {app: web}, ports: [{name: a, port: 80}, {name: b, port: 81}]}
            ---
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata: {name: data}
            spec: {accessModes: [ReadWriteOnce], storageClassName: none, resources: {requests: {storage: 3Gi}}}
            """, ns);

        await IsUsedAsync(plane, ns,
            """{"count/deployments.apps":"1","limits.memory":"256Mi","persistentvolumeclaims":"1","pods":"2","requests.cpu":"500m","requests.storage":"3Gi","services":"1","services.loadbalancers":"0","services.nodeports":"2"}""");

        // More than is allowed is refused, and the ReplicaSet says so.
        await plane.KubectlAsync("scale", "deployment", "web", "--replicas=4", "--namespace", ns);
        await Eventually.BecomesTrueAsync(
            async () => (await plane.KubectlAsync("get", "replicasets", "--namespace", ns, "-o=jsonpath={.items[*].status.conditions[*].message}"))
                .Contains("exceeded quota: all, requested: pods=1, used: pods=3, limited: pods=3", StringComparison.Ordinal), "the ReplicaSet says that the quota is full");

        // Scaled down, changed, and taken away; what is no longer limited is no longer told.
        await plane.KubectlAsync("delete", "deployment", "web", "--namespace", ns, "--wait=true");
        await plane.KubectlAsync("patch", "resourcequota", "all", "--namespace", ns, "--type=json", "--patch",
            """[{"op":"remove","path":"/spec/hard/services"},{"op":"remove","path":"/spec/hard/count~1boats.example.com"},{"op":"add","path":"/spec/hard/configmaps","value":"50"}]""");
        string maps = (await plane.KubectlAsync("get", "configmaps", "--namespace", ns, "-o=name")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ToString(System.Globalization.CultureInfo.InvariantCulture);
        await IsUsedAsync(plane, ns,
            $$"""{"configmaps":"{{maps}}","count/deployments.apps":"0","limits.memory":"0","persistentvolumeclaims":"1","pods":"0","requests.cpu":"0","requests.storage":"3Gi","services.loadbalancers":"0","services.nodeports":"2"}""");
    }

    private static async Task IsUsedAsync(TestCluster plane, string ns, string expected)
    {
        string used = "";
        try
        {
            await Eventually.BecomesTrueAsync(async () => (used = await plane.KubectlAsync("get", "resourcequota", "all", "--namespace", ns, Used)) == expected, "the quota tells what is used");
        }
        catch (TimeoutException)
        {
            Assert.Equal(expected, used);
        }
    }
}
