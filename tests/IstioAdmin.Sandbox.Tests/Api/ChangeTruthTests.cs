using System.Text.Json.Nodes;

namespace IstioAdmin.Sandbox.Tests.Api;

/// <summary>Workloads, patches and server-side apply: the same from a real API server and from the sandbox's.</summary>
[Collection(nameof(TruthWorld))]
public sealed class ChangeTruthTests(TruthWorld world)
{
    private const string Apps = "apps/v1";

    private static string Workload(string kind, string more = "") =>
        $"{{apiVersion: apps/v1, kind: {kind}, metadata: {{name: web, labels: {{app: web}}}}, spec: {{{more} selector: {{matchLabels: {{app: web}}}}, template: {{metadata: {{labels: {{app: web}}}}, spec: {{containers: [{{name: c, image: 'x:1', ports: [{{containerPort: 80}}]}}]}}}}}}}}";

    [Fact]
    public Task Workloads_have_their_defaults() => world.SameAsync(async api =>
    {
        await api.PostAsync(api.In("deployments", Apps), Workload("Deployment"));
        await api.PostAsync(api.In("replicasets", Apps), Workload("ReplicaSet"));
        await api.PostAsync(api.In("daemonsets", Apps), Workload("DaemonSet"));
        await api.PostAsync(api.In("statefulsets", Apps), Workload("StatefulSet", "serviceName: web, volumeClaimTemplates: [{metadata: {name: d}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}],"));
        await api.PostAsync(api.In("jobs", "batch/v1"), "{metadata: {name: once}, spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: x}]}}}}");
        await api.PostAsync(api.In("cronjobs", "batch/v1beta1"), "{metadata: {name: often}, spec: {schedule: '* * * * *', jobTemplate: {spec: {template: {spec: {restartPolicy: OnFailure, containers: [{name: c, image: x}]}}}}}}");
        await api.PostAsync(api.In("poddisruptionbudgets", "policy/v1beta1"), "{metadata: {name: few}, spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}}");
        await api.PostAsync(api.In("horizontalpodautoscalers", "autoscaling/v1"), "{metadata: {name: more}, spec: {maxReplicas: 3, scaleTargetRef: {kind: Deployment, name: web, apiVersion: apps/v1}}}");
        await api.PostAsync(api.In("networkpolicies", "networking.k8s.io/v1"), "{metadata: {name: none}, spec: {podSelector: {}, egress: [{ports: [{port: 53}]}]}}");
        await api.PostAsync(api.In("secrets"), "{metadata: {name: s}, stringData: {a: b}}");
        await api.PostAsync(api.In("rolebindings", "rbac.authorization.k8s.io/v1"), "{metadata: {name: r}, roleRef: {kind: ClusterRole, name: view}, subjects: [{kind: User, name: u}, {kind: ServiceAccount, name: s, namespace: n}]}");
        await api.PostAsync(api.In("endpoints"), "{metadata: {name: e}, subsets: [{addresses: [{ip: 1.2.3.4}], ports: [{port: 80}]}]}");
        await api.PostAsync(api.In("ingresses", "networking.k8s.io/v1"), "{metadata: {name: i}, spec: {rules: [{host: a.b, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: s, port: {number: 80}}}}]}}]}}");
        await api.GetAsync(api.In("ingresses/i", "networking.k8s.io/v1beta1"));
        await api.PostAsync(api.In("leases", "coordination.k8s.io/v1"), "{metadata: {name: l}, spec: {holderIdentity: me, renewTime: '2026-01-01T00:00:00.123456Z'}}");
        await api.PostAsync(api.In("events"), "{metadata: {name: e}, involvedObject: {kind: Pod, name: p, namespace: " + api.Namespace + "}, reason: R, message: m, type: Normal}");
        await api.GetAsync(api.In("events/e", "events.k8s.io/v1beta1"));
    });

    [Fact]
    public Task Workloads_that_break_rules_are_refused() => world.SameAsync(async api =>
    {
        await api.PostAsync(api.In("deployments", Apps), "{metadata: {name: E}}");
        await api.PostAsync(api.In("deployments", Apps), Workload("Deployment").Replace("matchLabels: {app: web}", "matchLabels: {app: other}", StringComparison.Ordinal));
        await api.PostAsync(api.In("deployments", Apps), Workload("Deployment", "replicas: -1,"));
        await api.PostAsync(api.In("deployments", Apps), Workload("Deployment", "strategy: {type: Sideways},"));
        await api.PostAsync(api.In("jobs", "batch/v1"), "{metadata: {name: once}, spec: {template: {spec: {containers: [{name: c, image: x}]}}}}");
        await api.PostAsync(api.In("deployments", Apps), Workload("Deployment"));
        await api.MergeAsync(api.In("deployments/web", Apps), "{spec: {selector: {matchLabels: {app: other}}, template: {metadata: {labels: {app: other}}}}}");
        await api.PostAsync(api.In("statefulsets", Apps), Workload("StatefulSet", "serviceName: web,"));
        await api.MergeAsync(api.In("statefulsets/web", Apps), "{spec: {serviceName: other}}");
    });

    [Fact]
    public Task Generation_counts_changes_of_the_spec_alone() => world.SameAsync(async api =>
    {
        string one = api.In("deployments/web", Apps);
        await api.PostAsync(api.In("deployments", Apps), Workload("Deployment"));
        await api.MergeAsync(one, "{metadata: {annotations: {a: b}}}");
        await api.MergeAsync(one, "{spec: {replicas: 3}, status: {replicas: 7}}");
        await api.MergeAsync(one + "/status", "{spec: {replicas: 9}, status: {replicas: 7, observedGeneration: 2}}");
        await api.GetAsync(one + "/scale");
        await api.MergeAsync(one + "/scale", "{spec: {replicas: 0}}");
        JsonObject scale = await api.GetAsync(one + "/scale");
        scale["spec"] = new JsonObject { ["replicas"] = 4 };
        await api.PutAsync(one + "/scale", scale);
        await api.GetAsync(one);
        await api.DeleteAsync(one, "{propagationPolicy: Foreground}");
        await api.GetAsync(one);
    });

    [Fact]
    public Task Strategic_patches_merge_lists_by_their_keys() => world.SameAsync(async api =>
    {
        string one = api.In("deployments/web", Apps);
        await api.PostAsync(api.In("deployments", Apps), Workload("Deployment"));
        await api.StrategicAsync(one, "{spec: {template: {spec: {containers: [{name: side, image: 'y:1'}, {name: c, env: [{name: A, value: '1'}, {name: B, value: '2'}]}], volumes: [{name: v, emptyDir: {}}]}}}}");
        await api.StrategicAsync(one, "{spec: {template: {spec: {containers: [{name: c, env: [{name: A, $patch: delete}, {name: C, value: '3'}]}], volumes: [{name: v, $retainKeys: [name, configMap], configMap: {name: m}}]}}}}");
        await api.StrategicAsync(one, "{spec: {template: {spec: {$setElementOrder/containers: [{name: c}, {name: side}], containers: [{name: side, image: 'y:2'}]}}}}");
        await api.StrategicAsync(one, "{spec: {strategy: {$retainKeys: [type], type: Recreate}}}");
        await api.StrategicAsync(one, "{spec: {template: {spec: {containers: [{$patch: replace}, {name: only, image: 'z:1'}]}}}}");
        await api.StrategicAsync(one, "{metadata: {finalizers: [a.b/c, a.b/d], labels: null}}");
        await api.StrategicAsync(one, "{metadata: {$deleteFromPrimitiveList/finalizers: [a.b/c]}}");
        await api.StrategicAsync(one, "{metadata: {finalizers: [a.b/e]}}");
    });

    [Fact]
    public Task Other_patches_do_as_their_standards_say() => world.SameAsync(async api =>
    {
        string one = api.In("configmaps/m");
        await api.PostAsync(api.In("configmaps"), "{metadata: {name: m}, data: {a: '1', b: '2'}}");
        await api.JsonPatchAsync(one, """[{"op":"test","path":"/data/a","value":"1"},{"op":"replace","path":"/data/a","value":"9"},{"op":"add","path":"/data/c~1d","value":"x"},{"op":"move","from":"/data/b","path":"/data/e"},{"op":"copy","from":"/data/e","path":"/data/f"},{"op":"remove","path":"/data/f"}]""");
        await api.JsonPatchAsync(one, """[{"op":"test","path":"/data/a","value":"1"}]""");
        await api.JsonPatchAsync(one, """[{"op":"remove","path":"/data/gone"}]""");
        await api.MergeAsync(one, "{data: {a: null, z: '26'}, metadata: {labels: {x: y}}}");
        await api.MergeAsync(one, "{metadata: {resourceVersion: '1'}}");
        await api.MergeAsync(api.In("configmaps/gone"), "{data: {a: b}}");
        await api.SendAsync(HttpMethod.Patch, one, "{}", "application/json");
        await api.MergeAsync(one, "{metadata: {name: other}}");
        await api.MergeAsync(one, "{data: {a: 1}}".Replace("a: 1", "a: 'b'", StringComparison.Ordinal));
    });

    [Fact]
    public Task Applying_owns_what_it_applies() => world.SameAsync(async api =>
    {
        string one = api.In("deployments/web", Apps);
        await api.ApplyAsync(one, Workload("Deployment", "replicas: 2,"));
        await api.ApplyAsync(one, Workload("Deployment", "replicas: 3,"), "two");
        await api.ApplyAsync(one, "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 3, template: {spec: {containers: [{name: c, image: 'x:2'}]}}}}", "two");
        await api.ApplyAsync(one, "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 3}}", "two", force: true);
        await api.ApplyAsync(one, Workload("Deployment"));
        await api.ApplyAsync(one, Workload("Deployment"));
        await api.MergeAsync(one, "{metadata: {labels: {by: patch}}, spec: {template: {spec: {containers: [{name: c, image: 'x:9'}]}}}}");
        await api.ApplyAsync(one, Workload("Deployment"));
        await api.ApplyAsync(one, "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, labels: {app: web}}, spec: {selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: 'x:1'}]}}}}", force: true);
        await api.SendAsync(HttpMethod.Patch, one, "{}", "application/apply-patch+yaml");
        await api.ApplyAsync(one, "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {nonsense: 1}}");
        await api.ApplyAsync(one, "{apiVersion: apps/v1, kind: Deployment, metadata: {name: other}}");
        await api.ApplyAsync(api.In("services/s"), "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {ports: [{port: 80}]}}");
        await api.ApplyAsync(api.In("services/s"), "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {ports: [{port: 80, protocol: TCP}]}}");
        await api.ApplyAsync(api.In("services/s"), "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {ports: [{port: 81, protocol: TCP, name: a}]}}");
        await api.ApplyAsync(api.In("configmaps/m"), "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: m\ndata:\n  a: b\n  c: d\n");
        await api.MergeAsync(api.In("configmaps/m"), "{data: {c: e, f: g}}");
        await api.ApplyAsync(api.In("configmaps/m"), "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: m\ndata:\n  a: b\n");
        await api.GetAsync(api.In("configmaps/m"));
    });

    [Fact]
    public Task Budgets_hold_back_evictions() => world.SameAsync(async api =>
    {
        await api.PostAsync(api.In("pods"), "{metadata: {name: web, labels: {app: web}}, spec: {containers: [{name: c, image: x}]}}");
        await api.MergeAsync(api.In("pods/web/status"), "{status: {phase: Running}}");
        await api.PostAsync(api.In("poddisruptionbudgets", "policy/v1beta1"), "{metadata: {name: few}, spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}}");
        string eviction = "{apiVersion: policy/v1beta1, kind: Eviction, metadata: {name: web}}";
        await api.PostAsync(api.In("pods/web/eviction"), eviction);
        await api.MergeAsync(api.In("poddisruptionbudgets/few/status", "policy/v1beta1"), "{status: {observedGeneration: 1, disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1}}");
        await api.PostAsync(api.In("pods/web/eviction"), eviction);
        await api.MergeAsync(api.In("poddisruptionbudgets/few/status", "policy/v1beta1"), "{status: {disruptionsAllowed: 1}}");
        await api.PostAsync(api.In("pods/web/eviction"), eviction);
        await api.GetAsync(api.In("pods/web"));
        await api.PostAsync(api.In("pods/gone/eviction"), eviction.Replace("web", "gone", StringComparison.Ordinal));
    });
}
