using IstioAdmin.Testing;

namespace IstioAdmin.Cluster.Tests.Operators;

/// <summary>On a real API server.</summary>
[Collection(OperatorBed.Collection)]
public sealed class LifeCycleOnRealServerTests(RealOperatorBed bed) : LifeCycleTests(bed);

/// <summary>On the sandbox, which is to be no different.</summary>
[Collection(OperatorBed.Collection)]
public sealed class LifeCycleOnSandboxTests(SandboxOperatorBed bed) : LifeCycleTests(bed);

/// <summary>From an empty cluster to a mesh on CNI and back, by cmdlets alone, everything twice: the second time, and with -WhatIf, nothing changes.</summary>
public abstract class LifeCycleTests(OperatorBed bed) : IAsyncLifetime
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await bed.ResetAsync();

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    [Theory]
    [MemberData(nameof(OperatorCase.Names), MemberType = typeof(OperatorCase))]
    public async Task From_an_empty_cluster_to_CNI_and_back(string name)
    {
        await new Road(bed).ThereAndBackAsync(name);
    }

    [Theory]
    [MemberData(nameof(OperatorCase.Names), MemberType = typeof(OperatorCase))]
    public async Task Killed_at_each_step_the_next_run_completes(string name)
    {
        var story = await new Road(bed).StoryAsync(name);
        using var shell = new MeshShell(bed.ControlPlane.Kubeconfig);
        foreach (string step in (string[])[.. story.Up, .. story.Down])
        {
            // The first change that it makes is the moment at which it is killed.
            SortedDictionary<string, string> before = await ClusterSnapshot.SettledAsync(bed.Api);
            await shell.InterruptAsync(step, async () => !(await ClusterSnapshot.TakeAsync(bed.Api)).SequenceEqual(before));
            ScriptResult again = shell.Run(step);
            // Helm cannot tell a release that somebody else is at from one that was broken off: there the message asks for -Force.
            if (again.Errors is [{ FullyQualifiedErrorId: var id }, ..] && id.StartsWith("HelmReleasePending,", StringComparison.Ordinal))
                again = shell.Run($"{step} -Force");
            Assert.True(again.TerminatingError is null && again.Errors.Count == 0 || story.Down.Contains(step),
                $"{step}: {again.TerminatingError ?? (again.Errors.Count > 0 ? again.Errors[0] : null)}");
        }
        await Eventually.BecomesTrueAsync(async () => await bed.Api.FindAsync(story.Operator.Collection, cancel: Cancel) is null, "the operator's resources are served no more");
    }
}
