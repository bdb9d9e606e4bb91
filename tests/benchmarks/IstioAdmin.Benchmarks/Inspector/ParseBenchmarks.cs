using BenchmarkDotNet.Attributes;
using IstioAdmin.Iptables.Parsing;

namespace IstioAdmin.Benchmarks.Inspector;

/// <summary>Reading dumps, next to what splitting them into lines and words alone takes.</summary>
[InProcess]
[MemoryDiagnoser]
[Config(typeof(ThroughputConfig))]
public class ParseBenchmarks
{
    public static IEnumerable<SampleDump> Dumps => SampleDump.All;

    [ParamsSource(nameof(Dumps))]
    public SampleDump Dump { get; set; } = null!;

    [Benchmark(Baseline = true, Description = "lines and words by string.Split")]
    public object Split()
    {
        object last = "";
        foreach (string text in Dump.Texts)
        {
            var lines = new List<string[]>();
            foreach (string line in text.Split('\n'))
                lines.Add(line.Split(' '));
            last = lines;
        }
        return last;
    }

    [Benchmark(Description = "IptablesSave.Parse")]
    public object Parse()
    {
        object last = "";
        foreach (string text in Dump.Texts)
            last = IptablesSave.Parse(text);
        return last;
    }
}
