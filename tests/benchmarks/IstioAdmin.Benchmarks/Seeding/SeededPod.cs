using System.Text.Json.Nodes;

namespace IstioAdmin.Benchmarks.Seeding;

/// <summary>One made-up pod: a workload of three replicas with a sidecar, as the injector of a recent Istio with CNI leaves it.</summary>
internal sealed class SeededPod
{
    private const string ProxyImage = "docker.io/istio/proxyv2:1.22.3";

    private readonly int _index;
    private readonly string _app;
    private readonly string _node;

    public SeededPod(int index, string ns, string node)
    {
        _index = index;
        _app = $"app-{index / 3 % 200}";
        _node = node;
        NamespaceName = ns;
        Name = $"{_app}-7d9c5f6b8-{index:x5}";
    }

    public string NamespaceName { get; }

    public string Name { get; }

    private string Address => $"10.{_index / 65536 + 1}.{_index / 256 % 256}.{_index % 256}";

    public static string Namespace(int index) => $"bench-{index:d2}";

    public static JsonObject Named(string name) => new() { ["metadata"] = new JsonObject { ["name"] = name } };

    public static JsonObject Node(int index) => Named($"node-{index}");

    public JsonObject Create() => new()
    {
        ["metadata"] = new JsonObject
        {
            ["name"] = Name,
            ["labels"] = new JsonObject
            {
                ["app"] = _app,
                ["version"] = $"v{_index % 3 + 1}",
                ["pod-template-hash"] = "7d9c5f6b8",
                ["security.istio.io/tlsMode"] = "istio",
                ["service.istio.io/canonical-name"] = _app,
                ["service.istio.io/canonical-revision"] = "latest",
            },
            ["annotations"] = new JsonObject
            {
                ["istio.io/rev"] = "default",
                ["kubectl.kubernetes.io/default-container"] = _app,
                ["prometheus.io/path"] = "/stats/prometheus",
                ["prometheus.io/port"] = "15020",
                ["prometheus.io/scrape"] = "true",
                ["sidecar.istio.io/interceptionMode"] = "REDIRECT",
                ["sidecar.istio.io/status"] = """{"initContainers":["istio-validation"],"containers":["istio-proxy"],"volumes":["workload-socket","credential-socket","workload-certs","istio-envoy","istio-data","istio-podinfo","istio-token","istiod-ca-cert"],"imagePullSecrets":null,"revision":"default"}""",
                ["traffic.sidecar.istio.io/excludeInboundPorts"] = "15020",
                ["traffic.sidecar.istio.io/includeInboundPorts"] = "*",
                ["traffic.sidecar.istio.io/includeOutboundIPRanges"] = "*",
                ["example.com/release-notes"] = string.Concat(Enumerable.Repeat($"build {_index} of {_app}; ", 8)),
            },
            ["ownerReferences"] = new JsonArray(new JsonObject
            {
                ["apiVersion"] = "apps/v1",
                ["kind"] = "ReplicaSet",
                ["name"] = $"{_app}-7d9c5f6b8",
                ["uid"] = "7c2f1f0e-5a43-4a53-9b4b-2f0f3a5b7c11",
                ["controller"] = true,
                ["blockOwnerDeletion"] = true,
            }),
        },
        ["spec"] = new JsonObject
        {
            ["nodeName"] = _node,
            ["automountServiceAccountToken"] = false,
            ["initContainers"] = new JsonArray(Validation()),
            ["containers"] = new JsonArray(App(), Proxy()),
            ["volumes"] = new JsonArray(
                new JsonObject { ["name"] = "istio-envoy", ["emptyDir"] = new JsonObject { ["medium"] = "Memory" } },
                new JsonObject { ["name"] = "istio-data", ["emptyDir"] = new JsonObject() },
                new JsonObject { ["name"] = "config", ["configMap"] = new JsonObject { ["name"] = $"{_app}-config" } }),
        },
    };

    public JsonObject Status() => new()
    {
        ["status"] = new JsonObject
        {
            ["phase"] = "Running",
            ["hostIP"] = "192.168.0.10",
            ["podIP"] = Address,
            ["podIPs"] = new JsonArray(new JsonObject { ["ip"] = Address }),
            ["startTime"] = "2024-05-01T10:00:00Z",
            ["conditions"] = new JsonArray(Condition("Initialized"), Condition("Ready"), Condition("ContainersReady"), Condition("PodScheduled")),
            ["containerStatuses"] = new JsonArray(State(_app, $"registry.example.com/{_app}:2.4.1"), State("istio-proxy", ProxyImage)),
        },
    };

    private JsonObject App() => new()
    {
        ["name"] = _app,
        ["image"] = $"registry.example.com/{_app}:2.4.1",
        ["ports"] = new JsonArray(new JsonObject { ["name"] = "http", ["containerPort"] = 8080 }, new JsonObject { ["name"] = "metrics", ["containerPort"] = 9090 }),
        ["env"] = new JsonArray(Enumerable.Range(0, 3).Select(i => (JsonNode)Variable($"SETTING_{i}", $"http://backend-{i}.{NamespaceName}.svc.cluster.local:8080")).ToArray()),
        ["resources"] = Resources("250m", "256Mi"),
        ["readinessProbe"] = Probe("/ready", 8080),
        ["volumeMounts"] = new JsonArray(Mount("config", "/etc/app")),
    };

    private static JsonObject Validation() => new()
    {
        ["name"] = "istio-validation",
        ["image"] = ProxyImage,
        ["args"] = new JsonArray("istio-iptables", "-p", "15001", "-z", "15006", "-u", "1337", "-m", "REDIRECT", "--run-validation", "--skip-rule-apply"),
        ["securityContext"] = SecurityContext(),
    };

    private JsonObject Proxy() => new()
    {
        ["name"] = "istio-proxy",
        ["image"] = ProxyImage,
        ["args"] = new JsonArray("proxy", "sidecar", "--domain", "$(POD_NAMESPACE).svc.cluster.local", "--proxyLogLevel=warning", "--concurrency", "2"),
        ["env"] = new JsonArray(
            Variable("CA_ADDR", "istiod.istio-system.svc:15012"), Variable("ISTIO_META_CLUSTER_ID", "Kubernetes"),
            Field("POD_NAME", "metadata.name"), Field("POD_NAMESPACE", "metadata.namespace"), Field("INSTANCE_IP", "status.podIP"),
            Variable("ISTIO_META_INTERCEPTION_MODE", "REDIRECT"), Variable("ISTIO_META_WORKLOAD_NAME", _app),
            Variable("ISTIO_META_OWNER", $"kubernetes://apis/apps/v1/namespaces/{NamespaceName}/deployments/{_app}")),
        ["resources"] = Resources("100m", "128Mi"),
        ["readinessProbe"] = Probe("/healthz/ready", 15021),
        ["securityContext"] = SecurityContext(),
        ["volumeMounts"] = new JsonArray(Mount("istio-envoy", "/etc/istio/proxy"), Mount("istio-data", "/var/lib/istio/data")),
    };

    private static JsonObject SecurityContext() => new()
    {
        ["allowPrivilegeEscalation"] = false,
        ["capabilities"] = new JsonObject { ["drop"] = new JsonArray("ALL") },
        ["privileged"] = false,
        ["readOnlyRootFilesystem"] = true,
        ["runAsGroup"] = 1337,
        ["runAsNonRoot"] = true,
        ["runAsUser"] = 1337,
    };

    private static JsonObject Variable(string name, string value) => new() { ["name"] = name, ["value"] = value };

    private static JsonObject Field(string name, string path) =>
        new() { ["name"] = name, ["valueFrom"] = new JsonObject { ["fieldRef"] = new JsonObject { ["fieldPath"] = path } } };

    private static JsonObject Mount(string name, string path) => new() { ["name"] = name, ["mountPath"] = path };

    private static JsonObject Resources(string cpu, string memory) => new()
    {
        ["requests"] = new JsonObject { ["cpu"] = cpu, ["memory"] = memory },
        ["limits"] = new JsonObject { ["cpu"] = "2", ["memory"] = "1Gi" },
    };

    private static JsonObject Probe(string path, int port) => new()
    {
        ["httpGet"] = new JsonObject { ["path"] = path, ["port"] = port },
        ["initialDelaySeconds"] = 1,
        ["periodSeconds"] = 15,
        ["failureThreshold"] = 4,
    };

    private static JsonObject Condition(string type) => new() { ["type"] = type, ["status"] = "True", ["lastTransitionTime"] = "2024-05-01T10:00:05Z" };

    private static JsonObject State(string name, string image) => new()
    {
        ["name"] = name,
        ["image"] = image,
        ["imageID"] = $"{image}@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        ["containerID"] = "containerd://2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
        ["ready"] = true,
        ["started"] = true,
        ["restartCount"] = 0,
        ["state"] = new JsonObject { ["running"] = new JsonObject { ["startedAt"] = "2024-05-01T10:00:03Z" } },
    };
}
