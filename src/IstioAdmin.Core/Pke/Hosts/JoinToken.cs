using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Pke.Hosts;

/// <summary>What a worker shows to join, and how it knows the control plane.</summary>
/// <param name="Token">A bootstrap token.</param>
/// <param name="Hash">Hash of the cluster's authority, <c>sha256:…</c>.</param>
internal sealed record JoinToken(string Token, string Hash)
{
    // kubeadm keeps tokens of at most two hours for its own use, with which nobody can join; tokens for joining live for a day.
    private static readonly TimeSpan LeastLife = TimeSpan.FromHours(2);

    /// <summary>Stands in commands that are shown before the token is there.</summary>
    public static JoinToken Unknown { get; } = new("<token>", "<hash>");

    /// <summary>A token that will do for joining, out of what <c>pke token list -o json</c> prints; null when there is none.</summary>
    /// <param name="output">The tool's output.</param>
    /// <param name="now">The master's time.</param>
    public static JoinToken? Choose(string output, DateTimeOffset now) =>
        (Parse(output)["tokens"] as JsonArray ?? []).OfType<JsonObject>()
            .Where(token => token.FlagAt("expired") != true && Expires(token) is { } end && end - now > LeastLife)
            .OrderByDescending(Expires).Select(Of).FirstOrDefault();

    /// <summary>The token that <c>pke token create -o json</c> prints.</summary>
    public static JoinToken Created(string output) => Of(Parse(output));

    private static JoinToken Of(JsonObject token) => token.TextAt("token") is { Length: > 0 } text && token.TextAt("hash") is { Length: > 0 } hash
        ? new JoinToken(text, hash)
        : throw new FormatException("it has no 'token' or no 'hash'");

    // Go's zero time: it never ends.
    private static DateTimeOffset? Expires(JsonObject token) =>
        token.TextAt("expires") is { } text && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
            ? time.Year == 1 ? DateTimeOffset.MaxValue : time
            : null;

    private static JsonObject Parse(string output)
    {
        try
        {
            int begin = output.IndexOf('{', StringComparison.Ordinal);
            return begin < 0 ? throw new FormatException("it is no JSON") : JsonNode.Parse(output[begin..]) as JsonObject ?? throw new FormatException("it is no JSON object");
        }
        catch (JsonException)
        {
            // Not the exception's own words: they may hold a part of the text, and the text holds tokens.
            throw new FormatException("it is no JSON");
        }
    }
}
