using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.Sources;
using IstioAdmin.Core.Redirection.Sources.Node;
using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Core.Tests.Redirection.Sources;

/// <summary>What becomes of what a node's script says.</summary>
public sealed partial class NodeSessionTests
{
    private const string Id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde";
    private static readonly NodeReader Reader = new(RulesSource.Node, "agent a/b on node n", ["create pods/exec in a"], IsInNodeNamespace: false);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whatever_pods_print_each_gets_its_own()
    {
        string[] garbage = ["@done 1 0 same\n", "\n\n", "abcdef done 2 0 same\n", "end 0 nft\n", "*nat\nCOMMIT\n", "\u0000\u0001", "{\"nftables\": []}"];
        var random = new Random(42);
        for (int round = 0; round < 50; round++)
        {
            MeshPod[] pods = Pods(random.Next(1, 12));
            var printed = new Dictionary<int, string>();
            var shell = new FakeShell(FakeShell.Tools + Processes(pods), orders =>
            {
                var said = new StringBuilder();
                foreach (System.Text.RegularExpressions.Match order in Order().Matches(orders))
                {
                    int number = int.Parse(order.Groups[1].Value, CultureInfo.InvariantCulture);
                    string text = printed[number] = $"pod {number}\n" + string.Concat(Enumerable.Range(0, random.Next(5)).Select(_ => garbage[random.Next(garbage.Length)]));
                    said.Append(CultureInfo.InvariantCulture, $"@ begin {number}\n@ net\n\n@ out iptables-nft-save\n{text}@ end 0 iptables-nft-save\n{text}@ done {number} 0 same\n{text}");
                }
                return said.ToString();
            });

            Dictionary<string, PodAnswer> answers = await RunAsync(shell, pods);

            Assert.Equal(pods.Length, answers.Count);
            for (int i = 0; i < pods.Length; i++)
                Assert.Equal(printed[i], Assert.IsType<PodAnswer.Read>(answers[pods[i].Name]).Rules.Dumps.Single().Text);
        }
    }

    [Fact]
    public async Task A_process_that_is_anothers_by_now_proves_nothing()
    {
        MeshPod[] pods = Pods(2);
        var shell = new FakeShell(FakeShell.Tools + Processes(pods), _ =>
            "@ begin 0\n@ net\n@ out nft -j list ruleset\n{}\n@ end 0 nft\n@ done 0 0 moved\n@ begin 1\n@ net\n@ out nft -j list ruleset\n{}\n@ end 0 nft\n@ done 1 0 same\n");

        Dictionary<string, PodAnswer> answers = await RunAsync(shell, pods);

        Assert.True(Assert.IsType<PodAnswer.Unread>(answers["p0"]).Passing);
        Assert.IsType<PodAnswer.Read>(answers["p1"]);
    }

    [Fact]
    public async Task A_program_that_fails_leaves_a_gap_and_one_that_is_missing_too()
    {
        MeshPod[] pods = Pods(2);
        var shell = new FakeShell(
            "@ tools\nnsenter\ngrep\nls\niptables-save\nversion iptables v1.6.1\n" + Processes(pods),
            _ => "@ begin 0\n@ net\n/proc/self/net/ip_tables_names:nat\n/proc/self/net/ip6_tables_names:nat\n@ out iptables-save\n*nat\nCOMMIT\n@ end 0 iptables-save\n@ done 0 0 same\n"
                + "@ begin 1\n@ net\n@ out iptables-save\n@ end 3 iptables-save\nPermission denied (you must be root)@ done 1 0 same\n");

        Dictionary<string, PodAnswer> answers = await RunAsync(shell, pods);

        PodRules rules = Assert.IsType<PodAnswer.Read>(answers["p0"]).Rules;
        Assert.Equal((RuleDumpFormat.IptablesLegacy, IpFamily.IPv4), (rules.Dumps.Single().Format, rules.Dumps.Single().Family));
        Assert.Contains(rules.Gaps, gap => gap.Contains("no nft", StringComparison.Ordinal));
        Assert.Contains(rules.Gaps, gap => gap.Contains("no ip6tables-legacy-save", StringComparison.Ordinal));
        Assert.DoesNotContain(rules.Gaps, gap => gap.Contains("no iptables-legacy-save", StringComparison.Ordinal));
        Assert.Contains("exit code 3: Permission denied (you must be root)", Assert.IsType<PodAnswer.Unread>(answers["p1"]).Failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("@ tools\ngrep\nls\nnft\nversion \n", "@ processes\n", "no nsenter")]
    [InlineData("@ tools\nnsenter\ngrep\nls\nversion \n", "@ processes\n", "no iptables-save")]
    [InlineData(FakeShell.Tools, "@ processes\n4026531833 /proc/1/ns/net\n/proc/7/cgroup:0::/kubepods/pod99999999-0000-4000-8000-000000000000\n", "needs hostPID")]
    public async Task A_reader_that_lacks_something_says_what(string tools, string processes, string what)
    {
        MeshException failure = await Assert.ThrowsAsync<MeshException>(() => RunAsync(new FakeShell(tools + processes, _ => ""), Pods(1)));

        Assert.Equal("NodeReaderUnfit", failure.ErrorId);
        Assert.Contains(what, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_came_before_the_stream_was_cut_counts()
    {
        MeshPod[] pods = Pods(2);
        var answers = new Dictionary<string, PodAnswer>();
        var shell = new FakeShell(FakeShell.Tools + Processes(pods), _ => "@ begin 0\n@ net\n@ out nft -j list ruleset\n{}\n@ end 0 nft\n@ done 0 0 same\n@ begin 1\n@ net\n@ out nft", cut: true);

        MeshException failure = await Assert.ThrowsAsync<MeshException>(() => RunAsync(shell, pods, answers));

        Assert.Equal(("RulesReadCut", FailureKind.Connection), (failure.ErrorId, failure.Kind));
        Assert.Equal("p0", Assert.Single(answers).Key);
    }

    [Fact]
    public async Task Of_a_pods_processes_the_containers_own_first_one_is_asked()
    {
        MeshPod pod = Pods(1)[0];
        string place = $"0::/kubepods/pod{pod.Uid}";
        var shell = new FakeShell(
            FakeShell.Tools + $"""
            @ processes
            4026531833 /proc/1/ns/net
            /proc/10/cgroup:{place}/{Id}a
            /proc/11/cgroup:{place}/{Id}a/nested
            /proc/12/cgroup:{place}/{Id}a
            /proc/13/cgroup:{place}/{Id}b
            /proc/14/cgroup:{place}/crio-conmon-{Id}b
            /proc/10/status:PPid:	9
            /proc/10/status:NSpid:	10	7
            /proc/12/status:NSpid:	12	1
            /proc/12/status:Uid:	0	1337	0	0
            /proc/12/status:Gid:	0	1338	0	0
            /proc/13/status:NSpid:	13	1
            5 /proc/10/ns/net
            6 /proc/11/ns/net
            7 /proc/12/ns/net
            4026531833 /proc/13/ns/net
            4026531833 /proc/14/ns/net

            """, _ => "@ begin 0\n@ net\n@ out nft -j list ruleset\n{}\n@ end 0 nft\n@ done 0 0 same\n");

        await RunAsync(shell, [pod]);

        Assert.Equal($"rules 0 12 {place}/{Id}a\n", shell.Orders);
    }

    [Fact]
    public async Task Sets_are_read_when_a_rule_names_one()
    {
        MeshPod[] pods = Pods(2);
        var shell = new FakeShell(FakeShell.Tools.Replace("nft\n", "nft\nipset\n", StringComparison.Ordinal) + Processes(pods), orders => orders.StartsWith("sets 0 100 ", StringComparison.Ordinal)
            ? "@ begin 0\n@ out ipset save\ncreate s hash:ip\n@ end 0 ipset\n@ done 0 0 same\n"
            : "@ begin 0\n@ net\n@ out iptables-nft-save\n*nat\n-A OUTPUT -m set --match-set s dst -j ACCEPT\nCOMMIT\n@ end 0 iptables-nft-save\n@ done 0 0 same\n@ next\n"
                + "@ begin 1\n@ net\n@ out iptables-nft-save\n@ end 0 iptables-nft-save\n@ done 1 0 same\n");

        Dictionary<string, PodAnswer> answers = await RunAsync(shell, pods);

        Assert.Equal([RuleDumpFormat.IptablesNft, RuleDumpFormat.Ipset], Assert.IsType<PodAnswer.Read>(answers["p0"]).Rules.Dumps.Select(dump => dump.Format));
        Assert.Single(Assert.IsType<PodAnswer.Read>(answers["p1"]).Rules.Dumps);
    }

    private static async Task<Dictionary<string, PodAnswer>> RunAsync(FakeShell shell, MeshPod[] pods, Dictionary<string, PodAnswer>? answers = null)
    {
        answers ??= [];
        await new NodeSession(shell, Reader, pods, (pod, answer) =>
        {
            answers.Add(pod.Name, answer);
            return ValueTask.CompletedTask;
        }).RunAsync(Cancel);
        return answers;
    }

    private static MeshPod[] Pods(int count) =>
        [.. Enumerable.Range(0, count).Select(i => new MeshPod { Cluster = "c", Namespace = "ns", Name = $"p{i}", Node = "n", Phase = "Running", Uid = $"00000000-0000-4000-8000-{i:D12}" })];

    private static string Processes(MeshPod[] pods) => "@ processes\n4026531833 /proc/1/ns/net\n" + string.Concat(pods.Select((pod, i) =>
        $"/proc/{100 + i}/cgroup:0::/kubepods/pod{pod.Uid}/{Id}a\n/proc/{100 + i}/status:NSpid:\t{100 + i}\t1\n{9000 + i} /proc/{100 + i}/ns/net\n"));

    [GeneratedRegex(@"^rules (\d+) ", RegexOptions.Multiline)]
    private static partial Regex Order();
}
