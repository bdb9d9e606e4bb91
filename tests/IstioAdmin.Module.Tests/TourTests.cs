using IstioAdmin.Testing;

namespace IstioAdmin.Module.Tests;

/// <summary>docs/tour.ps1, with which the README begins.</summary>
public class TourTests
{
    private static string Tour => Path.GetFullPath(Path.Combine(ModuleRunspace.ModuleFolder, "..", "..", "..", "docs", "tour.ps1"));

    [Fact]
    public async Task Every_step_holds()
    {
        ConsoleRun run = await ConsoleRun.StartAsync(["-File", Tour]);

        Assert.True(run.ExitCode == 0, run.Output + run.Error);
        string[] held = [.. run.OutputLines.Where(line => line.StartsWith("# Holds: ", StringComparison.Ordinal))];
        Assert.Equal($"All {held.Length} steps held", run.OutputLines.Last().Split(" (")[0]);
        Assert.True(held.Length >= 20, run.Output);
        // The three that were broken, found and repaired.
        Assert.Equal(2, run.OutputLines.Count(line => line.StartsWith("ratings-v1-", StringComparison.Ordinal) && line.Contains("NotRedirected", StringComparison.Ordinal)));
        Assert.Contains("192.0.2.", run.Output, StringComparison.Ordinal);
        Assert.Empty(run.Error);
    }

    [Fact]
    public async Task A_cluster_that_is_not_there_is_an_error_before_anything_is_done()
    {
        ConsoleRun run = await ConsoleRun.StartAsync(["-File", Tour, "-Cluster", "no-such-cluster"]);

        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains("no-such-cluster", run.Output + run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Install-IstioOperator", run.Output, StringComparison.Ordinal);
    }
}
