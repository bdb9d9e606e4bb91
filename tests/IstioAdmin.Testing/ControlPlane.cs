using System.Net.Http.Json;

namespace IstioAdmin.Testing;

/// <summary>A real etcd, API server and controller manager on loopback. Nothing runs the pods that are created here; see <see cref="MeshNode"/>.</summary>
/// <remarks>Bound to this process: should it be killed, the control plane goes down with it.</remarks>
public sealed class ControlPlane : TestCluster
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(3);

    private ControlPlane(string directory) : base(directory)
    {
    }

    /// <summary>Starts one for the caller alone; most tests share <see cref="Testbed.ControlPlaneAsync"/>.</summary>
    /// <param name="controllers">Whether the controller manager runs. Without it objects stay as they were written, pods on nodes that do not exist too.</param>
    /// <param name="owner">The process whose end takes the control plane down; this one by default.</param>
    /// <param name="serverArguments">Further arguments of the API server.</param>
    internal static async Task<ControlPlane> StartAsync(bool controllers = true, int? owner = null, string serverArguments = "")
    {
        string[] mode = controllers ? [] : ["--no-controllers"];
        return new ControlPlane(await TestbedScripts.RunAsync("up.sh", StartTimeout, ["--owner", $"{owner ?? Environment.ProcessId}", .. mode],
            ("TESTBED_APISERVER_ARGS", serverArguments)));
    }

    /// <summary>Kills the API server as a crash would: connections break, watches end without a word. Only on a control plane of the test's own.</summary>
    public Task StopApiServerAsync() => TestbedScripts.RunAsync("halt.sh", StartTimeout, Directory, "kube-apiserver");

    /// <summary>Starts a stopped API server on the same port, with the same certificates and objects; returns when it is ready.</summary>
    public Task StartApiServerAsync() => TestbedScripts.RunAsync("up.sh", StartTimeout, Directory);

    /// <inheritdoc/>
    public override async Task RestartApiServerAsync()
    {
        await StopApiServerAsync();
        await StartApiServerAsync();
    }

    /// <inheritdoc/>
    public override async Task CompactAsync(string version)
    {
        const string key = "ETCD_PORT=";
        string port = (await File.ReadAllLinesAsync(Path.Combine(Directory, "env"))).Single(line => line.StartsWith(key, StringComparison.Ordinal))[key.Length..];
        using var http = new HttpClient();
        using HttpResponseMessage response = await http.PostAsJsonAsync($"http://127.0.0.1:{port}/v3/kv/compaction", new { revision = version, physical = true });
        response.EnsureSuccessStatusCode();
    }

    public override async ValueTask DisposeAsync() => await TestbedScripts.RunAsync("down.sh", StartTimeout, Directory);
}
