using System.Buffers.Binary;
using System.Globalization;
using System.IO.Pipelines;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Sandbox.Api.Access;
using IstioAdmin.Sandbox.Http;
using IstioAdmin.Sandbox.Nodes;

namespace IstioAdmin.Sandbox.Api.Connect;

/// <summary>
/// Answers <c>pods/portforward</c> over a WebSocket: each port has two channels, for data and for errors, and each of these begins with the port's number in two
/// bytes (<c>kubernetes/pkg/kubelet/cri/streaming/portforward/websocket.go</c>). SPDY, which kubectl up to 1.29 speaks, is not spoken.
/// </summary>
/// <param name="runtime">What listens in the pods.</param>
internal sealed class PodPortForward(IContainerRuntime runtime)
{
    private const string Protocol = "v4.channel.k8s.io";
    private const int LargestMessage = 1024 * 1024;
    private const int MostPorts = 100;

    /// <summary>Connects a client with the ports that it asks for.</summary>
    /// <exception cref="ApiException">400: a port is missing or wrong, the pod has no node, or the client speaks another protocol.</exception>
    public async Task ConnectAsync(HttpExchange exchange, JsonObject pod)
    {
        Upgrades.RequireWebSocket(exchange, "kubectl port-forward cannot do without. Show-IstioIngress opens the ingress gateway.");
        int[] ports = [.. exchange.Query.All("ports").SelectMany(value => value.Split(',')).Select(PortOf)];
        if (ports.Length is 0 or > MostPorts)
            throw PodContainers.BadRequest("query parameter \"port\" is required");
        if (pod.TextAt("spec.nodeName") is null)
            throw PodContainers.BadRequest($"pod {pod.TextAt("metadata.name")} does not have a host assigned");
        string[] offered = (exchange.Headers.GetValueOrDefault("Sec-WebSocket-Protocol") ?? "").Split(',', StringSplitOptions.TrimEntries);
        if (!offered.Contains(Protocol))
            throw PodContainers.BadRequest($"The sandbox forwards ports with the subprotocol {Protocol}, not {(offered is [""] ? "none" : string.Join(", ", offered))}.");
        using WebSocket socket = await exchange.AcceptWebSocketAsync(Protocol).ConfigureAwait(false);
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(exchange.Aborted);
        using var sending = new SemaphoreSlim(1);
        var inputs = new Pipe[ports.Length];
        var connections = new Task[ports.Length];
        for (int i = 0; i < ports.Length; i++)
        {
            inputs[i] = new Pipe(new PipeOptions(pauseWriterThreshold: LargestMessage, resumeWriterThreshold: LargestMessage / 2, useSynchronizationContext: false));
            byte data = (byte)(2 * i);
            await SendAsync(data, Number(ports[i])).ConfigureAwait(false);
            await SendAsync((byte)(data + 1), Number(ports[i])).ConfigureAwait(false);
            connections[i] = ConnectAsync(ports[i], data, inputs[i]);
        }
        Task receiving = ReceiveAsync(socket, inputs, gone.Token);
        // One connection is one life of a port: when all have ended, nothing more comes.
        await Task.WhenAny(receiving, Task.WhenAll(connections)).ConfigureAwait(false);
        try
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, gone.Token).ConfigureAwait(false);
            await Task.WhenAny(receiving, Task.Delay(TimeSpan.FromSeconds(2), gone.Token)).ConfigureAwait(false);
        }
        catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The client has gone already.
        }
        await gone.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll([receiving, .. connections]).ConfigureAwait(false);

        async Task ConnectAsync(int port, byte data, Pipe input)
        {
            var stream = new DuplexStream(new PipeInput(input.Reader), bytes => SendAsync(data, bytes), () => { });
            await using (stream.ConfigureAwait(false))
            {
                string? failure = await runtime.ConnectAsync(pod, port, stream, gone.Token).ConfigureAwait(false);
                if (failure is not null)
                    await SendAsync((byte)(data + 1), Encoding.UTF8.GetBytes(failure)).ConfigureAwait(false);
            }
        }

        async ValueTask SendAsync(byte channel, ReadOnlyMemory<byte> bytes)
        {
            try
            {
                await sending.WaitAsync(gone.Token).ConfigureAwait(false);
                try
                {
                    await socket.SendAsync((byte[])[channel, .. bytes.Span], WebSocketMessageType.Binary, true, gone.Token).ConfigureAwait(false);
                }
                finally
                {
                    sending.Release();
                }
            }
            catch (Exception e) when (e is WebSocketException or ObjectDisposedException or OperationCanceledException)
            {
                throw new IOException("The client closed the connection.", e);
            }
        }
    }

    private static async Task ReceiveAsync(WebSocket socket, Pipe[] inputs, CancellationToken cancel)
    {
        byte[] buffer = new byte[64 * 1024];
        int channel = -1;
        try
        {
            while (true)
            {
                ValueWebSocketReceiveResult part = await socket.ReceiveAsync(buffer.AsMemory(), cancel).ConfigureAwait(false);
                if (part.MessageType == WebSocketMessageType.Close)
                    break;
                ReadOnlyMemory<byte> bytes = buffer.AsMemory(0, part.Count);
                if (channel < 0 && !bytes.IsEmpty)
                {
                    channel = bytes.Span[0];
                    bytes = bytes[1..];
                }
                // Nothing is to be said on the channels for errors.
                if (channel >= 0 && channel % 2 == 0 && channel / 2 < inputs.Length && !bytes.IsEmpty)
                    await inputs[channel / 2].Writer.WriteAsync(bytes, cancel).ConfigureAwait(false);
                if (part.EndOfMessage)
                    channel = -1;
            }
        }
        catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The client went away without a word.
        }
        foreach (Pipe input in inputs)
            await input.Writer.CompleteAsync().ConfigureAwait(false);
    }

    private static int PortOf(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port is > 0 and <= ushort.MaxValue
        ? port
        : throw PodContainers.BadRequest($"unable to parse {Go.Quote(text)} as a port: invalid syntax");

    private static byte[] Number(int port)
    {
        byte[] bytes = new byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)port);
        return bytes;
    }
}
