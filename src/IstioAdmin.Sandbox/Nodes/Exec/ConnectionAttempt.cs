using System.Globalization;
using System.Text;
using IstioAdmin.Iptables.Tracing;

namespace IstioAdmin.Sandbox.Nodes.Exec;

/// <summary>
/// A connection from inside a pod, as it would end: its packet is followed through the pod's rules, through kube-proxy's choice of an endpoint, and through the rules
/// of the pod at the other end. The proxy listens on its ports where there is one, applications on the ports that their containers declare, and nothing outside the
/// sandbox answers.
/// </summary>
internal sealed class ConnectionAttempt
{
    private readonly string _said;
    private readonly string _called;

    private ConnectionAttempt(string said, string called) => (_said, _called) = (said, called);

    /// <summary>What the script prints of it.</summary>
    /// <param name="frame">Makes a frame's headline.</param>
    public string Frames(Func<string, string> frame) => $"{frame("said")}{_said}{frame(_called.Split('\n')[0])}{_called[(_called.IndexOf('\n', StringComparison.Ordinal) + 1)..]}";

    /// <summary>Makes it.</summary>
    /// <param name="nodes">The nodes.</param>
    /// <param name="from">The pod that connects.</param>
    /// <param name="network">Its network.</param>
    /// <param name="script">The script, whose first line says where to and as whom.</param>
    public static ConnectionAttempt Of(SandboxNodes nodes, PodRuntime from, PodNetwork network, IReadOnlyList<string> script)
    {
        Dictionary<string, string> given = (script.Count > 0 ? script[0] : "").Split(' ').Select(word => word.Split('=', 2)).Where(pair => pair.Length == 2).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
        string address = given.GetValueOrDefault("A", "");
        ushort port = ushort.Parse(given.GetValueOrDefault("P", "0"), CultureInfo.InvariantCulture);
        if (PodPackets.Number(address) is not { } destination)
            return Unreachable();
        var owner = new PacketOwner(uint.Parse(given.GetValueOrDefault("U", "0"), CultureInfo.InvariantCulture), uint.Parse(given.GetValueOrDefault("G", "0"), CultureInfo.InvariantCulture));
        Packet packet = PodPackets.From(network, destination, port, owner);
        TraceOutcome outcome = PodPackets.Leave(network, packet);
        return outcome switch
        {
            TraceOutcome.Delivered here => nodes.Kubelets.Listens(from, here.Port)
                ? Open(network.Address, address, port, (PodPackets.Text(here.Address), here.Port))
                : Refused(),
            TraceOutcome.Sent sent => Leave(nodes, network, packet with { Destination = sent.Address, DestinationPort = sent.Port }, address, port),
            TraceOutcome.Rejected => Refused(),
            TraceOutcome.Dropped => TimedOut(),
            _ => Unreachable(),
        };
    }

    private static ConnectionAttempt Leave(SandboxNodes nodes, PodNetwork network, Packet packet, string address, ushort port)
    {
        (string to, ushort at) = (PodPackets.Text(packet.Destination), packet.DestinationPort);
        if (nodes.Endpoints.At(to) is { } service)
        {
            // As kube-proxy does it, which refuses where no pod is ready.
            if (nodes.Endpoints.Ready(service, at).Cast<(string, ushort)?>().FirstOrDefault() is not { } end)
                return Refused();
            (to, at) = end;
        }
        if (nodes.AtAddress(to) is not { Network: { } other } receiver)
            return TimedOut();
        TraceOutcome outcome = PodPackets.Arrive(other, packet, at);
        return outcome switch
        {
            TraceOutcome.Delivered there => nodes.Kubelets.Listens(receiver, there.Port) ? Open(network.Address, address, port, null) : Refused(),
            TraceOutcome.Rejected => Refused(),
            _ => TimedOut(),
        };
    }

    private static ConnectionAttempt Open(string own, string address, ushort port, (string Address, ushort Port)? taker)
    {
        // As /proc/net/tcp lists it: addresses in the machine's order of bytes; 01 is an established connection.
        var lines = new StringBuilder(Line(own, PodPackets.ClientPort, address, port));
        if (taker is var (at, by))
            lines.Append(Line(own, PodPackets.ClientPort, address, port)).Append(Line(at, by, own, PodPackets.ClientPort));
        return new ConnectionAttempt("open\n", $"called - \n{lines}");
    }

    private static ConnectionAttempt Refused() => new("connect: Connection refused\n", "called 1 \n\n");

    private static ConnectionAttempt TimedOut() => new("", "called - late\n\n");

    private static ConnectionAttempt Unreachable() => new("connect: Network is unreachable\n", "called 1 \n\n");

    private static string Line(string local, ushort localPort, string remote, ushort remotePort) =>
        string.Create(CultureInfo.InvariantCulture, $"   0: {Hex(local)}:{localPort:X4} {Hex(remote)}:{remotePort:X4} 01 00000000:00000000 00:00000000 00000000     0        0 40001 1\n");

    private static string Hex(string address) => string.Concat(Enumerable.Reverse(address.Split('.')).Select(part => byte.Parse(part, CultureInfo.InvariantCulture).ToString("X2", CultureInfo.InvariantCulture)));
}
