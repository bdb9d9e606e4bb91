using System.Text.Json.Nodes;
using IstioAdmin.Core;

namespace IstioAdmin.Sandbox.Tests.Api;

/// <summary>Objects created, read, changed and deleted: the same from a real API server and from the sandbox's.</summary>
[Collection(nameof(TruthWorld))]
public sealed class ObjectTruthTests(TruthWorld world)
{
    private const string Pod = "{kind: Pod, apiVersion: v1, metadata: {name: web, labels: {app: web}}, spec: {containers: [{name: c, image: busybox, ports: [{containerPort: 80}], env: [{name: A, value: b}], resources: {limits: {cpu: 0.5, memory: 1024Ki}}}]}}";

    [Fact]
    public Task Config_maps_are_created_read_changed_and_deleted() => world.SameAsync(async api =>
    {
        string all = api.In("configmaps"), one = all + "/settings";
        await api.PostAsync(all, "{metadata: {name: settings, labels: {a: b}}, data: {x: '1'}, nonsense: {a: 1}}");
        JsonObject item = await api.GetAsync(one);
        item["data"]!["y"] = "2";
        await api.PutAsync(one, item);
        await api.PutAsync(one, item);
        item["metadata"]!["resourceVersion"] = null;
        item["data"]!["y"] = "3";
        await api.PutAsync(one, item);
        await api.PostAsync(all, "{metadata: {name: settings}}");
        await api.PostAsync(all, "{metadata: {name: 'Not_Allowed'}}");
        await api.PostAsync(all, "{metadata: {}}");
        await api.PostAsync(all, "{kind: Nonsense, metadata: {name: x}}");
        await api.PostAsync(all, "{apiVersion: v2, kind: ConfigMap, metadata: {name: x}}");
        await api.PostAsync(all, "{metadata: {name: x, namespace: elsewhere}}");
        await api.PostAsync(all, "{metadata: {name: x, labels: {'a b': c, d: '-'}}}");
        await api.PostAsync(all, "{metadata: {name: x}, data: {'a b': c}}");
        await api.PostAsync(all + "?dryRun=All", "{metadata: {name: pretended}}");
        await api.PostAsync(all + "?dryRun=Some", "{metadata: {name: pretended}}");
        await api.GetAsync(all + "/pretended");
        await api.PutAsync(all + "/missing", JsonNode.Parse("""{"metadata":{"name":"other"}}""")!);
        await api.PostAsync("/api/v1/namespaces/nowhere/configmaps", "{metadata: {name: x}}");
        await api.DeleteAsync(one, "{preconditions: {uid: 00000000-0000-0000-0000-000000000000}}");
        await api.DeleteAsync(one + "?dryRun=All");
        await api.DeleteAsync(one);
        await api.DeleteAsync(one);
        await api.GetAsync(one);
    });

    [Fact]
    public Task A_pod_has_the_defaults_of_a_pod() => world.SameAsync(async api =>
    {
        await api.PostAsync(api.In("pods"), Pod);
        await api.GetAsync(api.In("pods"));
        await api.PostAsync(api.In("pods"), """
            {metadata: {name: rich}, spec: {hostNetwork: true, initContainers: [{name: i, image: 'a/b:1'}], restartPolicy: Never, volumes: [{name: e}, {name: s, secret: {secretName: x}}, {name: h, hostPath: {path: /x}},
              {name: d, downwardAPI: {items: [{path: l, fieldRef: {fieldPath: metadata.labels}}]}}, {name: p, projected: {sources: [{serviceAccountToken: {path: t}}]}}],
              containers: [{name: c, image: 'r.io/a/b@sha256:0000000000000000000000000000000000000000000000000000000000000000', ports: [{containerPort: 80, name: http}], livenessProbe: {httpGet: {port: 80}}, readinessProbe: {tcpSocket: {port: http}},
                lifecycle: {preStop: {httpGet: {port: 1}}}, env: [{name: N, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}], volumeMounts: [{name: e, mountPath: /e}], resources: {requests: {cpu: 100m, memory: 1Gi}, limits: {cpu: '0.1', memory: 1Gi}}}]}}
            """);
    });

    [Fact]
    public Task Pods_that_break_rules_are_refused() => world.SameAsync(async api =>
    {
        await api.PostAsync(api.In("pods"), "{metadata: {name: a}}");
        await api.PostAsync(api.In("pods"), "{metadata: {name: a}, spec: {containers: [{name: A_B}, {name: c, image: x, ports: [{containerPort: 0}, {containerPort: 70000, protocol: ICMP}]}, {name: c, image: x}]}}");
        await api.PostAsync(api.In("pods"), "{metadata: {name: a}, spec: {containers: [{name: c, image: x, volumeMounts: [{name: gone, mountPath: /x}], env: [{name: '1a', value: x}]}]}}");
        await api.PostAsync(api.In("pods"), "{metadata: {name: a}, spec: {serviceAccountName: nobody, containers: [{name: c, image: x}]}}");
        await api.PostAsync(api.In("pods"), "{metadata: {name: a}, spec: {priorityClassName: gone, containers: [{name: c, image: x}]}}");
    });

    [Fact]
    public Task Pods_end_gracefully_once_they_are_bound() => world.SameAsync(async api =>
    {
        string pod = api.In("pods/web");
        await api.PostAsync(api.In("pods"), Pod);
        await api.PostAsync(pod + "/binding", "{metadata: {name: web}, target: {kind: Node, name: n1}}");
        await api.PostAsync(pod + "/binding", "{metadata: {name: web}, target: {kind: Node, name: n2}}");
        await api.GetAsync(pod);
        JsonObject item = await api.GetAsync(pod);
        item["status"] = JsonNode.Parse("""{"phase":"Running","conditions":[{"type":"Ready","status":"True","lastProbeTime":null,"lastTransitionTime":"2026-01-01T00:00:00Z"}],"podIP":"10.1.1.1","podIPs":[{"ip":"10.1.1.1"}]}""");
        await api.PutAsync(pod + "/status", item);
        await api.StrategicAsync(pod + "/status", "{status: {conditions: [{type: PodScheduled, status: 'False'}]}}");
        await api.GetAsync(api.In("pods?fieldSelector=spec.nodeName%3Dn1,status.phase!%3DPending"));
        await api.DeleteAsync(pod);
        await api.DeleteAsync(pod, "{gracePeriodSeconds: 0}");
        await api.GetAsync(pod);
    });

    [Fact]
    public Task Finalizers_hold_an_object_until_they_are_gone() => world.SameAsync(async api =>
    {
        string one = api.In("configmaps/held");
        await api.PostAsync(api.In("configmaps"), "{metadata: {name: held, finalizers: [example.com/hold]}}");
        await api.DeleteAsync(one);
        await api.MergeAsync(one, "{metadata: {finalizers: [example.com/hold, example.com/more]}}");
        await api.MergeAsync(one, "{data: {a: b}}");
        await api.MergeAsync(one, "{metadata: {finalizers: null}}");
        await api.GetAsync(one);
        await api.PostAsync(api.In("configmaps"), "{metadata: {name: owner}}");
        await api.DeleteAsync(api.In("configmaps/owner"), "{propagationPolicy: Foreground}");
        await api.DeleteAsync(api.In("configmaps/owner"), "{propagationPolicy: Sideways}");
        await api.PostAsync(api.In("configmaps"), "{metadata: {name: orphaning}}");
        await api.DeleteAsync(api.In("configmaps/orphaning") + "?propagationPolicy=Orphan");
    });

    [Fact]
    public Task Namespaces_go_when_they_are_finalized() => world.SameAsync(async api =>
    {
        string own = $"{api.Namespace}-going";
        await api.PostAsync("/api/v1/namespaces", $"{{metadata: {{name: {own}}}}}");
        JsonObject item = await api.DeleteAsync($"/api/v1/namespaces/{own}");
        await api.PostAsync($"/api/v1/namespaces/{own}/configmaps", "{metadata: {name: late}}");
        item["spec"] = new JsonObject();
        await api.PutAsync($"/api/v1/namespaces/{own}/finalize", item);
        await api.GetAsync($"/api/v1/namespaces/{own}");
        await api.DeleteAsync("/api/v1/namespaces/default");
        await api.PostAsync("/api/v1/namespaces", "{metadata: {name: 'a.b'}}");
    });

    [Fact]
    public Task Lists_come_in_parts_and_by_selectors() => world.SameAsync(async api =>
    {
        foreach (string name in (string[])["a", "b", "c", "d", "e"])
            await api.PostAsync(api.In("configmaps"), $"{{metadata: {{name: {name}, labels: {{name: {name}, kind: {(name == "c" ? "odd" : "even")}}}}}}}");
        JsonObject first = await api.GetAsync(api.In("configmaps?limit=2"));
        string token = first.TextAt("metadata.continue")!;
        await api.PostAsync(api.In("configmaps"), "{metadata: {name: bb}}");
        JsonObject second = await api.GetAsync(api.In($"configmaps?limit=2&continue={token}"));
        await api.GetAsync(api.In($"configmaps?limit=2&continue={second.TextAt("metadata.continue")}"));
        foreach (string selector in (string[])["kind=odd", "kind!=odd,name", "name in (a,b)", "name notin (a,b),!other", "name>1", "kind==even,name=d"])
            await api.GetAsync(api.In($"configmaps?labelSelector={Uri.EscapeDataString(selector)}"));
        foreach (string selector in (string[])["a b", "a=-b", "a in b", "in (", "a,,b", "-a=b"])
            await api.GetAsync(api.In($"configmaps?labelSelector={Uri.EscapeDataString(selector)}"));
        foreach (string selector in (string[])["metadata.name=a", "metadata.name!=a,metadata.namespace=" + api.Namespace, "data.x=1", "nonsense"])
            await api.GetAsync(api.In($"configmaps?fieldSelector={Uri.EscapeDataString(selector)}"));
        await api.GetAsync(api.In("pods?fieldSelector=spec.color%3Dred"));
        await api.SendAsync(HttpMethod.Delete, api.In("configmaps?labelSelector=kind%3Deven"));
        await api.GetAsync(api.In("configmaps"));
    });

    [Fact]
    public Task Watches_tell_what_happens() => world.SameAsync(async api =>
    {
        string all = api.In("configmaps");
        JsonObject list = await api.GetAsync(all);
        await api.PostAsync(all, "{metadata: {name: a, labels: {x: y}}}");
        await api.MergeAsync(all + "/a", "{data: {n: '1'}}");
        await api.MergeAsync(all + "/a", "{metadata: {labels: {x: z}}}");
        await api.DeleteAsync(all + "/a");
        string version = list.TextAt("metadata.resourceVersion")!;
        await api.WatchAsync($"{all}?resourceVersion={version}", 4);
        await api.WatchAsync($"{all}?resourceVersion={version}&labelSelector=x%3Dy", 3);
        await api.PostAsync(all, "{metadata: {name: b}}");
        await api.WatchAsync(all, 1);
        await api.GetAsync($"{all}?resourceVersion=x");
    });

    [Fact]
    public Task Services_get_addresses_and_ports() => world.SameAsync(async api =>
    {
        string all = api.In("services");
        await api.PostAsync(all, "{metadata: {name: plain}, spec: {selector: {a: b}, ports: [{port: 80}]}}");
        await api.PostAsync(all, "{metadata: {name: lb}, spec: {type: LoadBalancer, ports: [{name: a, port: 80, targetPort: web}, {name: b, port: 443, protocol: UDP}]}}");
        await api.PostAsync(all, "{metadata: {name: none}, spec: {clusterIP: None, selector: {a: b}}}");
        await api.PostAsync(all, "{metadata: {name: out}, spec: {type: ExternalName, externalName: example.com}}");
        await api.MergeAsync(all + "/plain", "{spec: {type: NodePort}}");
        await api.MergeAsync(all + "/plain", "{spec: {type: ClusterIP, ports: [{port: 81, name: x}]}}");
        await api.MergeAsync(all + "/lb/status", "{status: {loadBalancer: {ingress: [{ip: 1.2.3.4}]}}, spec: {type: ClusterIP}}");
        await api.PostAsync(all, "{metadata: {name: bad}, spec: {ports: [{port: 0}, {port: 80, name: A}, {port: 80, name: a, protocol: X}]}}");
        await api.PostAsync(all, "{metadata: {name: bad}, spec: {}}");
        await api.PostAsync(all, "{metadata: {name: 1bad}, spec: {ports: [{port: 1}]}}");
        await api.DeleteAsync(all + "/lb");
    });
}

[CollectionDefinition(nameof(TruthWorld))]
public sealed class TruthWorlds : ICollectionFixture<TruthWorld>;
