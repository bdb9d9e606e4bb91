using System.Diagnostics;

namespace IstioAdmin.Module.Tests;

public sealed class ConsoleTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("istioadmin-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("exit 0", 0)]
    [InlineData("exit 3", 3)]
    [InlineData("throw 'no'", 1)]
    [InlineData("Get-Nothing", 1)]
    [InlineData("Get-MeshPod", 1)]
    [InlineData("'fine'", 0)]
    public async Task The_exit_code_of_a_command_says_how_it_went(string command, int expected) =>
        Assert.Equal(expected, (await ConsoleRun.CommandAsync(command)).ExitCode);

    [Theory]
    [InlineData("exit 7", 7)]
    [InlineData("exit", 0)]
    [InlineData("'done'", 0)]
    [InlineData("throw 'no'", 1)]
    [InlineData("if (", 1)]
    [InlineData("Get-MeshPod; exit 4", 4)]
    public async Task The_exit_code_of_a_file_is_the_scripts(string script, int expected) =>
        Assert.Equal(expected, (await FileAsync(script)).ExitCode);

    [Fact]
    public async Task A_scripts_arguments_bind_to_its_parameters()
    {
        ConsoleRun run = await FileAsync("param([string] $Name, [switch] $Quiet, [int] $Depth, [string[]] $Rest) \"$Name|$Quiet|$Depth|$PSScriptRoot\"",
            "-Name", "it's a 'name' with $signs", "-Quiet", "-Depth", "-5");
        Assert.Equal($"it's a 'name' with $signs|True|-5|{_folder}", run.OutputLines.Single());
    }

    [Fact]
    public async Task Redirected_output_has_no_escape_codes_and_results_alone()
    {
        ConsoleRun run = await ConsoleRun.CommandAsync("Get-Module; Write-Warning careful; Write-Error broken; Write-Host shown; Get-Nothing");
        Assert.DoesNotContain('\u001b', run.Output + run.Error);
        Assert.Contains("IstioAdmin", run.Output, StringComparison.Ordinal);
        Assert.Contains("shown", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("careful", run.Output, StringComparison.Ordinal);
        Assert.Contains("WARNING: careful", run.Error, StringComparison.Ordinal);
        Assert.Contains("broken", run.Error, StringComparison.Ordinal);
        Assert.Contains("Get-Nothing", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_command_is_explained_by_what_this_host_is()
    {
        ConsoleRun run = await ConsoleRun.CommandAsync("$ErrorActionPreference = 'Stop'; 1 | Select-Object -First 1");
        Assert.Contains("needs pwsh", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_error_shows_its_message_and_what_to_do()
    {
        ConsoleRun run = await ConsoleRun.CommandAsync("Connect-MeshCluster -Kubeconfig /no/such/file");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("/no/such/file", run.Error, StringComparison.Ordinal);
        Assert.Contains("Recommendation:", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_prompt_runs_commands_line_by_line_and_over_several_lines()
    {
        ConsoleRun run = await ConsoleRun.StartAsync(["-NoLogo"], "$a = 20\n$a +\n22\nexit 5\n");
        Assert.Contains("42", run.Output, StringComparison.Ordinal);
        Assert.Equal(5, run.ExitCode);
    }

    [Fact]
    public async Task The_banner_says_which_engine_this_is()
    {
        ConsoleRun run = await ConsoleRun.StartAsync([], "");
        Assert.Contains($"PowerShell engine {typeof(System.Management.Automation.PSObject).Assembly.GetName().Version!.Major}.", run.Output, StringComparison.Ordinal);
        Assert.Contains("not pwsh", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-Nonsense")]
    [InlineData("-File")]
    public async Task Arguments_that_make_no_sense_are_answered_with_the_usage(string argument)
    {
        ConsoleRun run = await ConsoleRun.StartAsync([argument]);
        Assert.Equal(64, run.ExitCode);
        Assert.Contains("Usage:", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ctrl_C_stops_a_script_that_waits()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Sending Ctrl+C to a child needs a console of its own on Windows.");
        CancellationToken cancel = TestContext.Current.CancellationToken;
        using Process process = ConsoleRun.Start(["-Command", "Write-Host ready; while ($true) { [Threading.Thread]::Sleep(10) }"]);
        Assert.Equal("ready", await process.StandardOutput.ReadLineAsync(cancel));
        using Process signal = Process.Start("kill", ["-INT", $"{process.Id}"]);
        await process.WaitForExitAsync(cancel).WaitAsync(TimeSpan.FromSeconds(60), cancel);
        Assert.Equal(130, process.ExitCode);
    }

    [Fact]
    public async Task Clusters_and_pods_read_well_at_120_columns()
    {
        await using MeshServer server = await MeshServer.StartAsync([[
            MeshServer.Pod("default", "productpage-v1-7d6cb7dfcc-sxsn2", "productpage", "istio-proxy"),
            new() { ["metadata"] = new System.Text.Json.Nodes.JsonObject { ["namespace"] = "default", ["name"] = "bare" } },
        ]]);
        ConsoleRun run = await ConsoleRun.CommandAsync($"Connect-MeshCluster -Kubeconfig '{server.Kubeconfig}'");
        Assert.Contains(run.OutputLines, l => l.StartsWith("* fake ", StringComparison.Ordinal) && l.Contains(server.Uri.ToString(), StringComparison.Ordinal) && l.Contains("v1.31.2", StringComparison.Ordinal));
        Assert.All(run.OutputLines, l => Assert.True(l.Length <= 120, l));

        run = await ConsoleRun.CommandAsync($"$null = Connect-MeshCluster -Kubeconfig '{server.Kubeconfig}'; Get-MeshPod");
        Assert.Contains(run.OutputLines, l => l.Contains("Namespace: default (cluster fake)", StringComparison.Ordinal));
        Assert.Contains(run.OutputLines, l => l.StartsWith("productpage-v1-7d6cb7dfcc-sxsn2  productpage,istio-proxy  <none> ", StringComparison.Ordinal));
        Assert.Contains(run.OutputLines, l => l.StartsWith("bare ", StringComparison.Ordinal) && l.Contains("<none>", StringComparison.Ordinal));
        Assert.All(run.OutputLines, l => Assert.True(l.Length <= 120, l));
    }

    private Task<ConsoleRun> FileAsync(string script, params string[] arguments)
    {
        string path = Path.Combine(_folder, "script.ps1");
        File.WriteAllText(path, script);
        return ConsoleRun.StartAsync(["-File", path, .. arguments]);
    }
}
