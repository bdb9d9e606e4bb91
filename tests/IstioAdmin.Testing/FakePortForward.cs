using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace IstioAdmin.Testing;

/// <summary>The server's side of a port-forward: passes a WebSocket's data channel on to a port that really exists, and says on the error channel when none does.</summary>
internal static class FakePortForward
{
    private const int BufferSize = 16 * 1024;

    public static async Task ServeAsync(HttpContext context, ConcurrentDictionary<string, IPEndPoint> ports)
    {
        // /api/v1/namespaces/NAMESPACE/pods/POD/portforward?ports=PORT
        string[] parts = context.Request.Path.Value!.Split('/');
        ushort port = ushort.Parse(context.Request.Query["ports"]!, CultureInfo.InvariantCulture);
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync("v4.channel.k8s.io");
        byte[] number = [(byte)(port & 0xff), (byte)(port >> 8)];
        await SendAsync(socket, 0, number);
        await SendAsync(socket, 1, number);
        using var tcp = new TcpClient();
        if (!ports.TryGetValue($"{parts[4]}/{parts[6]}:{port}", out IPEndPoint? there))
        {
            await SendAsync(socket, 1, Encoding.UTF8.GetBytes($"failed to connect to localhost:{port}: connection refused"));
        }
        else
        {
            await tcp.ConnectAsync(there);
            NetworkStream stream = tcp.GetStream();
            Task sending = ToPodAsync(socket, stream);
            byte[] buffer = new byte[BufferSize];
            try
            {
                while (await stream.ReadAsync(buffer) is var count and > 0)
                    await SendAsync(socket, 0, buffer[..count]);
            }
            catch (Exception e) when (e is IOException or WebSocketException)
            {
                // The client has gone.
            }
        }
        if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
    }

    private static async Task ToPodAsync(WebSocket socket, NetworkStream stream)
    {
        byte[] buffer = new byte[BufferSize];
        try
        {
            while (await socket.ReceiveAsync(buffer, CancellationToken.None) is { MessageType: not WebSocketMessageType.Close } received)
                await stream.WriteAsync(buffer.AsMemory(1, received.Count - 1));
        }
        catch (Exception e) when (e is IOException or WebSocketException or ObjectDisposedException)
        {
            // One of both has gone.
        }
        finally
        {
            stream.Close();
        }
    }

    private static Task SendAsync(WebSocket socket, byte channel, byte[] payload) =>
        socket.SendAsync((byte[])[channel, .. payload], WebSocketMessageType.Binary, true, CancellationToken.None);
}
