using System.Text;
using IstioAdmin.Core.Cni;
using IstioAdmin.Core.Health;
using k8s.Models;

namespace IstioAdmin.Core.Tests.Cni;

/// <summary>What a node's files say about the chain.</summary>
public sealed class ChainChecksTests
{
    private const string Main = """{"name":"net","cniVersion":"0.3.1","plugins":[{"type":"bridge"},{"type":"portmap"}]}""";
    private const string Chained = """{"name":"net","cniVersion":"0.3.1","plugins":[{"type":"bridge"},{"type":"portmap"},{"type":"istio-cni"}]}""";
    private const string Alone = """{"name":"istio-cni","type":"istio-cni"}""";

    private static readonly DateTimeOffset Now = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_whole_chain_passes_every_check()
    {
        IReadOnlyList<MeshCheck> checks = Check([File("10-net.conflist", Chained)]);

        Assert.All(checks, check => Assert.Equal(CheckStatus.Pass, check.Status));
        Assert.Equal(CniChecks.OfFiles.Select(check => check.Name), checks.Select(check => check.Name));
        Assert.All(checks, check => Assert.NotNull(check.Source));
    }

    [Theory]
    // What containerd stops at, CRI-O passes over.
    [InlineData("containerd://1.7.2", "{", CheckStatus.Fail, "05-bad.conf is not valid JSON")]
    [InlineData("cri-o://1.31.0", "{", CheckStatus.Warn, "It passes over 05-bad.conf, which is not valid JSON")]
    [InlineData("containerd://1.7.2", "", CheckStatus.Fail, "is empty")]
    [InlineData("containerd://1.7.2", "[]", CheckStatus.Fail, "no object")]
    [InlineData("containerd://1.7.2", """{"plugins":[]}""", CheckStatus.Fail, "holds a list of plugins, which only a .conflist may")]
    [InlineData("containerd://1.7.2", """{"name":"x"}""", CheckStatus.Fail, "has no 'type'")]
    public void The_first_file_is_used_if_it_is_valid(string runtime, string content, CheckStatus status, string told)
    {
        MeshCheck check = Find(Check([File("05-bad.conf", content), File("10-net.conflist", Chained)], runtime), "ConfigValid");

        Assert.Equal(status, check.Status);
        Assert.Contains(told, check.Message.Replace("/etc/cni/net.d/", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"plugins":[{"type":"bridge"}]}""", "has no 'name'")]
    [InlineData("""{"name":"n"}""", "has no list 'plugins'")]
    [InlineData("""{"name":"n","plugins":[]}""", "has an empty list of plugins")]
    [InlineData("""{"name":"n","plugins":[{}]}""", "has a plugin without 'type'")]
    public void A_list_has_to_be_one(string content, string told) =>
        Assert.Contains(told, Find(Check([File("10-net.conflist", content)]), "ConfigValid").Message, StringComparison.Ordinal);

    [Fact]
    public void Files_that_no_runtime_reads_do_not_count()
    {
        MeshCheck check = Find(Check([File("00-backup.conflist.bak", "{"), new NodeFile("00-dir.conf", NodeFileType.Directory), File("10-net.conflist", Chained)]), "ConfigValid");

        Assert.Equal(CheckStatus.Pass, check.Status);
    }

    [Fact]
    public void An_empty_directory_is_an_error_of_its_own() =>
        Assert.Contains("holds no CNI configuration", Find(Check([]), "ConfigValid").Message, StringComparison.Ordinal);

    [Fact]
    public void Another_components_file_that_sorts_first_is_named_with_ours()
    {
        MeshCheck check = Find(Check([File("05-cilium.conflist", Main), File("10-net.conflist", Chained)]), "IstioCniChained");

        Assert.Equal(CheckStatus.Fail, check.Status);
        Assert.Contains("sorts before 10-net.conflist", check.Message, StringComparison.Ordinal);
        Assert.Contains("Remove 05-cilium.conflist", check.Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, "another component has overwritten the file")]
    [InlineData(false, "The agent is not ready")]
    public void An_overwritten_file_and_an_agent_that_has_not_written_yet_are_told_apart(bool ready, string told)
    {
        MeshCheck check = Find(Check([File("10-net.conflist", Main)], ready: ready), "IstioCniChained");

        Assert.Equal(CheckStatus.Fail, check.Status);
        Assert.Contains(told, check.Message, StringComparison.Ordinal);
        Assert.Contains("istio-system/istio-cni-node-x", check.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Istio_cni_alone_in_the_first_file_leaves_pods_without_network() =>
        Assert.Contains("pods on the node get no network", Find(Check([File("00-istio.conf", Alone), File("10-net.conflist", Chained)]), "IstioCniChained").Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("""[{"type":"istio-cni"},{"type":"bridge"}]""", CheckStatus.Fail, "calls bridge")]
    [InlineData("""[{"type":"bridge"},{"type":"istio-cni"},{"type":"portmap"},{"type":"bandwidth"}]""", CheckStatus.Pass, "only portmap, bandwidth")]
    [InlineData("""[{"type":"bridge"},{"type":"istio-cni"},{"type":"istio-cni"}]""", CheckStatus.Warn, "2 times")]
    [InlineData("""[{"type":"bridge"},{"type":"linkerd-cni"},{"type":"istio-cni"}]""", CheckStatus.Warn, "another mesh's plugin")]
    public void The_order_of_the_chain_counts(string plugins, CheckStatus status, string told)
    {
        MeshCheck check = Find(Check([File("10-net.conflist", $$"""{"name":"net","plugins":{{plugins}}}""")]), "ChainOrder");

        Assert.Equal(status, check.Status);
        Assert.Contains(told, check.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Multus_may_call_istio_cni_for_the_runtime()
    {
        const string multus = """{"name":"multus","plugins":[{"type":"multus","delegates":[{"name":"net","plugins":[{"type":"bridge"},{"type":"istio-cni"}]}]}]}""";

        IReadOnlyList<MeshCheck> checks = Check([File("00-multus.conflist", multus)]);

        Assert.Equal((CheckStatus.Pass, CheckStatus.Pass), (Find(checks, "IstioCniChained").Status, Find(checks, "ChainOrder").Status));
    }

    [Theory]
    [InlineData("""{"name":"multus","type":"multus"}""", true, CheckStatus.Pass, "Multus calls it")]
    [InlineData("""{"name":"net","type":"bridge"}""", true, CheckStatus.Fail, "nothing calls istio-cni")]
    [InlineData("""{"name":"multus","type":"multus"}""", false, CheckStatus.Fail, "no file of istio-cni alone")]
    public void Where_the_agent_does_not_chain_Multus_has_to_call_the_plugin(string first, bool alone, CheckStatus status, string told)
    {
        NodeFile[] files = [File("00-first.conf", first), .. alone ? [File("YYY-istio-cni.conf", Alone)] : Array.Empty<NodeFile>()];

        MeshCheck check = Find(Check(files, chained: false), "IstioCniChained");

        Assert.Equal(status, check.Status);
        Assert.Contains(told, check.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("YYY-istio-cni.conf", Alone, "is istio-cni alone, left by an agent with another setting")]
    [InlineData("20-old.conflist", Main, "is without istio-cni and would be used if 10-net.conflist went")]
    [InlineData("20-broken.conf", "{", "20-broken.conf is not valid JSON")]
    public void Files_behind_the_one_that_is_used_are_a_warning(string name, string content, string told)
    {
        MeshCheck check = Find(Check([File("10-net.conflist", Chained), File(name, content)]), "OtherConfigs");

        Assert.Equal(CheckStatus.Warn, check.Status);
        Assert.Contains(told, check.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_Istios_own_before_the_one_that_it_was_made_from_is_as_it_should_be() =>
        Assert.Equal(CheckStatus.Pass, Find(Check([File("02-istio-cni.conflist", Chained), File("10-net.conflist", Main)]), "OtherConfigs").Status);

    [Fact]
    public void A_symbolic_link_is_followed_and_told()
    {
        NodeFile link = new("10-net.conflist", NodeFileType.Link) { LinkTarget = "/opt/net.conflist", Content = Chained };

        Assert.Contains("symbolic link to /opt/net.conflist", Find(Check([link]), "OtherConfigs").Message, StringComparison.Ordinal);
        Assert.Contains("symbolic link to /opt/net.conflist that points to something", Find(Check([link with { Content = null, Problem = "points to something that is not there" }]), "ConfigValid").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_json_file_is_one_that_the_agent_does_not_look_at()
    {
        IReadOnlyList<MeshCheck> checks = Check([File("05-other.json", """{"name":"o","type":"bridge"}"""), File("10-net.conflist", Chained)]);

        Assert.Equal(CheckStatus.Fail, Find(checks, "IstioCniChained").Status);
        Assert.Contains("Istio's agent does not look at", Find(checks, "OtherConfigs").Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, true, "There is no istio-cni")]
    [InlineData(true, false, "cannot be executed")]
    public void The_program_has_to_be_there_and_executable(bool there, bool executable, string told)
    {
        var bin = new NodeDirectory("/opt/cni/bin", there ? [new NodeFile("istio-cni", NodeFileType.File) { Executable = executable }] : []);

        MeshCheck check = Find(Check([File("10-net.conflist", Chained)], bin: bin), "PluginBinary");

        Assert.Equal(CheckStatus.Fail, check.Status);
        Assert.Contains(told, check.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, CheckStatus.Fail, "/var/run/istio-cni/istio-cni-kubeconfig is not there")]
    [InlineData("", CheckStatus.Pass, "says no end")]
    [InlineData("""{"exp":1767225600}""", CheckStatus.Fail, "expired at 2026-01-01 00:00:00Z")]
    [InlineData("""{"exp":1798761600}""", CheckStatus.Pass, "valid until 2027-01-01 00:00:00Z")]
    public void The_kubeconfigs_token_has_to_be_valid(string? claims, CheckStatus status, string told)
    {
        NodeFile[] files = claims is null ? [] : [Kubeconfig("istio-cni-kubeconfig", claims)];

        MeshCheck check = Find(Check([File("10-net.conflist", Chained)], run: new NodeDirectory("/var/run/istio-cni", files)), "Kubeconfig");

        Assert.Equal(status, check.Status);
        Assert.Contains(told, check.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_kubeconfig_that_the_plugins_entry_names_is_the_one_that_counts()
    {
        const string old = """{"name":"net","plugins":[{"type":"bridge"},{"type":"istio-cni","kubernetes":{"kubeconfig":"/etc/cni/net.d/ZZZ-istio-cni-kubeconfig"}}]}""";
        NodeFile expired = Kubeconfig("ZZZ-istio-cni-kubeconfig", """{"exp":1767225600}""");
        var run = new NodeDirectory("/var/run/istio-cni", [Kubeconfig("istio-cni-kubeconfig", """{"exp":1798761600}""")]);

        Assert.Equal(CheckStatus.Fail, Find(Check([File("10-net.conflist", old), expired], run: run), "Kubeconfig").Status);
    }

    [Theory]
    [InlineData("/etc/kubernetes/istio.conf")]
    [InlineData("/etc/cni/net.d/istio-credentials")]
    public void A_kubeconfig_that_was_not_read_is_not_called_missing(string path)
    {
        string content = """{"name":"net","plugins":[{"type":"bridge"},{"type":"istio-cni","kubernetes":{"kubeconfig":"PATH"}}]}""".Replace("PATH", path, StringComparison.Ordinal);

        Assert.Equal(CheckStatus.Skip, Find(Check([File("10-net.conflist", content), new NodeFile("istio-credentials", NodeFileType.File)]), "Kubeconfig").Status);
    }

    [Fact]
    public void A_directory_that_may_not_be_read_is_skipped_with_the_reason()
    {
        IReadOnlyList<MeshCheck> checks = Check([], problem: "may not be read");

        Assert.Equal((CheckStatus.Skip, "/etc/cni/net.d may not be read."), (Find(checks, "ConfigValid").Status, Find(checks, "ConfigValid").Message));
        Assert.DoesNotContain(checks, check => check.Status == CheckStatus.Fail);
    }

    private static NodeFile File(string name, string content) => new(name, NodeFileType.File) { Content = content };

    private static NodeFile Kubeconfig(string name, string claims) =>
        new(name, NodeFileType.File) { TokenPayload = Convert.ToBase64String(Encoding.UTF8.GetBytes(claims)).TrimEnd('=').Replace('+', '-').Replace('/', '_') };

    private static MeshCheck Find(IEnumerable<MeshCheck> checks, string name) => Assert.Single(checks, check => check.Name == name);

    private static IReadOnlyList<MeshCheck> Check(
        IReadOnlyList<NodeFile> conf, string runtime = "containerd://1.7.2", bool ready = true, bool chained = true, NodeDirectory? bin = null, NodeDirectory? run = null, string? problem = null)
    {
        var agent = new V1Pod
        {
            Metadata = new V1ObjectMeta { Name = "istio-cni-node-x", NamespaceProperty = "istio-system" },
            Spec = new V1PodSpec { Containers = [new V1Container { Name = "install-cni", Env = [new V1EnvVar { Name = "CHAINED_CNI_PLUGIN", Value = chained ? "true" : "false" }] }] },
            Status = new V1PodStatus { Conditions = [new V1PodCondition { Type = "Ready", Status = ready ? "True" : "False", LastTransitionTime = Now.UtcDateTime }] },
        };
        var node = new CniNode(
            new V1Node { Metadata = new V1ObjectMeta { Name = "node-1" }, Status = new V1NodeStatus { NodeInfo = new V1NodeSystemInfo { ContainerRuntimeVersion = runtime } } },
            new V1DaemonSet { Metadata = new V1ObjectMeta { Name = "istio-cni-node", NamespaceProperty = "istio-system" } },
            new CniAgent(agent), []);
        return [.. new ChainChecks("fake", node, new NodeDirectory("/etc/cni/net.d", conf, problem),
            bin ?? new NodeDirectory("/opt/cni/bin", [new NodeFile("istio-cni", NodeFileType.File) { Executable = true }]),
            run ?? new NodeDirectory("/var/run/istio-cni", [Kubeconfig("istio-cni-kubeconfig", """{"exp":1798761600}""")]), Now).Make()];
    }
}
