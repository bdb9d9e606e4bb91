using System.Net.WebSockets;
using IstioAdmin.Testing;
using Microsoft.AspNetCore.Http;

namespace IstioAdmin.Core.Tests.Kube.Exec;

/// <summary>The server's side of a WebSocket to a pod.</summary>
internal static class FakePod
{
    public static Task<FakeApiServer> StartAsync(Func<WebSocket, Task> serve, string protocol = "v4.channel.k8s.io") => FakeApiServer.StartAsync(async context =>
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync(protocol);
        await serve(socket);
    });

    public static Task SendAsync(this WebSocket socket, byte channel, byte[] payload, bool endOfMessage = true) =>
        socket.SendAsync((byte[])[channel, .. payload], WebSocketMessageType.Binary, endOfMessage, CancellationToken.None);

    public static Task SendAsync(this WebSocket socket, byte channel, string text) => socket.SendAsync(channel, System.Text.Encoding.UTF8.GetBytes(text));

    public static Task CloseAsync(this WebSocket socket) => socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);

    /// <summary>The next message, its channel first; null when the client has closed or gone.</summary>
    public static async Task<byte[]?> ReceiveAsync(this WebSocket socket)
    {
        byte[] buffer = new byte[64 * 1024];
        try
        {
            WebSocketReceiveResult result = await socket.ReceiveAsync(buffer, CancellationToken.None);
            return result.MessageType == WebSocketMessageType.Close ? null : buffer[..result.Count];
        }
        catch (WebSocketException)
        {
            return null;
        }
    }
}
