using System.Diagnostics;
using System.Management.Automation;
using IstioAdmin.Testing;

namespace IstioAdmin.Module.Tests.PkeAccess;

/// <summary>Enter-PkeCluster as an administrator types it.</summary>
public sealed class EnterPkeClusterTests : AccessTest
{
    private const string Look = "echo $KUBECONFIG; stat -c %a $KUBECONFIG; stat -c %a $(dirname $KUBECONFIG); grep -c v1beta1 $KUBECONFIG; echo $BANZAI_CURRENT_CLUSTER_NAME in $BANZAI_CURRENT_ORG_NAME";

    [Fact]
    public void A_command_finds_the_kubeconfig_which_is_gone_afterwards()
    {
        Posix();
        string[] lines = [.. Shell.Run("Enter-PkeCluster demo sh -ArgumentList '-c', $args[0]", Look).ThrowIfFailed().Output.Select(line => line.ToString())];

        Assert.Equal(["600", "700", "1", "demo in team"], lines[1..]);
        Assert.False(Path.Exists(Path.GetDirectoryName(lines[0])));
        Assert.Null(Environment.GetEnvironmentVariable("BANZAI_CURRENT_CLUSTER_ID"));
    }

    [Fact]
    public void The_exit_code_is_that_of_the_command()
    {
        Posix();
        Assert.Equal("7", Assert.Single(Shell.Run("$null = Get-PkeCluster demo | Enter-PkeCluster -Command sh -ArgumentList '-c', 'exit 7'; $LASTEXITCODE").ThrowIfFailed().Output).ToString());
    }

    [Fact]
    public void A_shell_is_the_users_own_and_gets_the_terminal()
    {
        Posix();
        string record = Path.Combine(Folder, "record"), shell = Path.Combine(Folder, "myshell");
        File.WriteAllText(shell, $"#!/bin/sh\necho \"$* $PS1\" >{record}\ntest -s \"$KUBECONFIG\" && echo \"$KUBECONFIG\" >>{record}\nexit 3\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(shell, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        string? before = Environment.GetEnvironmentVariable("SHELL");
        try
        {
            Environment.SetEnvironmentVariable("SHELL", shell);
            Assert.Equal("3", Assert.Single(Shell.Run("Enter-PkeCluster demo; $LASTEXITCODE").ThrowIfFailed().Output).ToString());
        }
        finally
        {
            Environment.SetEnvironmentVariable("SHELL", before);
        }
        string[] lines = File.ReadAllLines(record);
        Assert.Equal("-i [${BANZAI_CURRENT_CLUSTER_NAME}] $ ", lines[0]);
        Assert.False(Path.Exists(lines[1]));
    }

    [Fact]
    public async Task Stopping_ends_the_command_and_removes_the_kubeconfig()
    {
        Posix();
        string record = Path.Combine(Folder, "record");
        using PowerShell shell = Shell.Script("Enter-PkeCluster demo sh -ArgumentList '-c', $args[0]", $"echo $$ >{record}.pid; echo $KUBECONFIG >{record}; mv {record} {record}.done; sleep 1000");
        IAsyncResult running = shell.BeginInvoke();
        await Eventually.BecomesTrueAsync(() => File.Exists($"{record}.done"), "the command runs");
        string kubeconfig = File.ReadAllText($"{record}.done").Trim();
        Assert.True(File.Exists(kubeconfig));

        shell.Stop();

        Assert.ThrowsAny<RuntimeException>(() => shell.EndInvoke(running));
        await Eventually.BecomesTrueAsync(() => !Path.Exists(Path.GetDirectoryName(kubeconfig)) && !Directory.Exists($"/proc/{File.ReadAllText($"{record}.pid").Trim()}"), "kubeconfig and command are gone");
    }

    [Theory]
    [InlineData("HUP")]
    [InlineData("TERM")]
    public async Task A_terminal_that_is_closed_leaves_no_kubeconfig(string signal)
    {
        Posix();
        string record = Path.Combine(Folder, "record"), login = Path.Combine(Folder, "banzai.yaml"), script = Path.Combine(Folder, "script");
        await File.WriteAllTextAsync(login, $"organization:\n  id: 1\npipeline:\n  basepath: {Server.Uri}\n  token: {Server.Token}\n", Cancel);
        await File.WriteAllTextAsync(script, $"echo $$ $KUBECONFIG >{record}; mv {record} {record}.done; exec sleep 1000\n", Cancel);
        using Process console = ConsoleRun.Start(["-Command", $"$null = Connect-Pipeline -Configuration '{login}'; Enter-PkeCluster demo sh '{script}'"]);
        await Eventually.BecomesTrueAsync(() => File.Exists($"{record}.done"), "the command runs", Patience);
        string[] said = (await File.ReadAllTextAsync($"{record}.done", Cancel)).Trim().Split(' ');
        try
        {
            Assert.True(File.Exists(said[1]));

            using Process kill = Process.Start("kill", [$"-{signal}", $"{console.Id}"]);
            await console.WaitForExitAsync(Cancel).WaitAsync(Patience, Cancel);

            Assert.False(Path.Exists(Path.GetDirectoryName(said[1])));
        }
        finally
        {
            // Nobody else ends it: the console that started it is gone.
            using var left = Process.Start("kill", [said[0]]);
            await left.WaitForExitAsync(CancellationToken.None);
        }
    }

    [Fact]
    public void One_inside_the_other_is_refused()
    {
        try
        {
            Environment.SetEnvironmentVariable("BANZAI_CURRENT_CLUSTER_ID", "12");
            ErrorRecord error = Shell.Run("Enter-PkeCluster demo sh -ArgumentList '-c', 'exit 0'").TerminatingError!;
            Assert.StartsWith("ClusterShellNested,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
            Assert.DoesNotContain("GetClusterConfig", Server.Called);
        }
        finally
        {
            Environment.SetEnvironmentVariable("BANZAI_CURRENT_CLUSTER_ID", null);
        }
    }

    [Fact]
    public void A_shell_is_for_one_cluster_and_a_command_for_many()
    {
        Posix();
        Server.AddCluster("demo-2");
        Assert.StartsWith("PkeClusterAmbiguous,", Shell.Run("Enter-PkeCluster demo*").TerminatingError!.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(["demo", "demo-2"], Shell.Run("Enter-PkeCluster demo* printenv BANZAI_CURRENT_CLUSTER_NAME").ThrowIfFailed().Output.Select(line => line.ToString()));
    }

    [Fact]
    public void A_command_that_is_not_there_is_an_error_before_anything_is_fetched()
    {
        Assert.StartsWith("CommandNotFound,", Shell.Run("Enter-PkeCluster demo no-such-program").TerminatingError!.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.DoesNotContain("GetClusterConfig", Server.Called);
    }

    private static void Posix() => Assert.SkipWhen(OperatingSystem.IsWindows(), "The programs of this test are those of Unix.");
}
