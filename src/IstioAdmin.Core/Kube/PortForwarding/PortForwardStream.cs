using System.Text;
using IstioAdmin.Core.Kube.Streams;

namespace IstioAdmin.Core.Kube.PortForwarding;

/// <summary>
/// One connection to a port of a pod. Each side of the protocol opens its two channels, data and error, with the port number in two bytes
/// (<c>k8s.io/kubelet/pkg/cri/streaming/portforward/websocket.go</c>); there is one connection to a WebSocket.
/// It cannot be closed half: who wants an answer must not hang up before it has come.
/// </summary>
internal sealed class PortForwardStream : Stream
{
    internal const string Protocol = "v4.channel.k8s.io";

    private const byte DataChannel = 0;
    private const byte ErrorChannel = 1;

    private readonly ChannelSocket _socket;
    private readonly Func<string, Exception?, MeshException> _failure;
    private readonly PortPrefix _dataPrefix = new(), _errorPrefix = new();
    private ReadOnlyMemory<byte> _unread;
    private bool _ended;

    public PortForwardStream(ChannelSocket socket, Func<string, Exception?, MeshException> failure)
    {
        _socket = socket;
        _failure = failure;
    }

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <exception cref="MeshException">The node could not reach the port, or the connection broke.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_unread.IsEmpty && !_ended && !buffer.IsEmpty)
        {
            ChannelFrame? received;
            try
            {
                received = await _socket.ReceiveAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                throw _failure("the connection broke", e);
            }
            switch (received)
            {
                case null:
                    _ended = true;
                    break;
                case { Channel: DataChannel } frame:
                    _unread = _dataPrefix.Strip(frame.Payload);
                    break;
                case { Channel: ErrorChannel } frame when _errorPrefix.Strip(frame.Payload) is { IsEmpty: false } message:
                    throw _failure(Encoding.UTF8.GetString(message.Span).Trim(), null);
            }
        }
        int count = Math.Min(_unread.Length, buffer.Length);
        _unread[..count].CopyTo(buffer);
        _unread = _unread[count..];
        return count;
    }

    /// <exception cref="MeshException">The connection broke.</exception>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            await _socket.SendAsync(DataChannel, buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            throw _failure("the connection broke", e);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer, offset, count, CancellationToken.None).GetAwaiter().GetResult();

    public override void Write(byte[] buffer, int offset, int count) => WriteAsync(buffer, offset, count, CancellationToken.None).GetAwaiter().GetResult();

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        await _socket.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _socket.DisposeAsync().AsTask().GetAwaiter().GetResult();
        base.Dispose(disposing);
    }
}
