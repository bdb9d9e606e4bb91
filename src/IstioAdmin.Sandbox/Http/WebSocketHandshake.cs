using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;

namespace IstioAdmin.Sandbox.Http;

/// <summary>How a connection becomes a WebSocket (RFC 6455, section 4.2).</summary>
internal static class WebSocketHandshake
{
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(30);

    /// <summary>The headers of the answer that accepts.</summary>
    /// <param name="headers">The request's headers.</param>
    /// <param name="subprotocol">The subprotocol that was chosen; null for none.</param>
    /// <exception cref="RefusedRequestException">The client's part of the handshake is wrong.</exception>
    public static Dictionary<string, string> Accept(IReadOnlyDictionary<string, string> headers, string? subprotocol)
    {
        if (headers.GetValueOrDefault("Sec-WebSocket-Version") != "13")
            throw new RefusedRequestException(426, "This server speaks version 13 of the WebSocket protocol.");
        string key = headers.GetValueOrDefault("Sec-WebSocket-Key") ?? "";
        var nonce = new byte[16];
        if (!Convert.TryFromBase64String(key, nonce, out int length) || length != nonce.Length)
            throw new RefusedRequestException(400, "The header Sec-WebSocket-Key is not 16 bytes in base64.");
        var answer = new Dictionary<string, string>
        {
            ["Connection"] = "Upgrade",
            ["Upgrade"] = "websocket",
            ["Sec-WebSocket-Accept"] = Sign(key),
        };
        if (subprotocol is not null)
            answer["Sec-WebSocket-Protocol"] = subprotocol;
        return answer;
    }

    /// <summary>The server's end, once the handshake is over.</summary>
    public static WebSocket Open(Stream stream, string? subprotocol) => WebSocket.CreateFromStream(
        stream, new WebSocketCreationOptions { IsServer = true, SubProtocol = subprotocol, KeepAliveInterval = KeepAlive });

    // The protocol asks for SHA-1; nothing is kept secret by it.
#pragma warning disable CA5350
    private static string Sign(string key) => Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
}
