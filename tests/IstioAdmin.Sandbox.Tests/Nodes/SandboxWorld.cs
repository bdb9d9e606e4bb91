using System.Text;
using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Connecting;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.Sources;
using IstioAdmin.Core.Redirection.Verdicts;
using IstioAdmin.Sandbox.Api;
using IstioAdmin.Sandbox.Client;
using IstioAdmin.Sandbox.Http;
using IstioAdmin.Sandbox.Nodes;
using IstioAdmin.Testing;

namespace IstioAdmin.Sandbox.Tests.Nodes;

/// <summary>A whole sandbox, and the module's own classes connected to it over loopback.</summary>
internal sealed class SandboxWorld : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly CertificateAuthority _authority;
    private readonly LoopbackServer _server;
    private readonly string _directory = Directory.CreateTempSubdirectory("sandbox-").FullName;
    private MeshCluster? _mesh;

    private SandboxWorld(SandboxCluster cluster, CertificateAuthority authority, LoopbackServer server) => (Cluster, _authority, _server) = (cluster, authority, server);

    public SandboxCluster Cluster { get; }

    public ClusterApi Api => Cluster.Administrator;

    public ClusterFaults Faults => Cluster.Faults;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<SandboxWorld> StartAsync(NodeOptions? options = null)
    {
        var authority = CertificateAuthority.Create("sandbox");
        SandboxCluster cluster = await SandboxCluster.StartAsync(
            runtime => new SandboxApi(runtime), authority.CertificatePem,
            options ?? new NodeOptions { StartTime = TimeSpan.FromMilliseconds(10), FirstBackOff = TimeSpan.FromMilliseconds(100), LongestBackOff = TimeSpan.FromMilliseconds(500) }, cancel: Cancel);
        return new SandboxWorld(cluster, authority, LoopbackServer.Start(cluster.Api.Server.HandleAsync, authority.IssueServer()));
    }

    /// <summary>The module's view of the cluster.</summary>
    public async Task<MeshCluster> ConnectAsync()
    {
        if (_mesh is not null)
            return _mesh;
        string path = Path.Combine(_directory, "kubeconfig");
        await File.WriteAllTextAsync(path, $$"""
            apiVersion: v1
            kind: Config
            current-context: sandbox
            clusters:
            - name: sandbox
              cluster: {server: "{{_server.Address.ToString().TrimEnd('/')}}", certificate-authority-data: {{Convert.ToBase64String(Encoding.UTF8.GetBytes(_authority.CertificatePem))}}}
            users:
            - name: admin
              user: {token: "{{Cluster.Api.AdministratorToken}}"}
            contexts:
            - name: sandbox
              context: {cluster: sandbox, user: admin}
            """, Cancel);
        return _mesh = await ClusterConnector.ConnectAsync(new ConnectOptions { Kubeconfig = [path] }, Silent.Instance, Cancel);
    }

    /// <summary>Creates objects of JSON manifests, each with its namespace.</summary>
    public async Task CreateAsync(params string[] manifests)
    {
        foreach (string manifest in manifests)
        {
            JsonObject item = Json.Parse(manifest);
            await Api.PostAsync(Meta.Collection(CollectionOf(item), Meta.Namespace(item)), item, cancel: Cancel);
        }
    }

    /// <summary>Creates a namespace that takes pods.</summary>
    public async Task NamespaceAsync(string name)
    {
        await CreateAsync($$$"""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"{{{name}}}"} }""");
        await UntilAsync(async () => await Api.FindAsync($"api/v1/namespaces/{name}/serviceaccounts/default", Cancel) is not null, $"namespace {name} takes pods");
    }

    /// <summary>An object, once something holds of it.</summary>
    public async Task<JsonObject> UntilAsync(string path, Func<JsonObject, bool> holds, string what)
    {
        JsonObject? last = null;
        try
        {
            await UntilAsync(async () => (last = await Api.FindAsync(path, Cancel)) is not null && holds(last), what);
        }
        catch (Exception e)
        {
            string[] troubles = [.. Cluster.Controllers.All.Concat([Cluster.Nodes.Scheduler, Cluster.Nodes.Kubelets]).SelectMany(controller => controller.Troubles.Select(trouble => $"{controller.Name}: {trouble}")).TakeLast(10)];
            throw new InvalidOperationException($"{e.Message}\n{last?.ToJsonString() ?? "not there"}\n{string.Join('\n', troubles)}", e);
        }
        return last!;
    }

    public static Task UntilAsync(Func<Task<bool>> holds, string what) => Eventually.BecomesTrueAsync(holds, what, Patience);

    /// <summary>A pod, once it is ready.</summary>
    public Task<JsonObject> ReadyAsync(string ns, string name) => UntilAsync($"api/v1/namespaces/{ns}/pods/{name}", Sandbox.Controllers.Pods.IsReady, $"pod {ns}/{name} is ready");

    /// <summary>Tests the redirection of the pods of a namespace, by name.</summary>
    public async Task<IReadOnlyDictionary<string, PodRedirection>> TestAsync(string ns, RulesSource source = RulesSource.Node)
    {
        MeshCluster cluster = await ConnectAsync();
        IAsyncEnumerable<MeshPod> pods = MeshPods.ListAsync(cluster, new PodSelection { Namespace = ns }, Silent.Instance, Cancel);
        return await PodRedirections.TestAsync(cluster, pods, new RulesReadOptions { Source = source, InspectorImage = "registry.local/nettools:1" }, Silent.Instance, Cancel)
            .ToDictionaryAsync(result => result.Name, cancellationToken: Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await Cluster.DisposeAsync();
        _authority.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    internal static string CollectionOf(JsonObject item)
    {
        string version = (string)item["apiVersion"]!, kind = ((string)item["kind"]!).ToLowerInvariant();
        string plural = kind switch { "endpoints" => kind, "networkpolicy" => "networkpolicies", _ => kind + "s" };
        return version == "v1" ? $"api/v1/{plural}" : $"apis/{version}/{plural}";
    }

    internal sealed class Silent : IReporter
    {
        public static Silent Instance { get; } = new();

        public void Warn(string message)
        {
        }

        public void Detail(string message)
        {
        }

        public void Progress(string activity, string status, int? percent = null)
        {
        }
    }
}
