using System.Diagnostics;
using System.Text.Json;

namespace IstioAdmin.Benchmarks.Listing;

/// <summary>
/// Lists all pods of a real server in several ways, turn by turn so that a noisy machine treats all alike, and prints medians and how they
/// compare with the raw JSON LIST of the same round.
/// </summary>
internal static class ListComparison
{
    private const string Json = "application/json";
    private const string Protobuf = "application/vnd.kubernetes.protobuf";

    public static async Task RunAsync(Options options)
    {
        int rounds = options.Number("rounds", 5);
        using var curl = new Curl(options.Kubeconfig);
        var ways = new Dictionary<string, Func<Task<Measurement>>>
        {
            ["curl, JSON"] = () => curl.ListAsync(Json, ""),
            ["curl, protobuf"] = () => curl.ListAsync(Protobuf, ""),
            ["MeshPods.ListAsync"] = () => ChildAsync(options, "mesh"),
        };
        foreach (string more in (options.Text("also") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries))
            ways[more] = () => ChildAsync(options, more);

        var results = ways.Keys.ToDictionary(name => name, _ => new List<Measurement>());
        // The first round warms the server's and the system's caches and is not counted.
        for (int round = 0; round <= rounds; round++)
        {
            foreach ((string name, Func<Task<Measurement>> list) in ways)
            {
                Measurement result = await list();
                if (round > 0)
                    results[name].Add(result);
            }
        }
        List<Measurement> raw = results["curl, JSON"];
        Console.WriteLine("| way | pods | seconds (median) | of raw JSON LIST | first pod, s | peak memory, MB |");
        Console.WriteLine("| --- | ---: | ---: | ---: | ---: | ---: |");
        foreach ((string name, List<Measurement> list) in results)
        {
            double ratio = Median(list.Zip(raw, (own, curlJson) => own.Seconds / curlJson.Seconds));
            string first = list[0].FirstSeconds is null ? "" : $"{Median(list.Select(m => m.FirstSeconds!.Value)):F2}";
            string peak = list[0].PeakBytes is null ? "" : $"{list.Max(m => m.PeakBytes!.Value) / 1e6:F0}";
            Console.WriteLine($"| {name} | {(list[0].Items == 0 ? "" : list[0].Items)} | {Median(list.Select(m => m.Seconds)):F2} | {ratio:F2} | {first} | {peak} |");
        }
    }

    private static async Task<Measurement> ChildAsync(Options options, string with)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardOutput = true,
            ArgumentList = { ListOnce.Verb, "--kubeconfig", options.Kubeconfig, "--with", with },
        };
        using Process child = Process.Start(start)!;
        string output = await child.StandardOutput.ReadToEndAsync();
        await child.WaitForExitAsync();
        return JsonSerializer.Deserialize<Measurement>(output) ?? throw new InvalidOperationException($"{with} ended with {child.ExitCode}.");
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = values.Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
    }
}
