using BenchmarkDotNet.Attributes;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Benchmarks.Inspector;

/// <summary>Following packets, next to following them with every rule noted that was tried. Times are for one packet.</summary>
[InProcess]
[MemoryDiagnoser]
public class TraceBenchmarks
{
    private const int Count = 1000;
    private PacketTracer _tracer = null!;
    private Packet[] _packets = [];

    [Params("Istio inbound", "Istio outbound", "5,000-rule firewall")]
    public string Rules { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        bool firewall = Rules.StartsWith('5');
        _tracer = firewall ? new PacketTracer(InspectorWorld.Firewall, InspectorWorld.Node) : new PacketTracer(InspectorWorld.Istio, InspectorWorld.Pod);
        _packets = firewall ? InspectorWorld.FirewallPackets(Count) : InspectorWorld.PodPackets(Count, outbound: Rules.EndsWith("outbound", StringComparison.Ordinal));
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Count, Description = "with the path")]
    public object? WithPath()
    {
        object? last = null;
        var path = new List<TraceStep>();
        foreach (Packet packet in _packets)
        {
            path.Clear();
            last = packet.InInterface.Length > 0 ? _tracer.Inbound(packet, path) : _tracer.Outbound(packet, path);
        }
        return last;
    }

    [Benchmark(OperationsPerInvoke = Count, Description = "outcome only")]
    public object? Outcome()
    {
        object? last = null;
        foreach (Packet packet in _packets)
            last = packet.InInterface.Length > 0 ? _tracer.Inbound(packet) : _tracer.Outbound(packet);
        return last;
    }
}
