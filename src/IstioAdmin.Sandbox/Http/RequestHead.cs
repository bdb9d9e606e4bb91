using System.Buffers;
using System.Globalization;
using System.Text;

namespace IstioAdmin.Sandbox.Http;

/// <summary>The request line and the headers of an HTTP/1.x request (RFC 9112).</summary>
internal sealed class RequestHead
{
    private static readonly SearchValues<char> TokenCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private readonly Dictionary<string, string> _headers = new(StringComparer.OrdinalIgnoreCase);

    private RequestHead(string method, string path, string query, bool isOld)
    {
        Method = method;
        Path = path;
        Query = new HttpQuery(query);
        IsOld = isOld;
    }

    /// <summary>The method, in upper case.</summary>
    public string Method { get; }

    /// <summary>The path as it was sent.</summary>
    public string Path { get; }

    /// <summary>The query's parameters.</summary>
    public HttpQuery Query { get; }

    /// <summary>Whether the client speaks HTTP/1.0: no chunks, one request a connection unless it asks for more.</summary>
    public bool IsOld { get; }

    /// <summary>The headers.</summary>
    public IReadOnlyDictionary<string, string> Headers => _headers;

    /// <summary>The length of the body; null when it comes in chunks.</summary>
    public long? ContentLength { get; private set; } = 0;

    /// <summary>Whether the client waits for a word before it sends the body.</summary>
    public bool ExpectsContinue => !IsOld && Has("Expect", "100-continue");

    /// <summary>Whether the connection may serve another request afterwards.</summary>
    public bool KeepsAlive => IsOld ? Has("Connection", "keep-alive") : !Has("Connection", "close");

    /// <summary>Whether the client asks for a WebSocket.</summary>
    public bool IsWebSocketRequest => Method == "GET" && !IsOld && Has("Connection", "upgrade") && Has("Upgrade", "websocket");

    /// <summary>Whether a header that is a list has a value, without regard to case.</summary>
    public bool Has(string header, string value) => _headers.TryGetValue(header, out string? text)
        && text.Split(',').Any(part => part.AsSpan().Trim().Equals(value, StringComparison.OrdinalIgnoreCase));

    /// <summary>Reads a head.</summary>
    /// <param name="bytes">All lines of the head, without the empty one at its end.</param>
    /// <exception cref="RefusedRequestException">It is not one.</exception>
    public static RequestHead Parse(ReadOnlySpan<byte> bytes)
    {
        string[] lines = Encoding.Latin1.GetString(bytes).Split('\n');
        RequestHead head = ParseRequestLine(lines[0].TrimEnd('\r'));
        foreach (string line in lines.AsSpan(1))
            head.AddHeader(line.TrimEnd('\r'));
        head.ReadFraming();
        return head;
    }

    private static RequestHead ParseRequestLine(string line)
    {
        string[] parts = line.Split(' ');
        if (parts.Length != 3 || parts[0].Length == 0 || parts[0].AsSpan().ContainsAnyExcept(TokenCharacters))
            throw new RefusedRequestException(400, "The first line is not METHOD TARGET HTTP/1.1.");
        bool isOld = parts[2] == "HTTP/1.0";
        if (!isOld && parts[2] != "HTTP/1.1")
        {
            throw parts[2].StartsWith("HTTP/", StringComparison.Ordinal)
                ? new RefusedRequestException(505, "This server speaks HTTP/1.1.")
                : new RefusedRequestException(400, "The first line does not end with a version of HTTP.");
        }

        string target = parts[1];
        if (target.Contains("://", StringComparison.Ordinal) && !target.StartsWith('/'))
        {
            // As sent to a proxy.
            int slash = target.IndexOf('/', target.IndexOf("://", StringComparison.Ordinal) + 3);
            target = slash < 0 ? "/" : target[slash..];
        }
        if (!target.StartsWith('/') && target != "*" || target.AsSpan().ContainsAnyInRange('\0', ' ') || target.Contains('#', StringComparison.Ordinal))
            throw new RefusedRequestException(400, "The target of the request is not a path.");
        int question = target.IndexOf('?', StringComparison.Ordinal);
        return question < 0
            ? new RequestHead(parts[0].ToUpperInvariant(), target, "", isOld)
            : new RequestHead(parts[0].ToUpperInvariant(), target[..question], target[(question + 1)..], isOld);
    }

    private void AddHeader(string line)
    {
        int colon = line.IndexOf(':', StringComparison.Ordinal);
        string name = colon > 0 ? line[..colon] : "";
        if (name.Length == 0 || name.AsSpan().ContainsAnyExcept(TokenCharacters))
            throw new RefusedRequestException(400, "A header is not NAME: VALUE.");
        string value = line[(colon + 1)..].Trim(' ', '\t');
        if (value.AsSpan().ContainsAnyInRange('\0', '\b') || value.AsSpan().ContainsAnyInRange('\n', '\x1f') || value.Contains('\x7f', StringComparison.Ordinal))
            throw new RefusedRequestException(400, $"The header {name} has a control character in its value.");
        _headers[name] = _headers.TryGetValue(name, out string? before) ? $"{before},{value}" : value;
    }

    // Two readings of where a request ends are a way to smuggle another one in; so anything odd is refused (RFC 9112, 6.3).
    private void ReadFraming()
    {
        if (!IsOld && !_headers.ContainsKey("Host"))
            throw new RefusedRequestException(400, "The header Host is missing.");
        bool hasLength = _headers.TryGetValue("Content-Length", out string? length);
        if (_headers.TryGetValue("Transfer-Encoding", out string? coding))
        {
            if (hasLength)
                throw new RefusedRequestException(400, "A request has either Content-Length or Transfer-Encoding.");
            if (IsOld || !coding.Equals("chunked", StringComparison.OrdinalIgnoreCase))
                throw new RefusedRequestException(501, $"The transfer coding {coding} is not known here; chunked is.");
            ContentLength = null;
        }
        else if (hasLength)
        {
            string first = length!.Split(',')[0].Trim();
            if (length.Split(',').Any(part => part.Trim() != first)
                || !long.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out long bytes))
                throw new RefusedRequestException(400, "The header Content-Length is not a number.");
            ContentLength = bytes;
        }
    }
}
