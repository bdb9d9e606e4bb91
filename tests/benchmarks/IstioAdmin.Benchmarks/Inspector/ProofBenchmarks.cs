using BenchmarkDotNet.Attributes;
using IstioAdmin.Iptables.Parsing;
using IstioAdmin.Iptables.Proof;
using IstioAdmin.Iptables.Proof.Escapes;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Benchmarks.Inspector;

/// <summary>Proofs, each from nothing but the model of the rules, next to following 1,000 packets through the same Istio rules.</summary>
[InProcess]
[MemoryDiagnoser]
public class ProofBenchmarks
{
    private readonly Packet[] _packets = InspectorWorld.PodPackets(1000, outbound: false);
    private readonly (string Dump, TraceHost Pod)[] _pods = InspectorWorld.Pods(10_000);

    [Benchmark(Baseline = true, Description = "1,000 packets traced, Istio")]
    public object? Traced()
    {
        var tracer = new PacketTracer(InspectorWorld.Istio, InspectorWorld.Pod);
        object? last = null;
        foreach (Packet packet in _packets)
            last = tracer.Inbound(packet);
        return last;
    }

    [Benchmark(Description = "inbound proven, Istio")]
    public EscapeVerdict Inbound() => new EscapeFinder(InspectorWorld.Istio, InspectorWorld.Pod).Find(InspectorWorld.Inbound).Verdict;

    [Benchmark(Description = "outbound proven, Istio")]
    public EscapeVerdict Outbound() => new EscapeFinder(InspectorWorld.Istio, InspectorWorld.Pod).Find(InspectorWorld.Outbound).Verdict;

    [Benchmark(Description = "10,000 pods read and judged both ways")]
    public int Pods()
    {
        var cache = new EscapeCache();
        int proven = 0;
        foreach ((string dump, TraceHost pod) in _pods)
        {
            ParseResult read = cache.Read(dump);
            if (cache.Find(read.Rulesets[0], pod, InspectorWorld.Inbound).Verdict == EscapeVerdict.Proven && cache.Find(read.Rulesets[0], pod, InspectorWorld.Outbound).Verdict == EscapeVerdict.Proven)
                proven++;
        }
        return proven;
    }

    [Benchmark(Description = "filter table of 5,000 rules divided")]
    public int Firewall() => new RulesetProver(InspectorWorld.Firewall, InspectorWorld.Node).Prove(new PacketQuery { InInterface = "eth0" }).Count;
}
