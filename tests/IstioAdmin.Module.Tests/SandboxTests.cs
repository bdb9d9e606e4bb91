using System.Globalization;
using System.Management.Automation;
using System.Net.Sockets;
using IstioAdmin.Testing;

namespace IstioAdmin.Module.Tests;

/// <summary>Practice clusters as an administrator starts, breaks and stops them.</summary>
public sealed class SandboxTests : ModuleTest, IAsyncLifetime
{
    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    // Sandboxes belong to the process, so the next test would find them.
    public ValueTask DisposeAsync()
    {
        Shell.Run("Stop-MeshSandbox").ThrowIfFailed();
        Dispose();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public void A_sandbox_has_the_nodes_that_were_asked_for_and_can_be_connected_to()
    {
        PSObject sandbox = One("Start-MeshSandbox practice -Nodes 2");
        Assert.Equal(("practice", 2), (sandbox.Properties["Name"].Value, sandbox.Properties["Nodes"].Value));
        Assert.True(((Uri)sandbox.Properties["Server"].Value).IsLoopback);

        PSObject cluster = One("Get-MeshSandbox | Connect-MeshCluster");

        Assert.Equal(("practice", "Sandbox", true),
            (cluster.Properties["Name"].Value, $"{cluster.Properties["Provider"].Value}", cluster.Properties["IsCurrent"].Value));
        Assert.StartsWith("v1.20.", (string)cluster.Properties["Version"].Value, StringComparison.Ordinal);
        Shell.Run("Get-MeshPod -Node node-2").ThrowIfFailed();
        Assert.StartsWith("NodeNotFound,", Assert.Single(Shell.Run("Get-MeshPod -Node node-3").Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void Faults_are_set_listed_and_taken_back()
    {
        One("Start-MeshSandbox");

        Assert.Equal(["AgentLate node-2"], Texts("Set-MeshSandboxFault AgentLate node-2"));
        Assert.Equal(["AgentLate node-1", "AgentLate node-2"], Texts("Set-MeshSandboxFault agentlate node-1, node-2").Order());
        Assert.Contains("ApiThrottled 25 %", Texts("Set-MeshSandboxFault ApiThrottled -Percent 25"));
        Assert.Contains("OperatorError out of memory", Texts("Set-MeshSandboxFault OperatorError -Text 'out of memory'"));
        Assert.Equal(4, Texts("(Get-MeshSandbox).Faults").Count());

        Assert.Equal(["AgentLate node-2", "OperatorError out of memory"], Texts("Set-MeshSandboxFault ApiThrottled -Off | Out-Null; Set-MeshSandboxFault AgentLate node-1 -Off").Order());
        Assert.Empty(Texts("Set-MeshSandboxFault -Clear"));
        Assert.Empty(Texts("(Get-MeshSandbox).Faults"));
    }

    [Fact]
    public void WhatIf_sets_no_fault()
    {
        One("Start-MeshSandbox");

        Assert.Empty(Texts("Set-MeshSandboxFault LoadBalancerPending -WhatIf"));
        Shell.Run("Set-MeshSandboxFault LoadBalancerPending").ThrowIfFailed();
        Assert.Equal(["LoadBalancerPending"], Texts("Set-MeshSandboxFault -Clear -WhatIf"));
        Shell.Run("Stop-MeshSandbox -WhatIf").ThrowIfFailed();
        Assert.Single(Texts("Get-MeshSandbox"));
    }

    [Fact]
    public void The_fault_of_a_pod_is_set_in_the_pods_own_sandbox()
    {
        Shell.Run("Start-MeshSandbox one; Start-MeshSandbox two").ThrowIfFailed();
        Shell.Run("Get-MeshSandbox two | Connect-MeshCluster").ThrowIfFailed();
        Shell.Run("Install-IstioOperator Banzai").ThrowIfFailed();

        Assert.Equal("PodUnready", One("Get-MeshPod -Namespace istio-system | Set-MeshSandboxFault PodUnready").Properties["Kind"].Value.ToString());

        Assert.Empty(Texts("(Get-MeshSandbox one).Faults"));
        Assert.Single(Texts("(Get-MeshSandbox two).Faults"));
    }

    [Fact]
    public async Task A_pod_of_a_real_cluster_gets_no_fault()
    {
        await using MeshServer server = await MeshServer.StartAsync([[MeshServer.Pod("default", "web-0", "web")]]);
        Connect(server);
        One("Start-MeshSandbox");

        ScriptResult result = Shell.Run("Get-MeshPod | Set-MeshSandboxFault RulesFlushed");

        Assert.Equal("SandboxNotFound,IstioAdmin.Commands.SetMeshSandboxFaultCommand", Assert.Single(result.Errors).FullyQualifiedErrorId);
        Assert.Empty(result.Output);
    }

    [Theory]
    [InlineData("Start-MeshSandbox other -Nodes 0", "ParameterArgumentValidationError")]
    [InlineData("Start-MeshSandbox other -Nodes 5001", "ParameterArgumentValidationError")]
    [InlineData("Start-MeshSandbox 'Not a name'", "SandboxNameInvalid")]
    [InlineData("Start-MeshSandbox", "SandboxExists")]
    [InlineData("Get-MeshSandbox other", "SandboxNotFound")]
    [InlineData("Stop-MeshSandbox other", "SandboxNotFound")]
    [InlineData("Set-MeshSandboxFault Earthquake", "ParameterArgumentValidationError")]
    [InlineData("Set-MeshSandboxFault AgentLate", "SandboxFaultTargetMissing")]
    [InlineData("Set-MeshSandboxFault AgentLate node-9", "SandboxNodeNotFound")]
    [InlineData("Set-MeshSandboxFault NodeDown -Target node-1 -Percent 10", "SandboxFaultArgumentUnexpected")]
    [InlineData("Set-MeshSandboxFault NodeDown -Target node-1 -Text why", "SandboxFaultArgumentUnexpected")]
    [InlineData("Set-MeshSandboxFault OperatorError -Text why -Off", "SandboxFaultArgumentUnexpected")]
    [InlineData("Set-MeshSandboxFault WatchesCut node-1", "SandboxFaultTargetUnexpected")]
    [InlineData("Set-MeshSandboxFault WatchesCut -Off", "SandboxFaultNotLasting")]
    [InlineData("Set-MeshSandboxFault RulesFlushed default/none", "SandboxPodNotFound")]
    [InlineData("Set-MeshSandboxFault PodUnready default/none", "SandboxPodNotFound")]
    [InlineData("Set-MeshSandboxFault RulesReplaced default/none", "SandboxFaultTextMissing")]
    [InlineData("Set-MeshSandboxFault RulesReplaced default/none -Text nonsense", "SandboxRulesInvalid")]
    [InlineData("Set-MeshSandboxFault ApiFailing -Percent 101", "ParameterArgumentValidationError")]
    [InlineData("Set-MeshSandboxFault NodeDown node-1 -Sandbox other", "SandboxNotFound")]
    public void Wrong_input_is_named_and_changes_nothing(string command, string error)
    {
        One("Start-MeshSandbox");

        ScriptResult result = Shell.Run(command);

        Assert.StartsWith(error + ",", (result.TerminatingError ?? Assert.Single(result.Errors)).FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Empty(result.Output);
        Assert.Empty(Texts("(Get-MeshSandbox).Faults"));
    }

    [Theory]
    [InlineData("Set-MeshSandboxFault WatchesCut")]
    [InlineData("Set-MeshSandboxFault -Clear")]
    public void Without_a_sandbox_one_error_says_how_to_get_one(string command)
    {
        ScriptResult result = Shell.Run(command);

        ErrorRecord error = Assert.Single(result.Errors);
        Assert.Null(result.Terminating);
        Assert.StartsWith("SandboxNotFound,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("Start-MeshSandbox", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_there_are_two_the_one_must_be_named()
    {
        Shell.Run("Start-MeshSandbox east; Start-MeshSandbox west").ThrowIfFailed();

        Assert.StartsWith("SandboxAmbiguous,", Assert.Single(Shell.Run("Set-MeshSandboxFault WatchesCut").Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
        Shell.Run("Set-MeshSandboxFault NodeDown node-3 -Sandbox west").ThrowIfFailed();

        Assert.Equal(["", "NodeDown node-3"], Shell.Run("Get-MeshSandbox | ForEach-Object { $_.Faults -join ' ' }").ThrowIfFailed().Output.Select(output => output.ToString()));
        Assert.Equal(["east"], Names("Get-MeshSandbox e*"));
        Assert.Equal(["east", "west"], Shell.Complete("Stop-MeshSandbox "));
    }

    [Fact]
    public async Task What_is_stopped_is_gone_with_its_connection_and_its_kubeconfig()
    {
        Shell.Run("Start-MeshSandbox east; Start-MeshSandbox west").ThrowIfFailed();
        PSObject east = One("Get-MeshSandbox east");
        var server = (Uri)east.Properties["Server"].Value;
        string kubeconfig = (string)east.Properties["Kubeconfig"].Value;
        Shell.Run("Get-MeshSandbox | Connect-MeshCluster").ThrowIfFailed();
        Assert.True(File.Exists(kubeconfig));

        Assert.Empty(Shell.Run("Stop-MeshSandbox east").ThrowIfFailed().Output);

        Assert.Equal(["west"], Names("Get-MeshSandbox"));
        Assert.Equal(["west"], Names("Get-MeshCluster"));
        Assert.False(File.Exists(kubeconfig));
        Assert.False(await AnswersAsync(server));
        // The second time there is none of this name, and without one nothing is left to do.
        Assert.StartsWith("SandboxNotFound,", Assert.Single(Shell.Run("Stop-MeshSandbox east").Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
        Shell.Run("Get-MeshSandbox | Stop-MeshSandbox; Stop-MeshSandbox; Stop-MeshSandbox ea*").ThrowIfFailed();
        Assert.Empty(Names("Get-MeshSandbox"));
        // Its name is free again.
        Assert.Equal(["east"], Names("Start-MeshSandbox east"));
    }

    [Fact]
    public void A_module_that_is_imported_again_keeps_its_sandboxes()
    {
        One("Start-MeshSandbox");

        Shell.Run($"Import-Module '{ModuleRunspace.Manifest}' -Force").ThrowIfFailed();

        Assert.Equal(["sandbox"], Names("Get-MeshSandbox"));
        Assert.Equal("Sandbox", $"{One("Get-MeshSandbox | Connect-MeshCluster").Properties["Provider"].Value}");
    }

    [Fact]
    public async Task Removing_the_module_stops_them()
    {
        ConsoleRun run = await ConsoleRun.CommandAsync("""
            $sandbox = Start-MeshSandbox
            $kubeconfig = $sandbox.Kubeconfig
            "before: $([IO.File]::Exists($kubeconfig))"
            Remove-Module IstioAdmin
            $limit = [DateTime]::UtcNow.AddSeconds(60)
            while ([IO.File]::Exists($kubeconfig) -and [DateTime]::UtcNow -lt $limit) { [Threading.Thread]::Sleep(100) }
            "after: $([IO.File]::Exists($kubeconfig))"
            """);

        Assert.Equal(["before: True", "after: False"], run.OutputLines);
    }

    [Fact]
    public async Task The_end_of_the_process_takes_the_kubeconfig_with_its_token_away()
    {
        ConsoleRun run = await ConsoleRun.CommandAsync("(Start-MeshSandbox).Kubeconfig");

        Assert.False(Directory.Exists(Path.GetDirectoryName(Assert.Single(run.OutputLines))));
    }

    [Fact]
    public async Task It_is_shown_for_what_it_is()
    {
        ConsoleRun run = await ConsoleRun.CommandAsync(
            "Start-MeshSandbox | Out-Default; Set-MeshSandboxFault AgentLate node-2 | Out-Default; Get-MeshSandbox | Connect-MeshCluster | Out-Default; Get-MeshCluster | Out-Default");

        Assert.Equal(2, run.OutputLines.Count(line => line.Contains("Practice cluster", StringComparison.Ordinal) && line.Contains("nothing in it is real", StringComparison.Ordinal)));
        Assert.Contains(run.OutputLines, line => line.StartsWith("sandbox ", StringComparison.Ordinal) && line.Contains("https://127.0.0.1:", StringComparison.Ordinal) && line.Contains(" 3 ", StringComparison.Ordinal));
        Assert.Contains(run.OutputLines, line => line.StartsWith("AgentLate ", StringComparison.Ordinal) && line.Contains("node-2", StringComparison.Ordinal));
        Assert.All(run.OutputLines, line => Assert.InRange(line.Length, 0, 120));
    }

    private PSObject One(string script) => Assert.Single(Shell.Run(script).ThrowIfFailed().Output);

    private IEnumerable<string> Texts(string script) => Shell.Run(script).ThrowIfFailed().Output.Select(output => Convert.ToString(output.BaseObject, CultureInfo.InvariantCulture)!);

    private IEnumerable<object> Names(string script) => Shell.Run(script).ThrowIfFailed().Output.Select(output => output.Properties["Name"].Value);

    private static async Task<bool> AnswersAsync(Uri server)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(server.Host, server.Port, Cancel);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
