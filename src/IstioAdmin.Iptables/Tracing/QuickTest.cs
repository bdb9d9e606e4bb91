using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Model.Matches;

namespace IstioAdmin.Iptables.Tracing;

/// <summary>
/// The conditions that most rules fail by: source, destination and protocol, laid out so that a long chain is gone through without looking at
/// a rule's matches at all. Says no only where the matches would.
/// </summary>
internal readonly struct QuickTest
{
    private readonly UInt128 _sourceMask;
    private readonly UInt128 _source;
    private readonly UInt128 _destinationMask;
    private readonly UInt128 _destination;
    private readonly Asks _asks;
    private readonly byte _protocol;

    private QuickTest(AddressPattern source, AddressPattern destination, byte protocol, Asks asks)
    {
        (_sourceMask, _source) = (source.Mask, source.Value);
        (_destinationMask, _destination) = (destination.Mask, destination.Value);
        (_protocol, _asks) = (protocol, asks);
    }

    [Flags]
    private enum Asks : byte
    {
        Nothing = 0,
        Source = 1,
        SourceNot = 2,
        Destination = 4,
        DestinationNot = 8,
        Protocol = 16,
        ProtocolNot = 32,
    }

    /// <summary>The quick conditions among the matches of a rule.</summary>
    /// <param name="matches">The matches.</param>
    /// <param name="others">The matches that it does not answer for.</param>
    public static QuickTest Of(IEnumerable<Match> matches, out Match[] others)
    {
        var rest = new List<Match>();
        AddressPattern source = default, destination = default;
        byte protocol = 0;
        var asks = Asks.Nothing;
        foreach (Match match in matches)
        {
            switch (match)
            {
                case SourceMatch m when (asks & Asks.Source) == 0:
                    source = m.Address.Value;
                    asks |= Asks.Source | (m.Address.Negated ? Asks.SourceNot : Asks.Nothing);
                    break;
                case DestinationMatch m when (asks & Asks.Destination) == 0:
                    destination = m.Address.Value;
                    asks |= Asks.Destination | (m.Address.Negated ? Asks.DestinationNot : Asks.Nothing);
                    break;
                case ProtocolMatch m when (asks & Asks.Protocol) == 0:
                    protocol = m.Protocol.Value.Number;
                    asks |= Asks.Protocol | (m.Protocol.Negated ? Asks.ProtocolNot : Asks.Nothing);
                    break;
                case CommentMatch:
                    break;
                default:
                    rest.Add(match);
                    break;
            }
        }
        others = [.. rest];
        return new QuickTest(source, destination, protocol, asks);
    }

    /// <summary>Whether the packet surely does not fit.</summary>
    public bool Excludes(PacketState packet)
    {
        Asks asks = _asks;
        if ((asks & Asks.Source) != 0 && packet.Source == packet.SourceLast && ((packet.Source & _sourceMask) == _source) == ((asks & Asks.SourceNot) != 0))
            return true;
        if ((asks & Asks.Destination) != 0 && packet.Destination == packet.DestinationLast
            && ((packet.Destination & _destinationMask) == _destination) == ((asks & Asks.DestinationNot) != 0))
        {
            return true;
        }
        return (asks & Asks.Protocol) != 0 && (packet.Packet.Protocol.Number == _protocol) == ((asks & Asks.ProtocolNot) != 0);
    }
}
