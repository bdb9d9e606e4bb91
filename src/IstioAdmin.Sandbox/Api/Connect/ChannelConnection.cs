using System.Buffers;
using System.IO.Pipelines;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace IstioAdmin.Sandbox.Api.Connect;

/// <summary>The streams of a command over a WebSocket.</summary>
internal sealed class ChannelConnection : IDisposable
{
    private const byte Input = 0;
    private const byte Output = 1;
    private const byte Error = 2;
    private const byte Status = 3;
    private const byte Close = 255;
    private const int LargestMessage = 1024 * 1024;

    private readonly WebSocket _socket;
    private readonly ChannelProtocol _protocol;
    private readonly SemaphoreSlim _sending = new(1);
    private readonly CancellationTokenSource _gone;
    private readonly Pipe _input = new(new PipeOptions(pauseWriterThreshold: LargestMessage, resumeWriterThreshold: LargestMessage / 2, useSynchronizationContext: false));
    private readonly Task _receiving;

    public ChannelConnection(WebSocket socket, ChannelProtocol protocol, CancellationToken aborted)
    {
        _socket = socket;
        _protocol = protocol;
        _gone = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        StandardInput = _input.Reader.AsStream();
        StandardOutput = new ChannelStream(this, Output);
        StandardError = new ChannelStream(this, Error);
        _receiving = ReceiveAsync();
    }

    /// <summary>What the client sends.</summary>
    public Stream StandardInput { get; }

    /// <summary>What the client shows as output.</summary>
    public Stream StandardOutput { get; }

    /// <summary>What the client shows as errors.</summary>
    public Stream StandardError { get; }

    /// <summary>Ends when the client went away.</summary>
    public CancellationToken Gone => _gone.Token;

    /// <summary>Says how it ended, and closes.</summary>
    public async Task EndAsync(JsonObject status)
    {
        try
        {
            await SendAsync(Status, JsonSerializer.SerializeToUtf8Bytes(status), Gone).ConfigureAwait(false);
            await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, Gone).ConfigureAwait(false);
            // Until the client has closed its side, what it has not read yet must not be lost.
            await Task.WhenAny(_receiving, Task.Delay(TimeSpan.FromSeconds(5), Gone)).ConfigureAwait(false);
        }
        catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException)
        {
        }
    }

    public void Dispose()
    {
        _gone.Cancel();
        _sending.Dispose();
        _gone.Dispose();
    }

    private async Task SendAsync(byte channel, ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        byte[] message = _protocol.IsText
            ? Encoding.ASCII.GetBytes($"{channel}{Convert.ToBase64String(bytes.Span)}")
            : [channel, .. bytes.Span];
        await _sending.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            await _socket.SendAsync(message, _protocol.IsText ? WebSocketMessageType.Text : WebSocketMessageType.Binary, true, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is WebSocketException or ObjectDisposedException)
        {
            throw new IOException("The client closed the connection.", e);
        }
        finally
        {
            _sending.Release();
        }
    }

    private async Task ReceiveAsync()
    {
        var message = new ArrayBufferWriter<byte>();
        try
        {
            while (true)
            {
                ValueWebSocketReceiveResult part = await _socket.ReceiveAsync(message.GetMemory(32 * 1024), Gone).ConfigureAwait(false);
                if (part.MessageType == WebSocketMessageType.Close)
                    break;
                message.Advance(part.Count);
                if (message.WrittenCount > LargestMessage)
                    break;
                if (!part.EndOfMessage)
                    continue;
                await TakeAsync(message.WrittenMemory).ConfigureAwait(false);
                message.ResetWrittenCount();
            }
        }
        catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException or FormatException)
        {
        }
        await _input.Writer.CompleteAsync().ConfigureAwait(false);
        try
        {
            await _gone.CancelAsync().ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
        }
    }

    private async Task TakeAsync(ReadOnlyMemory<byte> message)
    {
        if (message.IsEmpty)
            return;
        byte channel = message.Span[0];
        ReadOnlyMemory<byte> bytes = message[1..];
        if (_protocol.IsText)
        {
            channel -= (byte)'0';
            bytes = Convert.FromBase64String(Encoding.ASCII.GetString(bytes.Span));
        }
        if (channel == Close && _protocol.EndsInput && !bytes.IsEmpty && bytes.Span[0] == Input)
            await _input.Writer.CompleteAsync().ConfigureAwait(false);
        // A command need not read its input: what comes after it stopped is dropped. The size of a terminal means nothing here.
        else if (channel == Input && !bytes.IsEmpty)
            await _input.Writer.WriteAsync(bytes, Gone).ConfigureAwait(false);
    }

    private sealed class ChannelStream(ChannelConnection connection, byte channel) : Http.ForwardStream
    {
        public override bool CanRead => false;

        public override bool CanWrite => true;

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            // Some clients take messages of a limited size only.
            const int Most = 32 * 1024;
            for (; !buffer.IsEmpty; buffer = buffer[Math.Min(Most, buffer.Length)..])
                await connection.SendAsync(channel, buffer[..Math.Min(Most, buffer.Length)], cancellationToken).ConfigureAwait(false);
        }
    }
}
