using IstioAdmin.Sandbox.Http;

namespace IstioAdmin.Sandbox.Api.Connect;

/// <summary>
/// How streams share a WebSocket (<c>apiserver/pkg/util/wsstream</c>, <c>apimachinery/pkg/util/remotecommand</c>): a message is a channel's number and
/// its bytes; in base64 protocols the number is a digit and the bytes are text.
/// </summary>
/// <param name="Name">The subprotocol's name.</param>
/// <param name="IsText">Whether messages are text.</param>
/// <param name="EndsInput">Whether the client can say that its input ends.</param>
internal sealed record ChannelProtocol(string Name, bool IsText, bool EndsInput)
{
    private static readonly ChannelProtocol[] Known =
    [
        new("v5.channel.k8s.io", IsText: false, EndsInput: true),
        new("v4.channel.k8s.io", IsText: false, EndsInput: false),
        new("v4.base64.channel.k8s.io", IsText: true, EndsInput: false),
    ];

    /// <summary>The client's first choice that is known here.</summary>
    /// <exception cref="ApiException">400: none is.</exception>
    public static ChannelProtocol Choose(HttpExchange exchange)
    {
        string offered = exchange.Headers.GetValueOrDefault("Sec-WebSocket-Protocol") ?? "";
        return offered.Split(',', StringSplitOptions.TrimEntries).Select(name => Array.Find(Known, protocol => protocol.Name == name)).FirstOrDefault(found => found is not null)
            ?? throw PodContainers.BadRequest($"The sandbox speaks the subprotocols {string.Join(", ", Known.Select(protocol => protocol.Name))}, not {(offered.Length == 0 ? "none" : offered)}.");
    }
}
