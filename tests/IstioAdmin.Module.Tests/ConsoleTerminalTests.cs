using System.Runtime.Versioning;

namespace IstioAdmin.Module.Tests;

[SupportedOSPlatform("linux")]
public sealed class ConsoleTerminalTests : IDisposable
{
    private const string Up = "\u001b[A", CtrlC = "\u0003", CtrlD = "\u0004", Prompt = "IstioAdmin>";

    private readonly string _home = Directory.CreateTempSubdirectory("istioadmin-").FullName;

    private string History => Path.Combine(_home, ".local", "share", "IstioAdmin", "console-history.jsonl");

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [Fact]
    public async Task Tab_completes_and_the_arrow_brings_commands_back_also_in_the_next_run()
    {
        using (ConsoleTerminal terminal = await OpenAsync())
        {
            terminal.Type("'<' + (Get-Command Get-MeshPo\t");
            await terminal.SeeAsync("Get-MeshPod");
            terminal.Type(").Name + '>'\r");
            await terminal.SeeAsync("<Get-MeshPod>");
            await terminal.SeeAsync(Prompt);
            terminal.Type(Up + "\r");
            await terminal.SeeAsync("<Get-MeshPod>");
            await terminal.SeeAsync(Prompt);
            terminal.Type("exit 5\r");
            Assert.Equal(5, await terminal.EndAsync());
        }
        using ConsoleTerminal again = await OpenAsync();
        again.Type(Up + Up + "\r");
        await again.SeeAsync("<Get-MeshPod>");
        await again.SeeAsync(Prompt);
        again.Type(CtrlD);
        Assert.Equal(0, await again.EndAsync());
    }

    [Fact]
    public async Task A_command_may_have_several_lines_and_a_line_may_be_given_up()
    {
        using ConsoleTerminal terminal = await OpenAsync();
        terminal.Type("foreach ($i in 1..2) {\r");
        await terminal.SeeAsync(">>");
        terminal.Type("\"<$($i * 21)>\" }\r");
        await terminal.SeeAsync("<42>");
        await terminal.SeeAsync(Prompt);
        terminal.Type("'never' + 'run'");
        await terminal.SeeAsync("'run'");
        terminal.Type(CtrlC);
        await terminal.SeeAsync(Prompt);
        terminal.Type("'<' + 'alive>'\r");
        await terminal.SeeAsync("<alive>");
        Assert.DoesNotContain("neverrun", terminal.Screen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ctrl_C_ends_what_runs_and_not_the_console()
    {
        using ConsoleTerminal terminal = await OpenAsync();
        terminal.Type("'<' + 'begun>'; while ($true) { }\r");
        await terminal.SeeAsync("<begun>");
        terminal.Type(CtrlC);
        await terminal.SeeAsync(Prompt);
        terminal.Type("'<' + 'alive>'\r");
        await terminal.SeeAsync("<alive>");
    }

    [Fact]
    public async Task What_looks_like_a_secret_is_not_written_down_and_the_rest_is_for_the_user_alone()
    {
        using ConsoleTerminal terminal = await OpenAsync();
        foreach (string command in (string[])["'<' + 'one>'", "$env:PIPELINE_TOKEN = 'abc'; '<' + 'two>'", " '<' + 'three>'"])
        {
            terminal.Type(command + "\r");
            await terminal.SeeAsync(command.Contains("two", StringComparison.Ordinal) ? "<two>" : command.Contains("one", StringComparison.Ordinal) ? "<one>" : "<three>");
            await terminal.SeeAsync(Prompt);
        }

        string history = await File.ReadAllTextAsync(History, TestContext.Current.CancellationToken);
        Assert.Contains("one>", history, StringComparison.Ordinal);
        Assert.DoesNotContain("abc", history, StringComparison.Ordinal);
        Assert.DoesNotContain("three", history, StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(History));
    }

    [Fact]
    public async Task Progress_is_a_line_with_a_bar_and_goes_when_it_is_done()
    {
        using ConsoleTerminal terminal = await OpenAsync();
        terminal.Type("& { $r = [System.Management.Automation.ProgressRecord]::new(1, 'Installing', 'half way'); $r.PercentComplete = 50; $Host.UI.WriteProgress(1, $r); '<' + 'done>' }\r");
        await terminal.SeeAsync("Installing: half way");
        await terminal.SeeAsync(" 50%");
        await terminal.SeeAsync($"\r{new string(' ', "Installing: half way".Length)}");
        await terminal.SeeAsync("<done>");
    }

    private async Task<ConsoleTerminal> OpenAsync()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "It takes util-linux's script.");
        var terminal = new ConsoleTerminal(_home);
        await terminal.SeeAsync(Prompt);
        return terminal;
    }
}
