using IstioAdmin.Testing;

namespace IstioAdmin.Cluster.Tests.Operators;

/// <summary>Walks a <see cref="Story"/> on a bed, and sees that a second time and -WhatIf change nothing.</summary>
internal sealed class Road(OperatorBed bed)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>From an empty cluster to a mesh on CNI and back, each step twice.</summary>
    public async Task ThereAndBackAsync(string name)
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

    /// <summary>The story of an operator, when what it needs is there.</summary>
    public async Task<Story> StoryAsync(string name)
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
