namespace IstioAdmin.Iptables.Proof;

/// <summary>Flows at one place; those with the same context are one.</summary>
internal sealed class FlowSet
{
    private readonly Dictionary<FlowContext, PacketSet> _packets = [];

    public bool IsEmpty => _packets.Count == 0;

    public IEnumerable<Flow> Flows => _packets.Select(pair => new Flow(pair.Value, pair.Key));

    public void Add(Flow flow) =>
        _packets[flow.Context] = _packets.TryGetValue(flow.Context, out PacketSet known) ? known.Or(flow.Packets) : flow.Packets;
}
