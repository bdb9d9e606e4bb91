using System.Globalization;
using IstioAdmin.Core.Redirection.Policies;
using IstioAdmin.Core.Redirection.Verdicts;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Proof.Escapes;
using IstioAdmin.Iptables.Tracing;
using IstioAdmin.Testing;

namespace IstioAdmin.Cluster.Tests.Redirection;

/// <summary>The packets that a verdict names as examples, sent for real.</summary>
internal static class Counterexamples
{
    private const int MostExamples = 8;

    /// <summary>Sends an example of every escape, and of every loop, and fails when one does not end as the verdict says.</summary>
    /// <returns>How many were sent.</returns>
    public static async Task<int> ConfirmAsync(RedirectionWorld world, PodShape shape, PodRedirection result)
    {
        PacketFate[] fates = [.. result.Escapes.Select(escape => escape.Fate).Concat(Loops(result)).DistinctBy(fate => (fate.Example, fate.Outcome)).Take(MostExamples)];
        PodNetwork pod = world[shape];
        int[] unheard = [.. fates.Where(fate => fate.Outcome == OutcomeKind.Delivered).Select(fate => (int)fate.Example.DestinationPort).Distinct().Except(PodShape.AppPorts).Except(PodShape.ProxyPorts)];
        var listeners = new List<IDisposable>();
        try
        {
            foreach (int port in unheard)
                listeners.Add(await pod.ListenAsync("app", PodShape.AppUser, port));
            Sent[] packets = [.. fates.Select(Of)];
            string[] ends = await world.SendAsync(shape, packets);
            for (int i = 0; i < packets.Length; i++)
                Assert.True(Agrees(packets[i].End, ends[i]), $"{packets[i]} was expected, because {fates[i].Text}; it ended at {ends[i]}.");
            return packets.Length;
        }
        finally
        {
            foreach (IDisposable listener in listeners)
                listener.Dispose();
        }
    }

    private static IEnumerable<PacketFate> Loops(PodRedirection result) =>
        from clause in result.Inbound.Clauses.Concat(result.Outbound.Clauses)
        where clause.Clause.Kind == ClauseKind.ProxyOwn
        from answer in clause.Answers
        from fate in answer.Answer.Verdict switch
        {
            EscapeVerdict.Loops => answer.Answer.Loops,
            EscapeVerdict.Escapes => answer.Answer.Escapes,
            _ => [],
        }
        select fate;

    private static Sent Of(PacketFate fate)
    {
        Packet example = fate.Example;
        Assert.True(example.Protocol == IpProtocol.Tcp || example.Protocol == IpProtocol.Udp, $"{example} is neither TCP nor UDP, so no test can send it.");
        Assert.Equal((ConnectionStates.New, 0u), (example.State, example.Mark));
        bool udp = example.Protocol == IpProtocol.Udp;
        string port = example.DestinationPort.ToString(CultureInfo.InvariantCulture);
        string end = fate.Outcome switch
        {
            OutcomeKind.Delivered when PodShape.ProxyPorts.Contains(example.DestinationPort) => $"proxy {port}",
            OutcomeKind.Delivered => $"app {port}",
            // Outside, datagrams of all ports come to one.
            OutcomeKind.Sent => udp ? "outside 9" : $"outside {port}",
            OutcomeKind.SentElsewhere => "outside *",
            OutcomeKind.Redirected => $"* {fate.To.Split(' ')[^1]}",
            OutcomeKind.Dropped => "timeout",
            OutcomeKind.Rejected => "refused",
            _ => throw new InvalidOperationException(fate.Text),
        };
        var packet = new TestPacket(example.DestinationAddress, example.DestinationPort)
        {
            Udp = udp,
            Source = example.SourceAddress,
            // Where the port does not matter, a new one each time: connections of earlier tests may still be known.
            SourcePort = example.SourcePort is 40000 or 32768 ? null : example.SourcePort,
            User = example.Owner?.User ?? 0,
            Group = example.Owner?.Group ?? 0,
        };
        return new Sent(example.InInterface.Length > 0, packet, end);
    }

    private static bool Agrees(string expected, string end) => expected switch
    {
        "outside *" => end.StartsWith("outside ", StringComparison.Ordinal),
        "refused" => end is "refused" or "unreachable",
        // What has a loopback address and goes elsewhere is not even sent.
        "timeout" => end is "timeout" or "error Invalid argument",
        // Nobody may listen where a wrong rule leads to; TPROXY then drops the packet.
        _ when expected.StartsWith("* ", StringComparison.Ordinal) => end is "refused" or "timeout" || end.EndsWith(expected[1..], StringComparison.Ordinal),
        _ => end == expected,
    };
}
