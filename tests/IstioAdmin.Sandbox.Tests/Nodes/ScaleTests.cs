using System.Diagnostics;
using System.Globalization;
using IstioAdmin.Sandbox.Client;
using IstioAdmin.Sandbox.Controllers;
using IstioAdmin.Sandbox.Nodes;
using IstioAdmin.Sandbox.Tests.Controllers;

namespace IstioAdmin.Sandbox.Tests.Nodes;

/// <summary>Many pods: measured, and told in the test's output.</summary>
public sealed class ScaleTests
{
    [Theory]
    [InlineData(10, 10, 20)]
    public async Task All_pods_of_many_deployments_become_ready(int deployments, int nodes, int replicas)
    {
        if (Environment.GetEnvironmentVariable("SANDBOX_SCALE")?.Split('x') is [var of, var on, var each])
            (deployments, nodes, replicas) = (Number(of), Number(on), Number(each));
        await using SandboxWorld world = await SandboxWorld.StartAsync(new NodeOptions { Count = nodes, StartTime = TimeSpan.Zero, PodsPerNode = 250 });
        await world.NamespaceAsync("shop");
        Informer pods = Pods.Of(world.Cluster.Controllers.Context.Informers);
        // Counted as it happens: to look at ten thousand pods again and again is work as well.
        int ready = 0;
        pods.OnChange((was, now) =>
        {
            if (now is not null && Pods.IsReady(now) && (was is null || !Pods.IsReady(was)))
                Interlocked.Increment(ref ready);
        });
        var watch = Stopwatch.StartNew();
        long before = world.Cluster.Api.Server.Requests;
        TimeSpan pause = GC.GetTotalPauseDuration();
        long allocated = GC.GetTotalAllocatedBytes();
        TimeSpan busy = Process.GetCurrentProcess().TotalProcessorTime;

        for (int i = 0; i < deployments; i++)
            await world.CreateAsync(Workloads.Deployment("shop", $"web-{i}", replicas));
        await SandboxWorld.UntilAsync(() => Task.FromResult(Volatile.Read(ref ready) == deployments * replicas), "all pods are ready");

        using var process = Process.GetCurrentProcess();
        long requests = world.Cluster.Api.Server.Requests - before;
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{deployments * replicas} pods of {deployments} deployments on {nodes} nodes: {watch.Elapsed.TotalSeconds:0.0} s, {(process.TotalProcessorTime - busy).TotalSeconds:0.0} s of processor, of which {(GC.GetTotalPauseDuration() - pause).TotalSeconds:0.0} s of collecting garbage, {(GC.GetTotalAllocatedBytes() - allocated) >> 20} MB allocated, {requests} requests, {process.WorkingSet64 >> 20} MB, {GC.GetTotalMemory(true) >> 20} MB live"));
        Assert.Equal(deployments * replicas, pods.All().Select(pod => Json.Text(pod, "status", "podIP")).Distinct().Count());
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
