using System.Diagnostics;
using System.Globalization;
using System.Text;
using IstioAdmin.Iptables.Parsing;

namespace IstioAdmin.Benchmarks.Inspector;

/// <summary>
/// Times <c>iptables-restore --test</c> and our parser on the same file, turn by turn so that a noisy machine treats both alike, and prints the best
/// of each and how they compare. Needs Linux and root: iptables runs in a network namespace of its own.
/// </summary>
internal static class ParseVersusIptables
{
    public const string Verb = "parse-vs-iptables";

    public static async Task RunAsync(Options options)
    {
        int rules = options.Number("rules", 5000), rounds = options.Number("rounds", 5);
        string program = options.Text("with") ?? "iptables-nft-restore";
        string dump = options.Text("file") is { } given ? await File.ReadAllTextAsync(given) : FirewallDump.Create(rules);
        string file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, dump);
            double theirs = double.MaxValue, ours = double.MaxValue;
            ParseResult result = IptablesSave.Parse(dump);
            for (int round = 0; round < rounds; round++)
            {
                theirs = Math.Min(theirs, await TestAsync(program, file));
                // Ours takes a small part of the time of a process start, so it gets as many turns as fit into that.
                var turn = Stopwatch.StartNew();
                do
                {
                    var clock = Stopwatch.StartNew();
                    result = IptablesSave.Parse(File.ReadAllText(file));
                    ours = Math.Min(ours, clock.Elapsed.TotalSeconds);
                }
                while (turn.Elapsed.TotalSeconds < 1);
            }
            int read = result.Rulesets.Sum(ruleset => ruleset.Tables.Sum(table => table.Chains.Sum(chain => chain.Rules.Count)));
            double megabytes = Encoding.UTF8.GetByteCount(dump) / 1e6;
            Console.WriteLine($"{read} rules, {megabytes:F1} MB, {result.Errors.Count} errors, best of {rounds} rounds");
            Console.WriteLine($"{program} --test: {theirs * 1e3:F1} ms; file read and parsed: {ours * 1e3:F2} ms ({megabytes / ours:F0} MB/s); ratio {theirs / ours:F1}");
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>Seconds that one run takes.</summary>
    private static async Task<double> TestAsync(string program, string file)
    {
        // The shell tells how long the program ran: its start is part of what using it costs, the namespace is not.
        const string Script = "TIMEFORMAT=%3R; exec 3>&2; { time \"$0\" --test \"$1\" 2>&3; } 2>&1";
        var start = new ProcessStartInfo("unshare", ["--net", "bash", "-c", Script, program, file]) { RedirectStandardOutput = true };
        using Process process = Process.Start(start) ?? throw new InvalidOperationException("unshare did not start");
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? double.Parse(output.Trim(), CultureInfo.InvariantCulture)
            : throw new InvalidOperationException($"{program} --test ended with {process.ExitCode}; what it said is above.");
    }
}
