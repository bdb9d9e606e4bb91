namespace IstioAdmin.Benchmarks.Inspector;

/// <summary>Dumps that a benchmark works on, one after another.</summary>
/// <param name="Name">What the table of results calls them.</param>
/// <param name="Texts">The dumps.</param>
public sealed record SampleDump(string Name, IReadOnlyList<string> Texts)
{
    /// <summary>What a real pod's iptables-save printed: the file that the tests read.</summary>
    private static string PodFile => Path.Combine(AppContext.BaseDirectory, "Data", "istio-cni-1.1-annotated.save");

    /// <summary>One dump for each of a thousand pods, a 5,000-rule firewall, and one of 100,000 rules.</summary>
    public static IEnumerable<SampleDump> All =>
    [
        new("1,000 pods", [.. Enumerable.Repeat(File.ReadAllText(PodFile), 1000)]),
        new("5,000 rules", [FirewallDump.Create(5000)]),
        new("100,000 rules", [FirewallDump.Create(100_000)]),
    ];

    /// <summary>Size in the encoding of a file; dumps are ASCII.</summary>
    public double Megabytes => Texts.Sum(text => text.Length) / 1e6;

    public override string ToString() => Name;
}
