using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using IstioAdmin.Cluster.Tests.Kube;
using IstioAdmin.Core.Kube.Connecting;
using IstioAdmin.Core.Kube.Exec;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.Sources;
using IstioAdmin.Core;
using IstioAdmin.Testing;

namespace IstioAdmin.Cluster.Tests.Redirection.Sources;

/// <summary>A namespace on the real node whose pods can write rules for themselves, and a reporter that keeps what it hears.</summary>
internal sealed class NodeWorld : IReporter, IAsyncDisposable
{
    public const string Tools = "registry.local/nettools:1";

    private NodeWorld(MeshNode node, MeshCluster cluster, string ns)
    {
        Node = node;
        Cluster = cluster;
        Namespace = ns;
    }

    public MeshNode Node { get; }

    public ControlPlane ControlPlane => Node.ControlPlane;

    public MeshCluster Cluster { get; }

    public string Namespace { get; }

    public ConcurrentQueue<string> Warnings { get; } = [];

    public ConcurrentQueue<string> Details { get; } = [];

    public RulesReadOptions Options { get; set; } = new() { Source = RulesSource.Node, InspectorImage = Tools };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<NodeWorld> CreateAsync(Testbed testbed)
    {
        MeshNode node = await testbed.NodeAsync();
        return new NodeWorld(node, await ConnectAsync(node.Kubeconfig), await node.ControlPlane.CreateNamespaceAsync("rules"));
    }

    public static Task<MeshCluster> ConnectAsync(string kubeconfig) =>
        ClusterConnector.ConnectAsync(new ConnectOptions { Kubeconfig = [kubeconfig] }, LiveClient.Reporter, Cancel);

    /// <summary>Runs pods that can write rules and wait; each has a second container that runs as 1337.</summary>
    public async Task RunAsync(params string[] names) => await RunAsync(names.Select(name => (name, "")).ToArray());

    /// <summary>Runs pods that write rules when they start: a shell's script for each.</summary>
    public async Task RunAsync(params (string Name, string Script)[] pods)
    {
        var manifest = new StringBuilder();
        foreach ((string name, string script) in pods)
        {
            manifest.Append(CultureInfo.InvariantCulture, $$"""
                ---
                apiVersion: v1
                kind: Pod
                metadata: {name: "{{name}}", labels: {app: rules} }
                spec:
                  terminationGracePeriodSeconds: 0
                  automountServiceAccountToken: false
                  initContainers:
                  - name: init
                    image: {{Tools}}
                    command: [sh, -ec, "export XTABLES_LOCKFILE=/tmp/lock\n{{script.Replace("\"", "\\\"", StringComparison.Ordinal)}}"]
                    securityContext: {capabilities: {add: [NET_ADMIN] } }
                  containers:
                  - name: writer
                    image: {{Tools}}
                    command: [sleep, "100000"]
                    securityContext: {capabilities: {add: [NET_ADMIN] } }
                  - name: istio-proxy
                    image: registry.local/busybox:1
                    command: [sleep, "100000"]
                    securityContext: {runAsUser: 1337, runAsGroup: 1337}

                """);
        }
        await ControlPlane.ApplyAsync(manifest.ToString(), Namespace);
        // "kubectl wait" gives each pod its time after the other, which is long for many.
        await Eventually.BecomesTrueAsync(
            async () => (await ControlPlane.KubectlAsync("get", "pods", "--namespace", Namespace, "--no-headers")).Split('\n').All(line => line.Contains(" 2/2 ", StringComparison.Ordinal)),
            "all pods are ready", TimeSpan.FromMinutes(10));
    }

    /// <summary>About what Istio writes into a pod.</summary>
    public const string TypicalRules = """
        iptables-nft-restore --noflush <<END\n*nat\n:ISTIO_INBOUND - [0:0]\n:ISTIO_REDIRECT - [0:0]\n:ISTIO_IN_REDIRECT - [0:0]\n:ISTIO_OUTPUT - [0:0]\n-A PREROUTING -p tcp -j ISTIO_INBOUND\n-A OUTPUT -p tcp -j ISTIO_OUTPUT\n-A ISTIO_INBOUND -p tcp --dport 15008 -j RETURN\n-A ISTIO_INBOUND -p tcp --dport 15090 -j RETURN\n-A ISTIO_INBOUND -p tcp --dport 15021 -j RETURN\n-A ISTIO_INBOUND -p tcp --dport 15020 -j RETURN\n-A ISTIO_INBOUND -p tcp -j ISTIO_IN_REDIRECT\n-A ISTIO_IN_REDIRECT -p tcp -j REDIRECT --to-ports 15006\n-A ISTIO_OUTPUT -s 127.0.0.6/32 -o lo -j RETURN\n-A ISTIO_OUTPUT ! -d 127.0.0.1/32 -o lo -p tcp -m tcp ! --dport 15008 -m owner --uid-owner 1337 -j ISTIO_IN_REDIRECT\n-A ISTIO_OUTPUT -o lo -m owner ! --uid-owner 1337 -j RETURN\n-A ISTIO_OUTPUT -m owner --uid-owner 1337 -j RETURN\n-A ISTIO_OUTPUT -m owner --gid-owner 1337 -j RETURN\n-A ISTIO_OUTPUT -d 127.0.0.1/32 -j RETURN\n-A ISTIO_OUTPUT -j ISTIO_REDIRECT\n-A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 15001\nCOMMIT\nEND
        """;

    /// <summary>Runs a pod that looks like Istio's CNI agent.</summary>
    /// <param name="spec">The beginning of its specification in YAML's flow style.</param>
    /// <param name="security">Its container's security context.</param>
    /// <param name="mountProc">Whether it has the node's /proc at /host/proc.</param>
    public async Task RunAgentAsync(string spec, string security, bool mountProc = false)
    {
        string volumes = mountProc ? ", volumes: [{name: proc, hostPath: {path: /proc}}]" : "";
        string mounts = mountProc ? ", volumeMounts: [{name: proc, mountPath: /host/proc}]" : "";
        await ControlPlane.ApplyAsync($$"""
            apiVersion: v1
            kind: Pod
            metadata: {name: agent, labels: {k8s-app: istio-cni-node} }
            spec: {{spec}}, terminationGracePeriodSeconds: 0, containers: [{name: install-cni, image: {{Tools}}, command: [sleep, "100000"], securityContext: {{security}}{{mounts}} }]{{volumes}} }
            """, Namespace);
        await ControlPlane.KubectlAsync("wait", "pods", "--all", "--for=condition=Ready", "--timeout=120s", "--namespace", Namespace);
    }

    /// <summary>Connects as a user who may do just this in the test's namespace.</summary>
    public async Task<MeshCluster> ConnectAsync(string user, string pods, string exec, bool logs = false)
    {
        string kubeconfig = await ControlPlane.CreateUserAsync(Namespace, user, "get", "configmaps");
        string rules = $$"""{apiGroups: [""], resources: [pods], verbs: [{{pods}}]}, {apiGroups: [""], resources: [pods/exec], verbs: [{{exec}}]}""";
        if (logs)
            rules += """, {apiGroups: [""], resources: [pods/log], verbs: [get]}""";
        await ControlPlane.ApplyAsync($$"""
            ---
            {apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: {{user}}}, rules: [{{rules}}]}
            """, Namespace);
        return await ConnectAsync(kubeconfig);
    }

    /// <summary>As <see cref="ConnectAsync(string, string, string, bool)"/>, for a user who may list the pods of every namespace besides.</summary>
    public async Task<MeshCluster> ConnectWithListAsync(string user, string exec)
    {
        await ControlPlane.ApplyAsync($$"""
            ---
            {apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: {{Namespace}}-{{user}}}, rules: [{apiGroups: [""], resources: [pods], verbs: [list]}]}
            ---
            {apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name: {{Namespace}}-{{user}}},
             roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {{Namespace}}-{{user}}}, subjects: [{kind: ServiceAccount, name: {{user}}, namespace: {{Namespace}}}]}
            """);
        return await ConnectAsync(user, "list", exec);
    }

    public async Task<string> ShellAsync(string pod, string script)
    {
        ExecResult result = await Cluster.Client.ExecAsync(new PodContainer(Namespace, pod, "writer"), ["sh", "-c", script], Cancel);
        return result.ExitCode == 0 ? result.OutputText : throw new InvalidOperationException($"{script}: {result.ErrorText}");
    }

    public Task<List<MeshPod>> PodsAsync(MeshCluster? cluster = null, string? ns = null) =>
        MeshPods.ListAsync(cluster ?? Cluster, new PodSelection { Namespace = ns ?? Namespace }, this, Cancel).ToListAsync(Cancel).AsTask();

    public async Task<Dictionary<string, PodRulesReading>> ReadAsync(MeshCluster? cluster = null, IEnumerable<MeshPod>? pods = null)
    {
        pods ??= await PodsAsync();
        List<PodRulesReading> readings = await PodRulesReader.ReadAsync(cluster ?? Cluster, pods.ToAsyncEnumerable(), Options, this, Cancel).ToListAsync(Cancel);
        return readings.ToDictionary(reading => reading.Pod.Name);
    }

    /// <summary>Names of all pods in the cluster but for those of the test's namespace: what a reading may have left behind.</summary>
    public async Task<string[]> OtherPodsAsync() =>
        [.. (await MeshPods.ListAsync(Cluster, new PodSelection(), this, Cancel).ToListAsync(Cancel)).Where(pod => pod.Namespace != Namespace).Select(pod => pod.ToString()).Order()];

    public void Warn(string message) => Warnings.Enqueue(message);

    public void Detail(string message) => Details.Enqueue(message);

    public void Progress(string activity, string status, int? percent = null)
    {
    }

    /// <summary>The pods go at once: an agent of one test must not read for the next one.</summary>
    public async ValueTask DisposeAsync()
    {
        await ControlPlane.KubectlAsync("delete", "pods", "--all", "--grace-period=0", "--force", "--namespace", Namespace);
        Cluster.Client.Dispose();
    }
}
