using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace IstioAdmin.Benchmarks.Inspector;

/// <summary>Adds to a benchmark over <see cref="SampleDump"/>s how many megabytes of dump a second it gets through, by its fastest round.</summary>
public sealed class ThroughputConfig : ManualConfig
{
    public ThroughputConfig() => AddColumn(StatisticColumn.Min, new Throughput());

    private sealed class Throughput : IColumn
    {
        public string Id => nameof(Throughput);

        public string ColumnName => "MB/s";

        public string Legend => "Megabytes (10^6 bytes) of dump a second, by the fastest round";

        public bool AlwaysShow => true;

        public ColumnCategory Category => ColumnCategory.Custom;

        public int PriorityInCategory => 0;

        public bool IsNumeric => true;

        public UnitType UnitType => UnitType.Dimensionless;

        public bool IsAvailable(Summary summary) => true;

        public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

        public string GetValue(Summary summary, BenchmarkCase benchmarkCase) => GetValue(summary, benchmarkCase, summary.Style);

        public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) =>
            benchmarkCase.Parameters["Dump"] is SampleDump dump && summary[benchmarkCase]?.ResultStatistics is { } times
                ? (dump.Megabytes / (times.Min / 1e9)).ToString("F0", CultureInfo.InvariantCulture)
                : "?";
    }
}
