using CsCheck;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Model.Targets;
using IstioAdmin.Iptables.Proof;
using IstioAdmin.Iptables.Tracing;
using IstioAdmin.Iptables.Redirection;
using IstioAdmin.Iptables.Tests.Tracing;

namespace IstioAdmin.Iptables.Tests.Redirection;

/// <summary>For random settings the written rules do what the settings say, for every packet.</summary>
public sealed class RedirectionProofTests
{
    private const long Settings = 300;

    [Theory]
    [InlineData(IpFamily.IPv4)]
    [InlineData(IpFamily.IPv6)]
    public void Inbound_connections_to_included_ports_go_to_the_proxy_and_all_others_arrive_as_sent(IpFamily family) => Check(family, (settings, prover) =>
    {
        var spoken = new Spoken(prover.Space, settings);
        bool first = settings.Generation == RedirectionGeneration.FirstGeneration;
        ushort port = first && settings.Mode == InterceptionMode.Tproxy ? settings.ProxyPort : settings.InboundCapturePort ?? (first ? settings.ProxyPort : (ushort)15006);

        Dictionary<string, PacketSet> ends = Ends(prover.Prove(new PacketQuery { InInterface = "eth0", Packets = _ => spoken.ToPod }));

        Same(spoken.CapturedInbound.And(spoken.ToPod), ends, $"Redirected {port}");
        Same(spoken.ToPod.Except(spoken.CapturedInbound), ends, "Delivered");
        Assert.Empty(ends);
    });

    [Theory]
    [InlineData(IpFamily.IPv4)]
    [InlineData(IpFamily.IPv6)]
    public void What_applications_send_to_other_hosts_goes_to_proxy_or_agent_as_the_settings_say(IpFamily family) => Check(family, (settings, prover) =>
    {
        var spoken = new Spoken(prover.Space, settings);
        PacketSet packets = spoken.ToOthers.Except(spoken.ByProxy);

        Dictionary<string, PacketSet> ends = Ends(prover.Prove(new PacketQuery { Packets = _ => packets }));

        Same(packets.And(spoken.CapturedOutbound), ends, $"Redirected {settings.ProxyPort}");
        Same(packets.And(spoken.Dns), ends, "Redirected 15053");
        Same(packets.Except(spoken.CapturedOutbound).Except(spoken.Dns), ends, "Sent");
        Assert.Empty(ends);
    });

    [Theory]
    [InlineData(IpFamily.IPv4)]
    [InlineData(IpFamily.IPv6)]
    public void What_the_proxy_sends_to_other_hosts_leaves_as_sent(IpFamily family) => Check(family, (settings, prover) =>
    {
        var spoken = new Spoken(prover.Space, settings);
        PacketSet packets = spoken.ToOthers.And(spoken.ByProxy);

        Dictionary<string, PacketSet> ends = Ends(prover.Prove(new PacketQuery { Packets = _ => packets }));

        Same(packets, ends, "Sent");
        Assert.Empty(ends);
    });

    [Fact]
    public void Invalid_packets_are_dropped_where_that_is_asked_for() => Check(IpFamily.IPv4, (settings, prover) =>
    {
        var query = new PacketQuery { InInterface = "eth0", State = ConnectionStates.Invalid, Packets = space => new Spoken(space, settings).ToPod };

        Assert.Equal(settings.DropInvalid, prover.Prove(query).All(end => end.Outcome.Kind == OutcomeKind.Dropped));
    });

    private static void Check(IpFamily family, Action<PodRedirectionSettings, RulesetProver> check) =>
        (family == IpFamily.IPv4 ? RandomSettings.Either : RandomSettings.Current).Sample(
            random =>
            {
                // Interfaces are let out whole: eth0, by which everything here comes and goes, and lo. The first generation's TPROXY
                // asks for the packet's socket, which nothing but the kernel knows. A mark of 0 is on every packet.
                PodRedirectionSettings settings = random with
                {
                    ExcludedInterfaces = [.. random.ExcludedInterfaces.Except(["eth0", "lo"])],
                    KubeVirtInterfaces = [.. random.KubeVirtInterfaces.Except(["eth0", "lo"])],
                    Mode = random.Generation == RedirectionGeneration.FirstGeneration ? InterceptionMode.Redirect : random.Mode,
                    TproxyMark = random.TproxyMark == 0 ? 1337 : random.TproxyMark,
                    IPv6 = true,
                };
                check(settings, new RulesetProver(PodRedirectionRules.Write(settings, family), World.Pod));
            },
            iter: Settings);

    /// <summary>The packets of each end: its kind, and the port where a rule chose one.</summary>
    private static Dictionary<string, PacketSet> Ends(IReadOnlyList<ProvenOutcome> proven) => proven
        .GroupBy(end => $"{end.Outcome.Kind} {Port(end.Outcome.By?.Target)}".TrimEnd(), end => end.Packets)
        .ToDictionary(group => group.Key, group => group.Aggregate((a, b) => a.Or(b)));

    private static string Port(Target? target) => target switch
    {
        RedirectTarget { Ports: { } ports } => $"{ports.First}",
        TproxyTarget tproxy => $"{tproxy.Port}",
        _ => "",
    };

    private static void Same(PacketSet expected, Dictionary<string, PacketSet> ends, string end)
    {
        if (expected.IsEmpty)
            return;
        Assert.True(ends.Remove(end, out PacketSet actual), $"nothing is {end}, but {string.Join(", ", ends.Keys)}");
        Assert.True(expected == actual, $"{end}: missing {Show(expected.Except(actual))}, too many {Show(actual.Except(expected))}");
    }

    private static string Show(PacketSet packets) => string.Join(" | ", packets.Boxes(3).Select(box => string.Join(' ', box.Select((interval, field) => $"{(PacketField)field}={interval}").Where(text => !text.EndsWith('=')))));
}
