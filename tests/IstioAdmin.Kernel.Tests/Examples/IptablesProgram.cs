using System.Diagnostics;
using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Kernel.Tests.Examples;

/// <summary>iptables of one family and back end, run in a network namespace that lasts as long as the command.</summary>
/// <param name="Backend"><c>nft</c> or <c>legacy</c>.</param>
/// <param name="Family">The family.</param>
internal sealed record IptablesProgram(string Backend, IpFamily Family)
{
    private string Name => $"{(Family == IpFamily.IPv4 ? "iptables" : "ip6tables")}-{Backend}";

    /// <summary>The legacy tools share one lock on a machine, which other tests may hold.</summary>
    private string Restore => Backend == "legacy" ? $"{Name}-restore -w 60" : $"{Name}-restore";

    /// <summary>Loads the text into the kernel and returns what is saved from there, or null when it is refused.</summary>
    public async Task<string?> LoadAndSaveAsync(string text)
    {
        (int exitCode, string output, _) = await RunAsync($"{Restore} && {Name}-save", text);
        return exitCode == 0 ? output : null;
    }

    /// <summary>What <c>iptables-restore --test</c> says against the text; empty when it takes it.</summary>
    public async Task<string> TestAsync(string text)
    {
        (int exitCode, _, string error) = await RunAsync($"{Restore} --test", text);
        return exitCode == 0 ? "" : $"{Name}-restore --test ended with {exitCode}: {error}";
    }

    private static async Task<(int ExitCode, string Output, string Error)> RunAsync(string script, string input)
    {
        var start = new ProcessStartInfo("unshare", ["--net", "sh", "-c", script])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        CancellationToken cancel = TestContext.Current.CancellationToken;
        Task<string> output = process.StandardOutput.ReadToEndAsync(cancel);
        Task<string> error = process.StandardError.ReadToEndAsync(cancel);
        try
        {
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended at an earlier line and reads no more.
        }
        await process.WaitForExitAsync(cancel);
        return (process.ExitCode, await output, await error);
    }
}
