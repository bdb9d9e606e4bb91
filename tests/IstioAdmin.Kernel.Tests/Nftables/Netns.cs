using System.Diagnostics;

namespace IstioAdmin.Kernel.Tests.Nftables;

/// <summary>Shell scripts in a network namespace that lives as long as the script.</summary>
internal static class Netns
{
    /// <summary>Runs a script and gives back what it printed; fails with what it said when it fails.</summary>
    public static string Run(string script, string input = "")
    {
        var start = new ProcessStartInfo("unshare", ["--net", "sh", "-ec", script]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{script}\n{error.Result}\n{input}");
        return output.Result;
    }
}
