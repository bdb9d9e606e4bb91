namespace IstioAdmin.Iptables.Proof;

/// <summary>Flows at one place; those with the same context are one.</summary>
internal sealed class FlowSet
{
    private readonly Dictionary<FlowContext, GrowingSet> _packets = [];

    /// <summary>Whether it holds none.</summary>
    public bool IsEmpty => _packets.Count == 0;

    /// <summary>The flows.</summary>
    public IEnumerable<Flow> Flows => _packets.Select(pair => new Flow(pair.Value.Total()!.Value, pair.Key));

    /// <summary>Adds a flow.</summary>
    public void Add(Flow flow)
    {
        if (flow.Packets.IsEmpty)
            return;
        if (!_packets.TryGetValue(flow.Context, out GrowingSet? known))
            _packets.Add(flow.Context, known = new GrowingSet());
        known.Add(flow.Packets);
    }

    /// <summary>Takes out the flow of a context; no packets when there is none.</summary>
    public PacketSet Remove(FlowContext context, PacketSpace space) =>
        _packets.Remove(context, out GrowingSet? packets) ? packets.Total()!.Value : space.None;
}
