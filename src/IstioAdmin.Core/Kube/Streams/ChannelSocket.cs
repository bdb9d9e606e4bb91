using System.Buffers;
using System.Net.WebSockets;

namespace IstioAdmin.Core.Kube.Streams;

/// <summary>
/// Several byte streams over one WebSocket. Nothing is buffered here: whoever reads slowly slows the sender down, through TCP, and since
/// all channels are read in the order in which they come, none of them can wait for another.
/// One reader and one writer may work at the same time.
/// </summary>
internal sealed class ChannelSocket : IAsyncDisposable
{
    /// <summary>In protocol v5 the channel on which a side says that it will not write to another one any more.</summary>
    private const byte CloseChannel = 255;

    /// <summary>Bytes sent at once. Each message is whole: servers before 1.30 read a fragment as a message of its own.</summary>
    private const int LargestMessage = 32 * 1024;

    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(1);

    private readonly WebSocket _socket;
    private readonly ChannelDecoder _decoder = new();
    private readonly byte[] _received = ArrayPool<byte>.Shared.Rent(64 * 1024);
    private readonly SemaphoreSlim _sending = new(1, 1);
    private int _disposed;

    public ChannelSocket(WebSocket socket) => _socket = socket;

    /// <summary>The subprotocol that the server chose; empty when it chose none.</summary>
    public string Protocol => _socket.SubProtocol ?? "";

    /// <summary>Reads the next bytes of whichever channel has some.</summary>
    /// <returns>Null when the server has closed the socket.</returns>
    /// <exception cref="WebSocketException">The connection broke.</exception>
    public async ValueTask<ChannelFrame?> ReceiveAsync(CancellationToken cancel)
    {
        while (true)
        {
            ValueWebSocketReceiveResult result = await _socket.ReceiveAsync(_received.AsMemory(), cancel).ConfigureAwait(false);
            if (result.MessageType == WebSocketMessageType.Close)
                return null;
            if (_decoder.TryDecode(_received.AsMemory(0, result.Count), result.EndOfMessage, out ChannelFrame frame) && frame.Channel != CloseChannel)
                return frame;
        }
    }

    /// <summary>Sends bytes on a channel.</summary>
    /// <exception cref="WebSocketException">The connection broke.</exception>
    public async Task SendAsync(byte channel, ReadOnlyMemory<byte> payload, CancellationToken cancel)
    {
        byte[] message = ArrayPool<byte>.Shared.Rent(Math.Min(payload.Length, LargestMessage) + 1);
        await _sending.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            message[0] = channel;
            while (!payload.IsEmpty)
            {
                ReadOnlyMemory<byte> part = payload[..Math.Min(payload.Length, LargestMessage)];
                payload = payload[part.Length..];
                part.CopyTo(message.AsMemory(1));
                await _socket.SendAsync(message.AsMemory(0, part.Length + 1), WebSocketMessageType.Binary, endOfMessage: true, cancel).ConfigureAwait(false);
            }
        }
        finally
        {
            _sending.Release();
            ArrayPool<byte>.Shared.Return(message);
        }
    }

    /// <summary>Says that nothing more will be written to a channel. Protocol v5 only.</summary>
    /// <exception cref="WebSocketException">The connection broke.</exception>
    public Task EndAsync(byte channel, CancellationToken cancel) => SendAsync(CloseChannel, new[] { channel }, cancel);

    /// <summary>Closes the socket: politely if the server goes along, otherwise at once.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        if (_socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
        {
            using var timeout = new CancellationTokenSource(CloseTimeout);
            try
            {
                await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, timeout.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is WebSocketException or OperationCanceledException or InvalidOperationException or IOException)
            {
                _socket.Abort();
            }
        }
        _socket.Dispose();
        _sending.Dispose();
        ArrayPool<byte>.Shared.Return(_received);
    }
}
