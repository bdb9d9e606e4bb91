using BenchmarkDotNet.Attributes;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Parsing;
using IstioAdmin.Iptables.Printing;

namespace IstioAdmin.Benchmarks.Inspector;

/// <summary>Printing rulesets as iptables-save does.</summary>
[InProcess]
[MemoryDiagnoser]
[Config(typeof(ThroughputConfig))]
public class PrintBenchmarks
{
    private Ruleset[] _rulesets = [];

    public static IEnumerable<SampleDump> Dumps => SampleDump.All;

    [ParamsSource(nameof(Dumps))]
    public SampleDump Dump { get; set; } = null!;

    [GlobalSetup]
    public void Read() => _rulesets = [.. Dump.Texts.Select(text => IptablesSave.Parse(text).Rulesets[0])];

    [Benchmark(Description = "SavePrinter.Print")]
    public int Print()
    {
        int length = 0;
        foreach (Ruleset ruleset in _rulesets)
            length += SavePrinter.Print(ruleset).Length;
        return length;
    }
}
