using System.Globalization;
using IstioAdmin.Sandbox.Nodes;
using IstioAdmin.Sandbox.Serving;
using IstioAdmin.Sandbox.Snapshots;
using IstioAdmin.Testing;

namespace IstioAdmin.Cluster.Tests;

/// <summary>A cluster of the sandbox, used as <see cref="ControlPlane"/> is: with controllers.</summary>
internal sealed class SandboxPlane : TestCluster
{
    private static readonly ClusterOptions Options = new()
    {
        Name = "truth",
        // A sandbox has at least one; there is none behind the real server.
        Nodes = new NodeOptions { Machines = [new NodeMachine("idle") { Taints = [("example.com/idle", "NoSchedule")] }] },
    };

    private readonly ClusterOptions _options;

    private SandboxPlane(string directory, ClusterOptions options, ServedCluster served) : base(directory) => (_options, Served) = (options, served);

    /// <summary>What is served.</summary>
    public ServedCluster Served { get; private set; }

    /// <summary>Starts one for the caller alone; with no node that takes pods unless the options say otherwise.</summary>
    public static async Task<SandboxPlane> StartAsync(ClusterOptions? options = null)
    {
        ServedCluster served = await ServedCluster.StartAsync(options ??= Options);
        var plane = new SandboxPlane(System.IO.Directory.CreateTempSubdirectory("istioadmin-sandbox-").FullName, options, served);
        try
        {
            await File.WriteAllTextAsync(plane.Kubeconfig, served.Kubeconfig);
            await plane.KubectlAsync("create", "serviceaccount", "nobody", "--namespace", "default");
            string token = await plane.TokenAsync("default", "nobody");
            await File.WriteAllTextAsync(plane.NobodyKubeconfig, served.Kubeconfig.Replace(served.Cluster.Api.AdministratorToken, token, StringComparison.Ordinal));
            return plane;
        }
        catch
        {
            await plane.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public override async Task RestartApiServerAsync()
    {
        // As users do it: saved, stopped, and started again from what was saved.
        ClusterState state = await ClusterState.TakeAsync(Served, CancellationToken.None);
        await Served.DisposeAsync();
        Served = await ServedCluster.StartAsync(_options with { State = state });
        if (Served.Address.Port != state.Port)
            throw new InvalidOperationException($"port {state.Port} has been taken by somebody else while the sandbox was down");
    }

    /// <inheritdoc/>
    public override Task CompactAsync(string version)
    {
        Served.Cluster.Api.Machinery.Store.Compact(long.Parse(version, CultureInfo.InvariantCulture));
        return Task.CompletedTask;
    }

    public override async ValueTask DisposeAsync()
    {
        await Served.DisposeAsync();
        System.IO.Directory.Delete(Directory, recursive: true);
    }
}
