using IstioAdmin.Core.Mesh;
using IstioAdmin.Core.Redirection.Connections;
using IstioAdmin.Core.Redirection.Sources.Node;
using IstioAdmin.Core.Tests.Redirection.Sources;

namespace IstioAdmin.Core.Tests.Redirection.Connections;

/// <summary>The script itself, with real connections in network namespaces of the test's own.</summary>
public sealed class ConnectionScriptTests
{
    private const string Id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    private const string Address = "ip link add eth0 type veth peer name wire; ip link set wire up; ip addr add 10.244.7.5/24 dev eth0; ip addr add fd00::5/64 dev eth0 nodad; ip link set eth0 up; ip route add default dev eth0; ip -6 route add default dev eth0\n";
    private const string Proxy = "timeout 60 busybox nc -ll -p 15001 -e sleep 30 >/dev/null 2>&1 & \nwhile ! grep -q :3A99 /proc/self/net/tcp6; do sleep 0.1; done\n";
    private const string Redirect = "for i in iptables-nft ip6tables-nft; do $i -t nat -A OUTPUT -p tcp -m owner ! --uid-owner 1337 -j REDIRECT --to-ports 15001; done\n";

    public static TheoryData<string> Shells => ["dash", "bash", "busybox sh"];

    private static async Task<PodConnection> ConnectAsync(string world, string shell, string to = "10.2.0.9", uint user = 1000, int patience = 30)
    {
        await using ScriptWorld pod = await ScriptWorld.CreateAsync(Address + world);
        MeshPod sender = ConnectionWorld.Pod(Guid.NewGuid().ToString()) with { PodIPs = ["10.244.7.5", "fd00::5"] };
        pod.Place(sender.Uid!, Id);
        return await ConnectionWorld.ConnectAsync(sender, to, 80, user, patience, () => LocalShell.Open(shell.Split(' ')));
    }

    [Theory]
    [MemberData(nameof(Shells))]
    public async Task Is_taken_by_the_proxy_where_a_rule_redirects_it(string shell)
    {
        PodConnection connection = await ConnectAsync(Proxy + Redirect, shell);

        Assert.True(connection.Agrees, string.Join('\n', connection.Text));
        Assert.Equal((true, "127.0.0.1:15001"), (connection.Connected, connection.TakenBy));
        Assert.Equal(("nat", "OUTPUT", 1ul, true), Assert.Single(connection.Observed) is var hit ? (hit.Table, hit.Chain, hit.Packets, hit.Predicted) : default);
    }

    [Fact]
    public async Task Is_taken_by_the_proxy_over_IPv6_too()
    {
        PodConnection connection = await ConnectAsync(Proxy + Redirect, "sh", "fd01::9");

        Assert.True(connection.Agrees, string.Join('\n', connection.Text));
        Assert.Equal("[::1]:15001", connection.TakenBy);
    }

    [Fact]
    public async Task Is_refused_where_no_proxy_listens()
    {
        PodConnection connection = await ConnectAsync(Redirect, "sh");

        Assert.True(connection.Agrees, string.Join('\n', connection.Text));
        Assert.Equal((ConnectionOutcome.Refused, 1), (connection.Outcome, connection.Observed.Count));
    }

    [Fact]
    public async Task Leaves_the_pod_as_the_user_whose_connections_pass()
    {
        // Nobody is there, and after three seconds the kernel would say so.
        PodConnection connection = await ConnectAsync(Proxy + Redirect, "sh", user: 1337, patience: 2);

        Assert.True(connection.Agrees, string.Join('\n', connection.Text));
        Assert.Equal(ConnectionOutcome.TimedOut, connection.Outcome);
        Assert.Empty(connection.Observed);
    }

    [Fact]
    public async Task Is_dropped_by_a_rule()
    {
        PodConnection connection = await ConnectAsync("iptables-nft -A OUTPUT -d 10.2.0.9 -j DROP\n", "sh", patience: 5);

        Assert.True(connection.Agrees, string.Join('\n', connection.Text));
        Assert.Equal(ConnectionOutcome.TimedOut, connection.Outcome);
        Assert.Equal("filter", Assert.Single(connection.Observed).Table);
    }
}
