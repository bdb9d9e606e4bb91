using System.Globalization;
using System.Net;
using System.Text;

namespace IstioAdmin.Sandbox.Http;

/// <summary>Writes the status line and the headers of an answer (RFC 9112).</summary>
internal static class ResponseHead
{
    /// <summary>What a client gets that was told to go on with its request's body.</summary>
    public static ReadOnlyMemory<byte> Continue { get; } = "HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray();

    /// <summary>The head's bytes, with the empty line at its end.</summary>
    /// <exception cref="ArgumentException">A header would break out of its line.</exception>
    public static byte[] Write(int status, IEnumerable<KeyValuePair<string, string>> headers)
    {
        var text = new StringBuilder(256);
        text.Append(CultureInfo.InvariantCulture, $"HTTP/1.1 {status} {Phrase(status)}\r\n");
        foreach ((string name, string value) in headers)
        {
            if (name.AsSpan().IndexOfAny('\r', '\n', ':') >= 0 || value.AsSpan().IndexOfAny('\r', '\n', '\0') >= 0)
                throw new ArgumentException($"The header {name} has characters that a header cannot have.", nameof(headers));
            text.Append(name).Append(": ").Append(value).Append("\r\n");
        }
        if (status >= 200)
            text.Append(CultureInfo.InvariantCulture, $"Date: {DateTimeOffset.UtcNow:R}\r\n");
        return Encoding.Latin1.GetBytes(text.Append("\r\n").ToString());
    }

    private static string Phrase(int status)
    {
        using var known = new HttpResponseMessage((HttpStatusCode)status);
        return known.ReasonPhrase ?? "";
    }
}
