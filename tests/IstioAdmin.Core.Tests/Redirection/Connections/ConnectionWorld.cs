using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.Connections;
using IstioAdmin.Core.Redirection.PacketPaths;
using IstioAdmin.Core.Redirection.Sources;
using IstioAdmin.Core.Redirection.Sources.Node;
using IstioAdmin.Core.Tests.Kube.World;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Core.Tests.Redirection.Connections;

/// <summary>A connection from a pod by shells that a test gives, set beside what the pod's rules let expect.</summary>
internal static class ConnectionWorld
{
    public static MeshPod Pod(string uid, string address = "10.244.7.5") =>
        new() { Cluster = "c", Namespace = "shop", Name = "web", Uid = uid, Node = "n", Phase = "Running", PodIPs = [address], RedirectMethod = RedirectMethod.Cni };

    public static async Task<PodConnection> ConnectAsync(MeshPod pod, string address, ushort port, uint user, int seconds, params Func<INodeShell>[] shells)
    {
        var owner = new PacketOwner(user, user);
        (PodRules before, ConnectionCall call) = await PodConnections.ConnectAsync(
            shells.Select((shell, i) => (Func<INodeWay>)(() => new Way(shell, $"reader {i + 1}"))), pod, () => new ConnectionCall(address, port, owner, TimeSpan.FromSeconds(seconds)),
            TimeSpan.FromSeconds(60), new RecordingReporter(), TestContext.Current.CancellationToken);
        var target = new PacketTarget { Name = $"address {address}, port {port}", Family = address.Contains(':', StringComparison.Ordinal) ? IpFamily.IPv6 : IpFamily.IPv4, Address = address, Port = port };
        PacketPath path = Core.Redirection.PacketPaths.PacketPaths.Follow(
            pod, target, new() { UserId = user, GroupId = user }, new Dictionary<string, PodRulesReading> { [pod.ToString()] = new(pod, before, null) });
        return Comparison.Of(path, owner, before, call);
    }

    private sealed class Way(Func<INodeShell> shell, string name) : INodeWay
    {
        public NodeReader Reader { get; } = new(RulesSource.Node, name, [], IsInNodeNamespace: true);

        public Task<INodeShell> OpenAsync(CancellationToken cancel) => Task.FromResult(shell());

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
