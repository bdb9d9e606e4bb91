using System.Text;
using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Nodes.Exec;

namespace IstioAdmin.Sandbox.Tests.Nodes;

/// <summary>Commands in containers, answered from the model.</summary>
public sealed class CommandTests
{
    [Fact]
    public async Task What_is_known_is_answered_and_what_is_not_says_so()
    {
        await using SandboxWorld world = await SandboxWorld.StartAsync();
        await world.NamespaceAsync("shop");
        await world.CreateAsync(Manifests.WithInit("shop", "web"));
        JsonObject pod = await world.ReadyAsync("shop", "web");

        Assert.Equal((0, "hello world\n", ""), await RunAsync("echo", "hello", "world"));
        Assert.Equal((0, "web\n", ""), await RunAsync("sh", "-c", "hostname"));
        Assert.Equal((0, "", ""), await RunAsync("true"));
        (int saved, string rules, _) = await RunAsync("iptables-save");
        Assert.Equal(0, saved);
        Assert.Contains("-A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 15001\n", rules, StringComparison.Ordinal);
        Assert.Equal("", (await RunAsync("ip6tables-save")).Output);
        Assert.StartsWith("-P PREROUTING ACCEPT\n", (await RunAsync("iptables", "-t", "nat", "-S")).Output, StringComparison.Ordinal);
        (int refused, string nothing, string why) = await RunAsync("curl", "http://productpage:9080");
        Assert.Equal((126, ""), (refused, nothing));
        Assert.StartsWith("The sandbox runs no programs, so it cannot run 'curl http://productpage:9080'. What it can answer: cat, echo,", why, StringComparison.Ordinal);
        Assert.Equal(126, (await RunAsync("sh", "-c", "echo a; reboot")).ExitCode);

        async Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] command)
        {
            using MemoryStream output = new(), error = new();
            int exitCode = await world.Cluster.Runtime.ExecAsync(pod, "app", command, null, output, error, TestContext.Current.CancellationToken);
            return (exitCode, Encoding.UTF8.GetString(output.ToArray()), Encoding.UTF8.GetString(error.ToArray()));
        }
    }

    [Theory]
    [InlineData("echo 'a b'  c", "echo|a b|c")]
    [InlineData("iptables -t \"nat\" -S", "iptables|-t|nat|-S")]
    [InlineData("echo $HOME", null)]
    [InlineData("true && reboot", null)]
    [InlineData("echo 'open", null)]
    [InlineData("", null)]
    public void Only_a_plain_command_is_taken_from_a_shell(string line, string? words) =>
        Assert.Equal(words, ShellLine.Split(line) is { } split ? string.Join('|', split) : null);
}
