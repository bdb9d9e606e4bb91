using System.Diagnostics;
using System.IO.Compression;
using IstioAdmin.Testing;

namespace IstioAdmin.Module.Tests;

public sealed class ConsoleToolTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("istioadmin-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_tools_package_brings_the_module_along()
    {
        string console = ConsoleRun.Executable();
        string project = Path.GetFullPath(Path.Combine(ModuleRunspace.ModuleFolder, "..", "..", "..", "src", "IstioAdmin.Console"));
        // The flavor of these tests: bin/Debug/net10.0.
        string configuration = Path.GetFileName(Path.GetDirectoryName(Path.GetDirectoryName(console)))!;
        (int exitCode, string said) = await RunAsync("pack", project, "--no-build", "--configuration", configuration, "--output", _folder);
        Assert.True(exitCode == 0, said);
        string package = Assert.Single(Directory.GetFiles(_folder, "*.nupkg"));
        string unpacked = Path.Combine(_folder, "tool");
        await ZipFile.ExtractToDirectoryAsync(package, unpacked, TestContext.Current.CancellationToken);
        string settings = Assert.Single(Directory.GetFiles(unpacked, "DotnetToolSettings.xml", SearchOption.AllDirectories));
        Assert.Contains("Name=\"istioadmin\"", await File.ReadAllTextAsync(settings, TestContext.Current.CancellationToken), StringComparison.Ordinal);

        string program = Path.Combine(Path.GetDirectoryName(settings)!, "IstioAdmin.Console.dll");
        (exitCode, said) = await RunAsync(program, "-Command", "(Get-Module IstioAdmin).ModuleBase; (Get-Command Get-MeshPod).Name");

        Assert.Equal(0, exitCode);
        Assert.Equal([Path.Combine(Path.GetDirectoryName(program)!, "module"), "Get-MeshPod"], said.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, output);
    }
}
