using IstioAdmin.Core.Redirection.Connections;
using IstioAdmin.Core.Redirection.Sources.Node;
using IstioAdmin.Core.Tests.Redirection.Sources;

namespace IstioAdmin.Core.Tests.Redirection.Connections;

/// <summary>What is made of what a node's shell says about a connection.</summary>
public sealed class PodConnectionTests
{
    private const string Uid = "00000000-0000-4000-8000-000000000000";
    private const string Own = "   0: 0507F40A:9C40 0900020A:0050 01 00000000:00000000 00:00000000 00000000  1000        0 77 1 0 20 4 30 10 -1\n";
    private const string Proxy = "   1: 0100007F:3A99 0507F40A:9C40 01 00000000:00000000 00:00000000 00000000  1337        0 78 1 0 20 4 30 10 -1\n";
    private const string Redirect = "-A OUTPUT -p tcp -m owner ! --uid-owner 1337 -j REDIRECT --to-ports 15001";

    private const string Opening = FakeShell.Tools + $"@ processes\n4026531833 /proc/1/ns/net\n/proc/100/cgroup:0::/kubepods/pod{Uid}/x\n/proc/100/status:NSpid:\t100\t1\n9000 /proc/100/ns/net\n";

    private static string Rules(string rules) => rules.Length == 0 ? "@ net\n@ out iptables-nft-save -c\n@ end 0 iptables-nft-save\n"
        : $"@ net\n@ out iptables-nft-save -c\n*nat\n:OUTPUT ACCEPT [0:0]\n{rules}\nCOMMIT\n@ end 0 iptables-nft-save\n";

    private static FakeShell Shell(string before, string said, string called, string after) =>
        new(Opening, _ => $"@ begin 0\n{Rules(before)}@ said\n{said}@ called {called}{Rules(after)}@ done 0 0 same\n");

    private static Task<PodConnection> ConnectAsync(params FakeShell[] shells) =>
        ConnectionWorld.ConnectAsync(ConnectionWorld.Pod(Uid), "10.2.0.9", 80, 1000, 5, [.. shells.Select(shell => (Func<INodeShell>)(() => shell))]);

    [Fact]
    public async Task A_connection_that_the_proxy_took_agrees_with_rules_that_redirect_it()
    {
        FakeShell shell = Shell($"[3:180] {Redirect}", "open\n", $"-\n{Own}{Own}{Proxy}", $"[4:240] {Redirect}");

        PodConnection connection = await ConnectAsync(shell);

        Assert.Equal((true, true, "127.0.0.1:15001"), (connection.Agrees, connection.Connected, connection.TakenBy));
        Assert.Equal(new RuleHit("nat", "OUTPUT", 1, Redirect, 1, Predicted: true), Assert.Single(connection.Observed));
        Assert.Equal("A connection from shop/web to 10.2.0.9 port 80 was taken in the pod itself, by 127.0.0.1:15001.", connection.Text[0]);
        Assert.StartsWith("call 0 100 0::/kubepods/pod", shell.Orders, StringComparison.Ordinal);
        Assert.Contains("A=10.2.0.9 P=80 U=1000 G=1000 T=5\n", shell.Orders, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_left_the_pod_contradicts_them_even_if_another_raised_the_counter()
    {
        PodConnection connection = await ConnectAsync(Shell($"[3:180] {Redirect}", "open\n", $"-\n{Own}{Own}", $"[4:240] {Redirect}"));

        Assert.Equal((false, true, null), (connection.Agrees, connection.Connected, connection.TakenBy));
        Assert.Equal("It should have come to port 15001 of the pod itself.", connection.Text[^1]);
    }

    [Fact]
    public async Task One_that_was_taken_in_the_pod_contradicts_rules_that_let_it_go()
    {
        PodConnection connection = await ConnectAsync(Shell("", "open\n", $"-\n{Own}{Own}{Proxy}", ""));

        Assert.False(connection.Agrees);
        Assert.Equal("It should have left the pod, and was taken there by 127.0.0.1:15001.", connection.Text[^1]);
    }

    [Fact]
    public async Task A_rule_that_was_to_be_met_and_was_not_is_named()
    {
        PodConnection connection = await ConnectAsync(Shell($"[3:180] {Redirect}", "bash: connect: Connection refused\n", "1\n", $"[3:180] {Redirect}"));

        Assert.Equal((false, ConnectionOutcome.Refused), (connection.Agrees, connection.Outcome));
        Assert.Contains("No packet came to rule 1 of OUTPUT in table nat", connection.Text[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rule_that_drops_it_agrees_with_no_answer()
    {
        const string drop = "-A OUTPUT -d 10.2.0.9/32 -j DROP";
        var shell = new FakeShell(Opening, _ => $"@ begin 0\n{Rules($"[0:0] {drop}").Replace("*nat", "*filter", StringComparison.Ordinal)}@ said\n@ called - late\n"
            + $"{Rules($"[3:180] {drop}").Replace("*nat", "*filter", StringComparison.Ordinal)}@ done 0 0 same\n");

        PodConnection connection = await ConnectAsync(shell);

        Assert.Equal((true, ConnectionOutcome.TimedOut, 3ul), (connection.Agrees, connection.Outcome, Assert.Single(connection.Observed).Packets));
    }

    [Fact]
    public async Task Rules_that_changed_meanwhile_prove_nothing()
    {
        PodConnection connection = await ConnectAsync(Shell($"[3:180] {Redirect}", "open\n", $"-\n{Own}{Own}{Proxy}", "[0:0] -A OUTPUT -p tcp -j REDIRECT --to-ports 15001"));

        Assert.False(connection.Agrees);
        Assert.Contains("not the same afterwards", connection.Text[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reader_without_a_program_leaves_it_to_the_next()
    {
        var unfit = new FakeShell(Opening, _ => $"@ begin 0\n{Rules("")}@ unfit program\n@ done 0 0 same\n");

        PodConnection connection = await ConnectAsync(unfit, Shell("", "open\n", $"-\n{Own}{Own}", ""));
        MeshException failure = await Assert.ThrowsAsync<MeshException>(() => ConnectAsync(
            new FakeShell(Opening, _ => $"@ begin 0\n{Rules("")}@ unfit user\nnsenter: setgid failed: Operation not permitted@ done 0 0 same\n")));

        Assert.Equal((true, "reader 2"), (connection.Agrees, connection.Reader));
        Assert.Equal("ConnectionUserRefused", failure.ErrorId);
        Assert.Contains("cannot run a program as user 1000 and group 1000: nsenter: setgid failed", failure.Message, StringComparison.Ordinal);
        failure = await Assert.ThrowsAsync<MeshException>(() => ConnectAsync(new FakeShell(Opening, _ => $"@ begin 0\n{Rules("")}@ unfit program\n@ done 0 0 same\n")));
        Assert.Contains("it has no bash and no nc", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_may_have_been_sent_is_not_sent_again()
    {
        FakeShell second = Shell("", "open\n", $"-\n{Own}{Own}", "");

        MeshException failure = await Assert.ThrowsAsync<MeshException>(() => ConnectAsync(new FakeShell(Opening, _ => $"@ begin 0\n{Rules("")}@ said\nopen\n", cut: true), second));

        Assert.Equal("RulesReadCut", failure.ErrorId);
        Assert.Equal("", second.Orders);
    }
}
