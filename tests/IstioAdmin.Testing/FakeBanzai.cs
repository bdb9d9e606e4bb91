using System.Globalization;
using System.Text.Json.Nodes;

namespace IstioAdmin.Testing;

/// <summary>
/// Banzai's operator and the controllers in a <see cref="FakeCluster"/>, as far as switching CNI goes: the resource's flag makes and removes the agents
/// and rewrites the template; pods are made by the template. A change of excludeNamespaces reaches the ConfigMap only.
/// </summary>
public sealed class FakeBanzai
{
    private const string Mesh = "/apis/istio.banzaicloud.io/v1beta1/namespaces/istio-system/istios/istio-sample";
    private const string Agents = "/apis/apps/v1/namespaces/istio-system/daemonsets/istio-cni-node";
    private const string Settings = "/api/v1/namespaces/istio-system/configmaps/istio-cni-config";
    private const string Template = "/api/v1/namespaces/istio-system/configmaps/istio-sidecar-injector";

    private readonly FakeCluster _cluster;
    private DateTime _now = new(2026, 2, 1, 0, 0, 0, DateTimeKind.Utc);
    private int _serial;

    public FakeBanzai(FakeCluster cluster, bool enabled = false)
    {
        _cluster = cluster;
        cluster.Put("/apis/istio.banzaicloud.io/v1beta1", """{"kind":"APIResourceList","groupVersion":"istio.banzaicloud.io/v1beta1","metadata":{},"resources":[{"name":"istios","kind":"Istio","namespaced":true}]}""");
        cluster.Put("/apis", """{"kind":"APIGroupList","metadata":{},"groups":[{"name":"istio.banzaicloud.io","versions":[{"groupVersion":"istio.banzaicloud.io/v1beta1","version":"v1beta1"}]}]}""");
        cluster.Put("/api/v1/namespaces/istio-system", """{"metadata":{"name":"istio-system"}}""");
        cluster.Put("/api/v1/namespaces/shop", """{"metadata":{"name":"shop","labels":{"istio-injection":"enabled"}}}""");
        cluster.Put("/api/v1/nodes/node-1", """
            {"metadata":{"name":"node-1","labels":{"kubernetes.io/os":"linux"}},"spec":{},"status":{"nodeInfo":{"containerRuntimeVersion":"containerd://1.7.2","operatingSystem":"linux",
              "architecture":"","bootID":"","kernelVersion":"","kubeProxyVersion":"","kubeletVersion":"","machineID":"","osImage":"","systemUUID":""}}}
            """);
        JsonObject calico = cluster.PutWorkload("daemonsets", "DaemonSet", "kube-system", "calico-node");
        calico["spec"]!["template"]!["spec"]!["volumes"] = JsonNode.Parse("""[{"name":"cni-net-dir","hostPath":{"path":"/etc/cni/net.d"}},{"name":"cni-bin-dir","hostPath":{"path":"/opt/cni/bin"}}]""");
        // What somebody applied, and what the operator wrote into it.
        cluster.Put(Mesh, """
            {"apiVersion":"istio.banzaicloud.io/v1beta1","kind":"Istio","metadata":{"name":"istio-sample","namespace":"istio-system","generation":2,
               "managedFields":[{"manager":"istioadmin","operation":"Apply","apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{"f:spec":{"f:version":{},"f:mtls":{}}}}]},
             "spec":{"version":"1.1.14","mtls":true}}
            """);
        Own("manager", new JsonObject
        {
            ["spec"] = JsonNode.Parse("""{"sidecarInjector":{"initCNIConfiguration":{"binDir":"/opt/cni/bin","confDir":"/etc/cni/net.d","excludeNamespaces":["istio-system"],"logLevel":"info"}}}"""),
            ["status"] = JsonNode.Parse("""{"Status":"Available","ErrorMessage":""}"""),
        });
        Own("manager", JsonNode.Parse($$$"""{"spec":{"sidecarInjector":{"initCNIConfiguration":{"enabled":{{{(enabled ? "true" : "false")}}} } } } }""")!.AsObject());
        cluster.Applies = true;
        cluster.Patched = Reconcile;
        cluster.Evicted = name => Replace("shop", name.Split('-')[0], name);
        cluster.Exec = (_, _) => (FakeMesh.Listing(("10-net.conflist", FakeMesh.Chained)), 0);
        Apply();
    }

    /// <summary>Whether the operator acts on changes.</summary>
    public bool Acts { get; set; } = true;

    /// <summary>Whether the injector still works by a template from before.</summary>
    public bool? InjectorHasInit { get; set; }

    /// <summary>Whether CNI is on, as the resource says.</summary>
    public bool Enabled => (bool)_cluster.Find(Mesh)!["spec"]!["sidecarInjector"]!["initCNIConfiguration"]!["enabled"]!;

    /// <summary>The mesh's resource.</summary>
    public JsonObject Resource => _cluster.Find(Mesh)!;

    /// <summary>Writes fields of the resource in the name of somebody else.</summary>
    public void Own(string manager, JsonObject fields) => FakeApply.Update(Resource, fields, manager);

    /// <summary>Names of the pods of a deployment that have an istio-init.</summary>
    public IReadOnlyList<string> WithInit(string deployment) => [.. Pods(deployment).Where(name => _cluster.Find($"/api/v1/namespaces/shop/pods/{name}")!["spec"]!["initContainers"] is not null)];

    public IReadOnlyList<string> Pods(string deployment) => [.. Enumerable.Range(1, _serial).Select(i => $"{deployment}-5d4f-{i}").Where(name => _cluster.Find($"/api/v1/namespaces/shop/pods/{name}") is not null)];

    /// <summary>A deployment of namespace shop, whose pods are made by the template.</summary>
    public void PutDeployment(string name, int replicas = 1)
    {
        _cluster.PutWorkload("deployments", "Deployment", "shop", name, replicas);
        _cluster.PutReplicaSet("shop", $"{name}-5d4f", name);
        for (int i = 0; i < replicas; i++)
            PutPod("shop", name);
    }

    private void Reconcile(string path, JsonObject changed)
    {
        if (path == Mesh && Acts)
            Apply();
        if (path == Agents)
        {
            changed["status"] = FakeCluster.RolledOut(1, (int)changed["metadata"]!["generation"]!);
            PutAgent();
        }
        if (path.Contains("/deployments/", StringComparison.Ordinal))
        {
            string name = path.Split('/')[^1];
            foreach (string old in Pods(name))
                Replace("shop", name, old);
            changed["status"] = FakeCluster.RolledOut((int)changed["spec"]!["replicas"]!, (int)changed["metadata"]!["generation"]!);
        }
    }

    private void Apply()
    {
        _cluster.Put(Template, """{"metadata":{"name":"istio-sidecar-injector","namespace":"istio-system"},"data":{}}""");
        _cluster.Find(Template)!["data"]!["config"] = $"policy: enabled\ntemplate: |\n  initContainers: {(Enabled ? "[]" : "istio-init")}";
        if (!Enabled)
        {
            foreach (string path in new[] { Agents, Settings, "/api/v1/namespaces/istio-system/pods/istio-cni-node-a" })
                _cluster.Drop(path);
            return;
        }
        JsonArray excluded = _cluster.Find(Mesh)!["spec"]!["sidecarInjector"]!["initCNIConfiguration"]!["excludeNamespaces"]!.AsArray();
        string config = new JsonObject { ["type"] = "istio-cni", ["kubernetes"] = new JsonObject { ["exclude_namespaces"] = excluded.DeepClone() } }.ToJsonString();
        if ((string?)_cluster.Find(Settings)?["data"]?["cni_network_config"] != config)
        {
            _cluster.Put(Settings, """{"metadata":{"name":"istio-cni-config","namespace":"istio-system","managedFields":[{"manager":"manager","operation":"Update","fieldsV1":{"f:data":{}}}]},"data":{}}""");
            _cluster.Find(Settings)!["data"]!["cni_network_config"] = config;
            _cluster.Find(Settings)!["metadata"]!["managedFields"]![0]!["time"] = Tick();
        }
        if (_cluster.Find(Agents) is null)
        {
            _cluster.PutAgents();
            _cluster.Find(Agents)!["metadata"]!["ownerReferences"] = JsonNode.Parse("""[{"apiVersion":"istio.banzaicloud.io/v1beta1","kind":"Istio","name":"istio-sample","uid":"u","controller":true}]""");
            PutAgent();
        }
    }

    private void PutAgent()
    {
        JsonObject set = _cluster.Find(Agents)!;
        _cluster.PutAgents();
        JsonObject agent = _cluster.Find("/api/v1/namespaces/istio-system/pods/istio-cni-node-a")!;
        agent["metadata"]!["creationTimestamp"] = Tick();
        _cluster.Put(Agents, set.ToJsonString());
    }

    private void Replace(string ns, string deployment, string old)
    {
        _cluster.Drop($"/api/v1/namespaces/{ns}/pods/{old}");
        PutPod(ns, deployment);
    }

    private void PutPod(string ns, string deployment)
    {
        JsonObject pod = _cluster.PutPod(ns, $"{deployment}-5d4f-{++_serial}", "ReplicaSet", $"{deployment}-5d4f");
        if (InjectorHasInit ?? !Enabled)
        {
            pod["spec"]!["initContainers"] = JsonNode.Parse("""[{"name":"istio-init","image":"docker.io/istio/proxy_init:1.1.14","securityContext":{"capabilities":{"add":["NET_ADMIN"]}}}]""");
            pod["status"]!["initContainerStatuses"] = JsonNode.Parse("""[{"name":"istio-init","image":"i","imageID":"","ready":true,"restartCount":0,"state":{"terminated":{"exitCode":0}}}]""");
        }
    }

    private string Tick() => (_now = _now.AddMinutes(1)).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
