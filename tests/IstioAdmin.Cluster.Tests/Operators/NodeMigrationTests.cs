using System.Management.Automation;
using IstioAdmin.Cluster.Tests.Redirection;
using IstioAdmin.Core.Cni;
using IstioAdmin.Core.Cni.Migration;
using IstioAdmin.Iptables.Redirection;
using IstioAdmin.Testing;

namespace IstioAdmin.Cluster.Tests.Operators;

/// <summary>
/// A migration to CNI and back where pods run: istio-init and the CNI plugin write their rules into the pods' network namespaces, and each workload
/// is judged by what is read from there.
/// </summary>
[Collection(Alone)]
public sealed class NodeMigrationTests(Testbed testbed)
{
    /// <summary>The collection of tests that need both the machine's one node and the process's connections, and so run when no others do.</summary>
    public const string Alone = "Alone";

    private const string Tools = "registry.local/nettools:1";
    private const string Test = $"Get-MeshPod -Namespace shop | Test-PodRedirection -InspectorImage {Tools}";

    private static readonly string[] Workloads = ["cart", "pay", "web"];

    [Fact]
    public async Task Workloads_move_one_by_one_each_proven_and_a_broken_one_stops_it_comes_back_and_is_gone_on_with()
    {
        await using MeshedNode node = await MeshedNode.StartAsync(testbed);
        using var shell = new MeshShell(node.Kubeconfig);
        shell.Get("Install-IstioOperator Banzai -Version 1.1 -Timeout 60");
        shell.Get("New-IstioMesh mesh -Version 1.1.5 -Mtls -AutoInjectionNamespace shop -Timeout 60 -Spec @{ sidecarInjector = @{ initCNIConfiguration = @{ image = $args[0] } } }", Tools);
        await node.OpenAsync(Workloads);
        Judged(shell, "InitContainer", "Redirected", "Redirected", "Redirected");
        IReadOnlyDictionary<string, string> first = await node.PodsAsync();
        string enable = $"Enable-IstioCni -Migrate -BinDir {node.ProgramDirectory} -ConfDir {node.ConfigurationDirectory} -InspectorImage {Tools} -Timeout 90";

        // The plugin writes nothing for one of them: back to where it was.
        PodScript rules = PodScript.Of(UpstreamDefaults.CniPlugin(RedirectionGeneration.FirstGeneration) with { InboundPorts = [MeshedNode.Port] });
        await node.PutRulesAsync("cart", rules);
        await node.PutRulesAsync("web", rules);
        (IstioCni state, ErrorRecord failure) = Stopped(shell.Run($"{enable} -Rollback"));
        Assert.Equal((IstioCniState.Off, true), (state.State, state.InjectsInit));
        Assert.Equal([MigrationOutcome.RolledBack, MigrationOutcome.RolledBack, MigrationOutcome.Pending], state.Workloads.Select(workload => workload.Outcome));
        Assert.Contains("the new pods of Deployment shop/pay", failure.Exception.Message, StringComparison.Ordinal);
        Assert.Contains("the verdict is NotRedirected", failure.Exception.Message, StringComparison.Ordinal);
        Judged(shell, "InitContainer", "Redirected", "Redirected", "Redirected");
        Assert.Equal(first["web"], (await node.PodsAsync())["web"]);

        // It writes half of the rules: what is done stays, what comes after is left alone.
        await node.PutRulesAsync("pay", rules.Without(rule => rule.StartsWith("-A OUTPUT ", StringComparison.Ordinal)));
        (state, failure) = Stopped(shell.Run(enable));
        Assert.Equal(IstioCniState.On, state.State);
        Assert.Equal([MigrationOutcome.Migrated, MigrationOutcome.Failed, MigrationOutcome.Pending], state.Workloads.Select(workload => workload.Outcome));
        Assert.Equal("Redirected", $"{state.Workloads[0].Verdict}");
        Assert.Contains("the new pods of Deployment shop/pay", failure.Exception.Message, StringComparison.Ordinal);
        Assert.Contains("to go back, run Disable-IstioCni -Migrate", failure.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Judged(shell, null, "Redirected", "Partial", "Redirected");
        Assert.Equal(first["web"], (await node.PodsAsync())["web"]);

        // Mended: the next run finds the one that was left broken, and goes on with the rest.
        await node.PutRulesAsync("pay", rules);
        IReadOnlyDictionary<string, string> before = await node.PodsAsync();
        state = (IstioCni)shell.Get(enable).BaseObject;
        Assert.Equal(["pay", "web"], state.Workloads.Select(workload => workload.Name));
        Assert.All(state.Workloads, workload => Assert.Equal((MigrationOutcome.Migrated, "Redirected"), (workload.Outcome, $"{workload.Verdict}")));
        Judged(shell, "Cni", "Redirected", "Redirected", "Redirected");
        Assert.Equal(before["cart"], (await node.PodsAsync())["cart"]);
    }

    private static (IstioCni State, ErrorRecord Failure) Stopped(ScriptResult result)
    {
        ErrorRecord failure = Assert.Single(result.Errors);
        Assert.StartsWith("RedirectionNotProven,", failure.FullyQualifiedErrorId, StringComparison.Ordinal);
        return ((IstioCni)result.Output.Single().BaseObject, failure);
    }

    /// <summary>What the pods of the three workloads are found to be, by rules that are read from them now.</summary>
    private static void Judged(MeshShell shell, string? method, params string[] verdicts)
    {
        PSObject[] pods = [.. shell.Run(Test).ThrowIfFailed().Output.OrderBy(pod => $"{pod.Properties["Name"].Value}", StringComparer.Ordinal)];
        Assert.Equal(verdicts, pods.Select(pod => $"{pod.Properties["Verdict"].Value}"));
        Assert.All(pods, pod => Assert.Equal(method ?? $"{pod.Properties["Method"].Value}", $"{pod.Properties["Method"].Value}"));
    }
}

/// <inheritdoc cref="NodeMigrationTests.Alone"/>
[CollectionDefinition(NodeMigrationTests.Alone, DisableParallelization = true)]
public sealed class AloneDefinition;
