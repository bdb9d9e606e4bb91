using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube.Changes;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Operators;

namespace IstioAdmin.Core.Tests.Operators;

/// <summary>Installing from charts, with a script in Helm's place. The tests set PATH, so they are all in this class, and nothing runs beside them.</summary>
[Collection(Alone)]
public sealed class ChartInstallTests
{
    /// <summary>The collection of tests that change what all of the process sees.</summary>
    public const string Alone = "Alone";

    private const string Release = "HelmRelease sail-operator/sail-operator";

    private static OperatorOptions Sail { get; } = new() { Kind = IstioOperatorKind.Sail, Chart = "sail-operator/sail-operator" };

    [Fact]
    public async Task Helm_installs_the_chart_in_the_connected_context_and_a_second_run_leaves_it_alone()
    {
        using var helm = new FakeHelm();
        await using OperatorWorld world = await StartAsync(kubeconfig: ["/tmp/one", "/tmp/two"]);

        IstioOperator first = await world.InstallAsync(Sail with { Version = "1.2.3" });
        IstioOperator second = await world.InstallAsync(Sail with { Version = "1.2.3" });

        Assert.Equal((Release, ChangeOutcome.Created), (first.Objects.Single().ToString(), first.Objects.Single().Outcome));
        Assert.Equal(ChangeOutcome.Unchanged, second.Objects.Single().Outcome);
        string upgrade = helm.Calls.First(call => call.StartsWith("upgrade", StringComparison.Ordinal) && !call.Contains("--dry-run", StringComparison.Ordinal));
        Assert.StartsWith("upgrade sail-operator sail-operator/sail-operator --install --namespace sail-operator --create-namespace", upgrade, StringComparison.Ordinal);
        Assert.Contains("--version 1.2.3", upgrade, StringComparison.Ordinal);
        Assert.EndsWith("--kube-context fake", upgrade, StringComparison.Ordinal);
        Assert.Single(helm.Calls, call => call.StartsWith("upgrade", StringComparison.Ordinal) && !call.Contains("--dry-run", StringComparison.Ordinal));
        Assert.Equal($"/tmp/one{Path.PathSeparator}/tmp/two", helm.Read("kubeconfig")[^1]);
    }

    [Fact]
    public async Task Planning_changes_nothing()
    {
        using var helm = new FakeHelm();
        await using OperatorWorld world = await StartAsync();

        ChangePlan plan = await world.PlanAsync(Sail);

        Assert.Equal(("1.2.3", ChangeAction.Create), (plan.Version, Assert.Single(plan.Steps).Action));
        Assert.All(helm.Calls, call => Assert.True(call.StartsWith("status", StringComparison.Ordinal) || call.Contains("--dry-run", StringComparison.Ordinal), call));
    }

    [Fact]
    public async Task Values_reach_Helm_in_a_file_for_this_user_alone_that_is_gone_afterwards()
    {
        using var helm = new FakeHelm();
        await using OperatorWorld world = await StartAsync();

        await world.InstallAsync(Sail with { Values = new JsonObject { ["token"] = "s3cret", ["replicas"] = 2 } });

        Assert.Contains("""{"token":"s3cret","replicas":2}""", helm.Read("values")[0], StringComparison.Ordinal);
        Assert.All(helm.Calls, call => Assert.DoesNotContain("s3cret", call, StringComparison.Ordinal));
        Assert.All(helm.Read("modes"), mode => Assert.StartsWith("-rw-------", mode, StringComparison.Ordinal));
        Assert.All(helm.Read("files"), file => Assert.False(File.Exists(file)));
    }

    [Fact]
    public async Task A_kubeconfig_that_is_in_no_file_is_lent_to_Helm_in_one_for_this_user_alone_that_is_gone_afterwards()
    {
        using var helm = new FakeHelm();
        await using OperatorWorld world = await OperatorWorld.StartAsync(kubeconfigText: "apiVersion: v1\nkind: Config\nusers: [{name: me, user: {token: s3cret}}]\n");
        world.PutWorkload("deployments", "Deployment", "sail-operator", "sail-operator", "sail-operator:1.2.3", """{"annotations":{"meta.helm.sh/release-name":"sail-operator"}}""");

        await world.InstallAsync(Sail);
        helm.Write("failure", "Error: no");
        await Assert.ThrowsAsync<MeshException>(() => world.InstallAsync(Sail with { Version = "2.0.0" }));

        // The question for Helm's version needs none.
        string[] lent = [.. helm.Read("kubeconfig").Where(path => path.Length > 0).Distinct()];
        Assert.Equal(helm.Calls.Length, lent.Length);
        Assert.All(helm.Calls, call => Assert.EndsWith("--kube-context fake", call, StringComparison.Ordinal));
        Assert.Equal(lent.Length, helm.Read("lent").Count(line => line.Contains("token: s3cret", StringComparison.Ordinal)));
        Assert.Equal(lent.Length, helm.Read("lent-modes").Count(line => line.StartsWith("-rw-------", StringComparison.Ordinal)));
        Assert.All(lent, path => Assert.False(File.Exists(path)));
    }

    [Fact]
    public async Task Without_values_an_upgrade_keeps_those_of_the_release()
    {
        using var helm = new FakeHelm();
        await using OperatorWorld world = await StartAsync();

        await world.InstallAsync(Sail);

        Assert.Contains(helm.Calls, call => call.Contains("--reuse-values", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Helms_own_words_are_in_the_error_without_secrets()
    {
        using var helm = new FakeHelm();
        helm.Write("failure", "Error: chart requires kubeVersion: >=1.99.0 which is incompatible with Kubernetes v1.20.2; Authorization: Bearer abcdef0123456789");
        await using OperatorWorld world = await StartAsync();

        MeshException failed = await Assert.ThrowsAsync<MeshException>(() => world.PlanAsync(Sail));

        Assert.Equal("HelmFailed", failed.ErrorId);
        Assert.Contains("kubeVersion: >=1.99.0", failed.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("abcdef0123456789", failed.Message, StringComparison.Ordinal);
        Assert.Contains("-Version", failed.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("v3.7.2+g663a896", "HelmTooOld", "3.7.2")]
    [InlineData("Client: v2.17.0+ga690bad", "HelmTooOld", "2.17.0")]
    [InlineData("no such thing", "HelmFailed", "no such thing")]
    public async Task A_helm_that_will_not_do_is_refused_with_its_version(string version, string errorId, string named)
    {
        using var helm = new FakeHelm(version);
        await using OperatorWorld world = await StartAsync();

        MeshException refused = await Assert.ThrowsAsync<MeshException>(() => world.PlanAsync(Sail));

        Assert.Equal(errorId, refused.ErrorId);
        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_there_is_no_helm_the_error_says_so()
    {
        string? path = Environment.GetEnvironmentVariable("PATH");
        await using OperatorWorld world = await StartAsync();
        try
        {
            Environment.SetEnvironmentVariable("PATH", "/nonexistent");
            MeshException refused = await Assert.ThrowsAsync<MeshException>(() => world.PlanAsync(Sail));

            Assert.Equal(("HelmNotFound", FailureKind.NotFound), (refused.ErrorId, refused.Kind));
        }
        finally
        {
            Environment.SetEnvironmentVariable("PATH", path);
        }
    }

    [Fact]
    public async Task A_release_that_an_interrupted_run_left_pending_is_cleared_with_force()
    {
        using var helm = new FakeHelm();
        helm.Write("release", "pending-install");
        await using OperatorWorld world = await StartAsync();

        MeshException refused = await Assert.ThrowsAsync<MeshException>(() => world.PlanAsync(Sail));
        IstioOperator installed = await world.InstallAsync(Sail with { Force = true });

        Assert.Equal("HelmReleasePending", refused.ErrorId);
        Assert.Equal(ChangeOutcome.Changed, installed.Objects.Single().Outcome);
        Assert.Contains(helm.Calls, call => call.StartsWith("uninstall sail-operator", StringComparison.Ordinal));
        Assert.Contains(helm.Calls, call => call.Contains("--take-ownership", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_release_is_removed_by_helm()
    {
        using var helm = new FakeHelm();
        await using OperatorWorld world = await StartAsync();
        await world.InstallAsync(Sail);

        IstioOperator removed = await world.RemoveAsync(new OperatorRemovalOptions { Kind = IstioOperatorKind.Sail });

        Assert.Equal([Release], removed.Objects.Select(item => item.ToString()));
        Assert.Contains(helm.Calls, call => call.StartsWith("uninstall sail-operator --namespace sail-operator", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_image_is_for_the_chart_to_name()
    {
        using var helm = new FakeHelm();
        await using OperatorWorld world = await StartAsync();

        MeshException refused = await Assert.ThrowsAsync<MeshException>(() => world.PlanAsync(Sail with { Image = "a:1" }));

        Assert.Equal("OperatorOptionInvalid", refused.ErrorId);
    }

    /// <summary>A server where Helm's work is already to be seen, for the script applies nothing.</summary>
    private static async Task<OperatorWorld> StartAsync(IReadOnlyList<string>? kubeconfig = null)
    {
        OperatorWorld world = await OperatorWorld.StartAsync(kubeconfig: kubeconfig);
        world.PutWorkload("deployments", "Deployment", "sail-operator", "sail-operator", "sail-operator:1.2.3", """{"annotations":{"meta.helm.sh/release-name":"sail-operator"}}""");
        return world;
    }
}

/// <inheritdoc cref="ChartInstallTests.Alone"/>
[CollectionDefinition(ChartInstallTests.Alone, DisableParallelization = true)]
public sealed class AloneDefinition;
