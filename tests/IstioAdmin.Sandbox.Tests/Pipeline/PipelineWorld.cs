using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using IstioAdmin.Core.Pke;
using IstioAdmin.Core.Pke.Changes;
using IstioAdmin.Core.Pke.Connecting;
using IstioAdmin.Core.Pke.Requests;
using IstioAdmin.Core.Pke.Waiting;
using IstioAdmin.Sandbox.Pipeline;
using IstioAdmin.Sandbox.Tests.Nodes;

namespace IstioAdmin.Sandbox.Tests.Pipeline;

/// <summary>The sandbox's Pipeline, and the module's own classes connected to it over loopback.</summary>
internal sealed class PipelineWorld : IAsyncDisposable
{
    private readonly string _authority;
    private readonly HttpClient _http;

    private PipelineWorld(PipelineHost host, string authority, PipelineConnection connection)
    {
        (Host, _authority, Connection) = (host, authority, connection);
        var trusting = new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, _, _, _) => true };
        _http = new HttpClient(trusting);
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", host.Token);
    }

    /// <summary>A time that no test waits for.</summary>
    public static TimeSpan Never { get; } = TimeSpan.FromHours(12);

    /// <summary>No time worth mentioning.</summary>
    public static PkeTimes AtOnce => new(1e9);

    public PipelineHost Host { get; }

    public PipelineConnection Connection { get; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<PipelineWorld> StartAsync(PkeTimes? times = null)
    {
        PipelineHost host = PipelineHost.Start(times ?? AtOnce);
        string authority = Path.GetTempFileName();
        await File.WriteAllTextAsync(authority, host.CertificatePem, Cancel);
        var options = new PipelineOptions { Endpoint = host.Endpoint.ToString(), Token = host.Token, CertificateAuthority = authority, Timeout = TimeSpan.FromSeconds(60) };
        return new PipelineWorld(host, authority, await PipelineConnector.ConnectAsync(options, SandboxWorld.Silent.Instance, Cancel));
    }

    /// <summary>An order for a cluster in Frankfurt.</summary>
    public static PkeClusterOrder Order(string name, params PkeNodePool[] pools) => new()
    {
        Name = name,
        Cloud = "amazon",
        Location = "eu-central-1",
        SecretName = "aws-secret",
        KubernetesVersion = "1.12.2",
        Runtime = "containerd",
        Rbac = true,
        NodePools = pools.Length > 0 ? pools : [Pool("master", "master")],
    };

    public static PkeNodePool Pool(string name, string role, int count = 1, string type = "c5.large") => new()
    {
        Name = name,
        Roles = [role],
        InstanceType = type,
        Zones = ["eu-central-1a", "eu-central-1b"],
        Count = count,
        MinCount = count,
        MaxCount = count,
    };

    /// <summary>Asks for a cluster.</summary>
    public async Task<PkeCluster> BeginAsync(PkeClusterOrder order)
    {
        PkeClusterOrder resolved = await PkeCreation.ResolveAsync(Connection, order, SandboxWorld.Silent.Instance, Cancel);
        return (await PkeCreation.CreateAsync(Connection, PkeCreation.Body(resolved), SandboxWorld.Silent.Instance, Cancel)).Cluster;
    }

    /// <summary>Asks for a cluster, and waits until it runs.</summary>
    public async Task<PkeCluster> CreateAsync(PkeClusterOrder order) => await SettleAsync(await BeginAsync(order));

    /// <summary>Waits until a cluster runs.</summary>
    public static Task<PkeCluster> SettleAsync(PkeCluster cluster, bool afterChange = false) =>
        PkeWait.UntilRunningAsync(cluster, TimeSpan.FromSeconds(120), SandboxWorld.Silent.Instance, Cancel, afterChange);

    /// <summary>Removes a cluster, and waits until it is gone.</summary>
    public static async Task RemoveAsync(PkeCluster cluster)
    {
        await PkeChange.DeleteAsync(cluster, force: false, Cancel);
        await PkeWait.UntilGoneAsync(cluster, TimeSpan.FromSeconds(120), SandboxWorld.Silent.Instance, Cancel);
    }

    /// <summary>A request as it is.</summary>
    public async Task<(int Status, JsonNode? Body)> SendAsync(string method, string path, JsonNode? body = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri($"{Host.Endpoint}/{path}"));
        if (body is not null)
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await _http.SendAsync(request, Cancel);
        string text = await response.Content.ReadAsStringAsync(Cancel);
        return ((int)response.StatusCode, text.Length == 0 ? null : JsonNode.Parse(text));
    }

    public async ValueTask DisposeAsync()
    {
        Connection.Dispose();
        _http.Dispose();
        await Host.DisposeAsync();
        File.Delete(_authority);
    }
}
