using System.Diagnostics;
using IstioAdmin.Testing;

namespace IstioAdmin.Module.Tests;

/// <summary>One run of the console as a process, with its streams redirected.</summary>
internal sealed record ConsoleRun(int ExitCode, string Output, string Error)
{
    public IEnumerable<string> OutputLines => Output.Split('\n').Select(l => l.TrimEnd('\r')).Where(l => l.Length > 0);

    public static Task<ConsoleRun> CommandAsync(string command) => StartAsync(["-Command", command]);

    public static async Task<ConsoleRun> StartAsync(string[] arguments, string? input = null)
    {
        using Process process = Start(arguments);
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        if (input is not null)
            await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return new ConsoleRun(process.ExitCode, await output, await error);
    }

    public static Process Start(string[] arguments)
    {
        // Whoever runs the tests in the background made them ignore SIGINT or SIGHUP, and children inherit that: env takes it back.
        bool linux = OperatingSystem.IsLinux();
        var start = new ProcessStartInfo(linux ? "env" : "dotnet")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (linux)
        {
            start.ArgumentList.Add("--default-signal=INT,HUP,TERM");
            start.ArgumentList.Add("dotnet");
        }
        start.ArgumentList.Add(Executable());
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    /// <summary>The console's own build, in the configuration of these tests.</summary>
    internal static string Executable()
    {
        string repository = Path.GetFullPath(Path.Combine(ModuleRunspace.ModuleFolder, "..", "..", ".."));
        string flavor = Path.GetRelativePath(Path.Combine(repository, "tests", "IstioAdmin.Module.Tests"), AppContext.BaseDirectory);
        return Path.Combine(repository, "src", "IstioAdmin.Console", flavor, "IstioAdmin.Console.dll");
    }
}
