using IstioAdmin.Testing;

namespace IstioAdmin.Cluster.Tests.Operators;

/// <summary>From an empty cluster to a mesh on CNI and back, by cmdlets alone, everything twice: the second time, and with -WhatIf, nothing changes.</summary>
[Collection(OperatorBed.Collection)]
public sealed class LifeCycleTests(OperatorBed bed) : IAsyncLifetime
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await bed.ResetAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [MemberData(nameof(OperatorCase.Names), MemberType = typeof(OperatorCase))]
    public async Task From_an_empty_cluster_to_CNI_and_back(string name)
    {
        var story = await StoryAsync(name);
        using var shell = new MeshShell(bed.ControlPlane.Kubeconfig);
        SortedDictionary<string, string> empty = await ClusterSnapshot.SettledAsync(bed.Api);

        foreach (string step in story.Up)
            await TwiceAsync(shell, story.Operator, step);
        Assert.Equal(2, (int)(await bed.Api.GetAsync(story.Operator.Agents, cancel: Cancel))["status"]!["numberReady"]!);
        Assert.False(await new MeshWorld(bed, story.Operator).AddsInitAsync());

        foreach (string step in story.Down)
        {
            await WhatIfAsync(shell, step);
            await MustAsync(shell, story.Operator, step);
            // There is nothing left to do it to: a word about that is no harm.
            ScriptResult again = shell.Run(step);
            Assert.All(again.Errors.Append(again.TerminatingError).OfType<System.Management.Automation.ErrorRecord>(),
                error => Assert.Equal(System.Management.Automation.ErrorCategory.ObjectNotFound, error.CategoryInfo.Category));
        }
        // A namespace takes its time to go.
        await Eventually.BecomesTrueAsync(async () => await bed.Api.FindAsync("api/v1/namespaces/istio-system") is not { } home || home["metadata"]!["deletionTimestamp"] is null, "nothing is on its way out");
        IEnumerable<string> left = (await ClusterSnapshot.SettledAsync(bed.Api)).Keys.Except(empty.Keys).Where(key => !IsOfKubernetes(key));
        // Namespaces that Helm, a mesh or its plugin needed are not the operator's, and stay with what they may have in them.
        if (name == "Sail")
            left = left.Where(key => !key.StartsWith("namespaces ", StringComparison.Ordinal));
        ClusterSnapshot.AssertNone(left);
    }

    [Theory]
    [MemberData(nameof(OperatorCase.Names), MemberType = typeof(OperatorCase))]
    public async Task Killed_at_each_step_the_next_run_completes(string name)
    {
        var story = await StoryAsync(name);
        using var shell = new MeshShell(bed.ControlPlane.Kubeconfig);
        foreach (string step in (string[])[.. story.Up, .. story.Down])
        {
            // The first change that it makes is the moment at which it is killed.
            SortedDictionary<string, string> before = await ClusterSnapshot.SettledAsync(bed.Api);
            TimeSpan? ended = await shell.InterruptAsync(step, async () => !(await ClusterSnapshot.TakeAsync(bed.Api)).SequenceEqual(before));
            Assert.True(ended is null || ended < TimeSpan.FromSeconds(10), $"{step} took {ended} to stop");
            ScriptResult again = shell.Run(step);
            // Helm cannot tell a release that somebody else is at from one that was broken off: there the message asks for -Force.
            if (again.Errors is [{ FullyQualifiedErrorId: var id }, ..] && id.StartsWith("HelmReleasePending,", StringComparison.Ordinal))
                again = shell.Run($"{step} -Force");
            Assert.True(again.TerminatingError is null && again.Errors.Count == 0 || story.Down.Contains(step),
                $"{step}: {again.TerminatingError ?? (again.Errors.Count > 0 ? again.Errors[0] : null)}");
        }
        await Eventually.BecomesTrueAsync(async () => await bed.Api.FindAsync(story.Operator.Collection, cancel: Cancel) is null, "the operator's resources are served no more");
    }

    /// <summary>Says what a step would do, and compares every object before and after.</summary>
    private async Task WhatIfAsync(MeshShell shell, string step)
    {
        SortedDictionary<string, string> before = await ClusterSnapshot.SettledAsync(bed.Api);
        shell.Run($"{step} -WhatIf").ThrowIfFailed();
        ClusterSnapshot.AssertSame(before, await ClusterSnapshot.SettledAsync(bed.Api));
    }

    /// <summary>Runs a step and runs it again, and compares every object before and after the second time.</summary>
    private async Task TwiceAsync(MeshShell shell, OperatorCase of, string step)
    {
        await WhatIfAsync(shell, step);
        await MustAsync(shell, of, step);
        SortedDictionary<string, string> before = await ClusterSnapshot.SettledAsync(bed.Api);
        await MustAsync(shell, of, step);
        ClusterSnapshot.AssertSame(before, await ClusterSnapshot.SettledAsync(bed.Api));
    }

    private async Task MustAsync(MeshShell shell, OperatorCase of, string step)
    {
        ScriptResult result = shell.Run(step);
        if (result.TerminatingError is not null || result.Errors.Count > 0)
        {
            await bed.ExplainAsync(of);
            shell.Run("(Get-IstioMesh).State; (Get-IstioMesh).Status; Wait-IstioMesh -Timeout 5 -Verbose");
        }
        result.ThrowIfFailed();
    }

    private async Task<Story> StoryAsync(string name)
    {
        await bed.CreateNamespaceAsync("shop");
        if (name == "Sail")
            await Helm.RequireAsync();
        return Story.Of(name);
    }

    /// <summary>What Kubernetes itself adds to a namespace that exists.</summary>
    private static bool IsOfKubernetes(string key) =>
        key.Contains("kube-root-ca.crt", StringComparison.Ordinal) || key.Contains("default-token", StringComparison.Ordinal) || key.EndsWith("/default", StringComparison.Ordinal);
}

/// <summary>The cmdlets that lead from an empty cluster to a mesh on CNI, and those that lead back.</summary>
internal sealed record Story(OperatorCase Operator, string[] Up, string[] Down)
{
    public const string Enable = "Enable-IstioCni -ExcludeNamespace istio-system, kube-system -Timeout 60";
    public const string Disable = "Disable-IstioCni -Timeout 60";
    public const string Remove = "Remove-IstioMesh -Confirm:$false -Timeout 60";

    public static Story Of(string name) => name switch
    {
        "Banzai" => new(OperatorCase.Banzai,
            ["Install-IstioOperator Banzai -Version 1.1 -Timeout 60", "New-IstioMesh mesh -Version 1.1.5 -Mtls -AutoInjectionNamespace shop -Timeout 60",
                "Set-IstioMesh mesh -OutboundTrafficPolicy REGISTRY_ONLY -Timeout 60", Enable],
            [Disable, Remove, "Uninstall-IstioOperator Banzai -IncludeCrd -IncludeNamespace -Confirm:$false -Timeout 60"]),
        "Cisco" => new(OperatorCase.Cisco,
            ["Install-IstioOperator Cisco -Version 1.13 -Timeout 60", "New-IstioMesh mesh -Version 1.13.5 -Timeout 60", "Set-IstioMesh mesh -OutboundTrafficPolicy REGISTRY_ONLY -Timeout 60", Enable],
            [Disable, Remove, "Uninstall-IstioOperator Cisco -IncludeCrd -IncludeNamespace -Confirm:$false -Timeout 60"]),
        _ => new(OperatorCase.Sail,
            [$"Install-IstioOperator Sail -Chart '{Path.GetFullPath(Helm.Chart)}' -Timeout 60", "New-IstioMesh default -Version v1.24.2 -Timeout 60",
                "Set-IstioMesh default -OutboundTrafficPolicy REGISTRY_ONLY -Timeout 60", Enable],
            [Disable, Remove, "Uninstall-IstioOperator Sail -IncludeCrd -IncludeNamespace -Confirm:$false -Timeout 60"]),
    };
}
