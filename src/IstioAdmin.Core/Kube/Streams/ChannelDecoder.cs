namespace IstioAdmin.Core.Kube.Streams;

/// <summary>
/// Takes the messages of the <c>channel.k8s.io</c> subprotocols apart. The first byte of a message is its channel; what follows is
/// payload, in as many pieces as the network made of it (apiserver <c>pkg/util/wsstream</c>, now in <c>apimachinery/pkg/util/httpstream/wsstream</c>).
/// </summary>
internal sealed class ChannelDecoder
{
    private byte? _channel;

    /// <summary>Reads one piece of a message.</summary>
    /// <param name="piece">The piece as received.</param>
    /// <param name="endOfMessage">Whether the message ends with it.</param>
    /// <param name="frame">The channel and the payload in this piece, if there is any.</param>
    /// <returns>False when the piece holds no payload.</returns>
    public bool TryDecode(ReadOnlyMemory<byte> piece, bool endOfMessage, out ChannelFrame frame)
    {
        frame = default;
        if (_channel is null && !piece.IsEmpty)
        {
            _channel = piece.Span[0];
            piece = piece[1..];
        }
        if (_channel is { } channel)
            frame = new ChannelFrame(channel, piece);
        if (endOfMessage)
            _channel = null;
        return !piece.IsEmpty;
    }
}
