using System.ComponentModel;
using System.Diagnostics;

namespace IstioAdmin.Testing;

/// <summary>Runs the scripts of tests/testbed and the programs that they build.</summary>
public static class TestbedScripts
{
    /// <summary>The directory tests/testbed of the checkout that these tests were built from.</summary>
    public static string Directory { get; } = Find();

    /// <summary>Where the scripts keep what they build.</summary>
    public static string Home { get; } = Environment.GetEnvironmentVariable("TESTBED_HOME") is { Length: > 0 } home
        ? home
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "istioadmin-testbed");

    /// <summary>Runs a script; fails with what it said when it fails.</summary>
    public static Task<string> RunAsync(string script, TimeSpan timeout, params string[] arguments) => RunAsync(script, timeout, arguments, environment: []);

    /// <summary>Runs a script with further environment variables; fails with what it said when it fails.</summary>
    public static async Task<string> RunAsync(string script, TimeSpan timeout, string[] arguments, params (string Name, string Value)[] environment)
    {
        ProgramResult result = await TryRunAsync(Path.Combine(Directory, script), arguments, timeout: timeout, environment: environment);
        return result.ExitCode == 0
            ? result.Output.Trim()
            : throw new InvalidOperationException($"{script} {string.Join(' ', arguments)} ended with {result.ExitCode}: {result.Error}{result.Output}");
    }

    /// <summary>Runs a program to its end, whatever that is, and collects what it wrote.</summary>
    public static async Task<ProgramResult> TryRunAsync(
        string program, IEnumerable<string> arguments, string? input = null, TimeSpan? timeout = null, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;
        using Process process = Process.Start(start) ?? throw new Win32Exception($"{program} did not start");
        using var limit = new CancellationTokenSource(timeout ?? TimeSpan.FromMinutes(2));
        Task<string> output = process.StandardOutput.ReadToEndAsync(limit.Token);
        Task<string> error = process.StandardError.ReadToEndAsync(limit.Token);
        try
        {
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
            await process.WaitForExitAsync(limit.Token);
            return new ProgramResult(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} did not end in time");
        }
    }

    private static string Find()
    {
        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            string candidate = Path.Combine(directory.FullName, "tests", "testbed");
            if (File.Exists(Path.Combine(candidate, "up.sh")))
                return candidate;
        }
        throw new DirectoryNotFoundException($"No tests/testbed above {AppContext.BaseDirectory}: run the tests from a checkout.");
    }
}

/// <summary>What a program left behind.</summary>
public sealed record ProgramResult(int ExitCode, string Output, string Error);
