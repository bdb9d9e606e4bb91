using System.Management.Automation;
using IstioAdmin.Testing;

namespace IstioAdmin.Module.Tests;

/// <summary>Enable-IstioCni and its kin as an administrator types them.</summary>
public sealed class CniTests : ClusterTest
{
    private FakeBanzai _operator = null!;

    private protected override void Arrange()
    {
        _operator = new FakeBanzai(Server);
        _operator.PutDeployment("cart");
        _operator.PutDeployment("web", 2);
    }

    [Fact]
    public void A_switch_returns_the_state_and_warns_of_the_workloads_that_are_left()
    {
        ScriptResult result = Shell.Run("Enable-IstioCni -ExcludeNamespace istio-system, kube-system -LogLevel debug");

        Assert.Empty(result.Errors);
        PSObject state = Assert.Single(result.Output);
        Assert.Equal(("istio-sample", "On", "Banzai", true), (state.Properties["Name"].Value, $"{state.Properties["State"].Value}", $"{state.Properties["Operator"].Value}", state.Properties["Enabled"].Value));
        Assert.Equal(["istio-system", "kube-system"], (IEnumerable<string>)state.Properties["ExcludedNamespaces"].Value);
        Assert.Contains(result.Warnings, warning => warning.Contains("still carry istio-init: 2.", StringComparison.Ordinal));
        Assert.Single(_operator.WithInit("cart"));
    }

    [Fact]
    public void Every_workload_is_migrated_and_the_second_time_nothing_is()
    {
        // The rules of the fake's pods cannot be read.
        ScriptResult result = Shell.Run("Enable-IstioCni -Migrate -Force -Timeout 60");
        Assert.Empty(result.Errors);
        Assert.Equal(["Deployment shop/cart", "Deployment shop/web"], Shell.Run("$args[0].Workloads | ForEach-Object ToString", result.Output.Single()).Output.Select(output => output.ToString()));
        Assert.Empty(_operator.WithInit("web"));
        int writes = Server.Writes.Count();

        // The new pods are tested once more, and nothing could be read again.
        Assert.Contains("3 pods that had been replaced before", Assert.Single(Shell.Run("Enable-IstioCni -Migrate -SkipPrerequisite").ThrowIfFailed().Warnings), StringComparison.Ordinal);
        // What reads the rules comes and goes.
        Assert.All(Server.Writes.Skip(writes), write => Assert.Contains("/namespaces/istio-system/pods", write, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Enable-IstioCni -Migrate -WhatIf")]
    [InlineData("Get-IstioCni | Enable-IstioCni -WhatIf")]
    [InlineData("Disable-IstioCni -Migrate -WhatIf")]
    public void WhatIf_writes_nothing_and_returns_nothing(string command)
    {
        Assert.Empty(Shell.Run(command).ThrowIfFailed().Output);
        Assert.Empty(Server.Writes);
    }

    [Theory]
    [InlineData("Get-IstioCni nope", "MeshNotFound")]
    [InlineData("Enable-IstioCni nope", "MeshNotFound")]
    [InlineData("Enable-IstioCni -LogLevel shout", "LogLevelInvalid")]
    [InlineData("Enable-IstioCni -LogLevel cni:shout", "LogLevelInvalid")]
    public void What_is_not_there_is_named(string command, string error)
    {
        ScriptResult result = Shell.Run(command);

        Assert.Empty(result.Output);
        Assert.StartsWith(error + ",", (result.TerminatingError ?? Assert.Single(result.Errors)).FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Empty(Server.Writes);
    }

    [Fact]
    public async Task WhatIf_lists_the_resource_and_every_workload()
    {
        ConsoleRun run = await ConsoleRun.CommandAsync($"Connect-MeshCluster -Kubeconfig '{Kubeconfig}' | Out-Null; Enable-IstioCni -Migrate -WhatIf");

        string text = string.Join(' ', run.OutputLines);
        Assert.Contains("\"Apply\" on target \"Istio istio-system/istio-sample (sidecarInjector.initCNIConfiguration.enabled: true)", text, StringComparison.Ordinal);
        Assert.Contains("\"Replace pods\" on target \"Deployment shop/cart (1 pod)", text, StringComparison.Ordinal);
        Assert.Contains("\"Replace pods\" on target \"Deployment shop/web (2 pods)", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_prerequisite_that_fails_stops_before_anything_is_written_unless_forced()
    {
        ScriptResult result = Shell.Run("Enable-IstioCni -ExcludeNamespace shop");

        ErrorRecord error = Assert.Single(result.Errors);
        Assert.Equal("PrerequisiteFailed,IstioAdmin.Commands.EnableIstioCniCommand", error.FullyQualifiedErrorId);
        Assert.Contains("ExcludedNamespaces (shop)", error.Exception.Message, StringComparison.Ordinal);
        Assert.Empty(Server.Writes);
        Assert.Empty(Shell.Run("Enable-IstioCni -ExcludeNamespace shop -Force").Errors);
        Assert.True(_operator.Enabled);
    }

    [Fact]
    public void NoWait_changes_the_resource_and_returns()
    {
        _operator.Acts = false;

        ScriptResult result = Shell.Run("Enable-IstioCni -Migrate -NoWait");

        Assert.Empty(result.Errors);
        Assert.Equal("TurningOn", $"{result.Output.Single().Properties["State"].Value}");
        Assert.Contains(result.Warnings, warning => warning.Contains("without -NoWait", StringComparison.Ordinal));
        // What the operator owns is taken over in a second request; nothing else is written.
        Assert.Single(Server.Writes.Select(write => write.Split('?')[0]).Distinct());
    }

    [Fact]
    public void A_timeout_is_an_error_beside_the_state()
    {
        _operator.Acts = false;

        ScriptResult result = Shell.Run("Enable-IstioCni -Timeout 1");

        Assert.Equal("CniSwitchTimedOut,IstioAdmin.Commands.EnableIstioCniCommand", Assert.Single(result.Errors).FullyQualifiedErrorId);
        Assert.Equal("TurningOn", $"{result.Output.Single().Properties["State"].Value}");
    }

    [Fact]
    public void What_was_switched_on_is_switched_off_from_the_pipeline()
    {
        ScriptResult result = Shell.Run("Enable-IstioCni | Disable-IstioCni");

        Assert.Empty(result.Errors);
        Assert.Equal("Off", $"{result.Output.Single().Properties["State"].Value}");
        Assert.False(_operator.Enabled);
    }

    [Fact]
    public void A_mesh_that_does_not_exist_is_an_error_that_names_those_that_do()
    {
        ScriptResult result = Shell.Run("Enable-IstioCni other");

        Assert.StartsWith("MeshNotFound,", Assert.Single(result.Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("istio-system/istio-sample", result.Errors[0].Exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Test-MeshPrerequisite", 12)]
    [InlineData("Get-IstioCni | Test-MeshPrerequisite", 12)]
    [InlineData("Test-MeshPrerequisite -Quiet", 1)]
    public void Prerequisites_are_objects_or_one_answer(string command, int count)
    {
        IReadOnlyList<PSObject> output = Shell.Run(command).ThrowIfFailed().Output;

        Assert.Equal(count, output.Count);
        if (count == 1)
            Assert.Equal(true, output[0].BaseObject);
    }

    [Fact]
    public void Quiet_is_false_where_something_forbids_to_go_on() =>
        Assert.Equal(false, Shell.Run("Test-MeshPrerequisite -Quiet -BinDir /nowhere").ThrowIfFailed().Output.Single().BaseObject);

    [Theory]
    [InlineData("Enable-IstioCni ", "istio-sample")]
    [InlineData("Enable-IstioCni -LogLevel d", "debug")]
    public void Names_and_levels_complete(string line, string expected) => Assert.Equal([expected], Shell.Complete(line));

    [Theory]
    [InlineData("Enable-IstioCni -WarningAction Ignore", "istio-sample", "1/1")]
    [InlineData("Enable-IstioCni -WarningAction Ignore | Out-Null; (Get-IstioCni).Nodes", "node-1", "istio-cni-node-a")]
    [InlineData("Test-MeshPrerequisite", "Category: Nodes", "(cluster fake)")]
    [InlineData("(Enable-IstioCni -Migrate -Force -WarningAction Ignore).Workloads", "Deployment/cart", "Migrated")]
    public async Task What_they_return_prints_within_120_columns(string command, string first, string second)
    {
        ConsoleRun run = await ConsoleRun.CommandAsync($"Connect-MeshCluster -Kubeconfig '{Kubeconfig}' | Out-Null; {command}");

        Assert.Contains(run.OutputLines, line => line.Contains(first, StringComparison.Ordinal) && line.Contains(second, StringComparison.Ordinal));
        Assert.All(run.OutputLines, line => Assert.InRange(line.Length, 0, 120));
    }
}
