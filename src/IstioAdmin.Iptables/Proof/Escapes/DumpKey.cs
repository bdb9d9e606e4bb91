using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using IstioAdmin.Iptables.Parsing;

namespace IstioAdmin.Iptables.Proof.Escapes;

/// <summary>
/// The content of a dump without what differs from pod to pod and means nothing to a proof: dates, comment lines, counters. A SHA-256 of the
/// rest, so that no two contents are taken for one.
/// </summary>
internal readonly record struct DumpKey(UInt128 High, UInt128 Low)
{
    private const string Counter = "\"counter\": {";
    private const string Handle = "\"handle\": ";
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789");

    /// <summary>The key of a dump.</summary>
    public static DumpKey Of(string text, ParseOptions options)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length) + 8);
        try
        {
            int used = 0;
            buffer[used++] = (byte)options.Family;
            buffer[used++] = options.NoFlush ? (byte)1 : (byte)0;
            buffer[used++] = options.Strict ? (byte)1 : (byte)0;
            foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
            {
                ReadOnlySpan<char> content = Content(line);
                if (content.IsEmpty)
                    continue;
                used += Encoding.UTF8.GetBytes(content, buffer.AsSpan(used));
                buffer[used++] = (byte)'\n';
            }
            return Hash(buffer.AsSpan(0, used));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The key of a listing in JSON (<c>nft -j list ruleset</c>): what rules have counted and the handles that they got are left out.</summary>
    public static DumpKey OfListing(string text)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length) + 1);
        try
        {
            int used = 0;
            buffer[used++] = byte.MaxValue; // No option of a dump begins like this.
            int at = 0, counter = Find(text, Counter, 0), handle = Find(text, Handle, 0);
            while (Math.Min(counter, handle) < text.Length)
            {
                bool isCounter = counter < handle;
                int begin = isCounter ? counter + Counter.Length : handle + Handle.Length;
                used += Encoding.UTF8.GetBytes(text.AsSpan(at, begin - at), buffer.AsSpan(used));
                int skipped = isCounter ? text.AsSpan(begin).IndexOf('}') : text.AsSpan(begin).IndexOfAnyExcept(Digits);
                at = skipped < 0 ? text.Length : begin + skipped;
                if (counter < at)
                    counter = Find(text, Counter, at);
                if (handle < at)
                    handle = Find(text, Handle, at);
            }
            used += Encoding.UTF8.GetBytes(text.AsSpan(at), buffer.AsSpan(used));
            return Hash(buffer.AsSpan(0, used));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static int Find(string text, string mark, int from)
    {
        int at = text.IndexOf(mark, from, StringComparison.Ordinal);
        return at < 0 ? text.Length : at;
    }

    private static DumpKey Hash(ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(content, hash);
        return new DumpKey(System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash), System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash[16..]));
    }

    private static ReadOnlySpan<char> Content(ReadOnlySpan<char> line)
    {
        if (line.IsEmpty)
            return line;
        switch (line[0])
        {
            case '#':
                // The header tells family and back end, a warning tells of hidden tables; a date tells nothing.
                int date = line.IndexOf(" on ");
                return line.StartsWith("# Completed") ? default : date < 0 ? line : line[..date];
            case ':':
                int counters = line.LastIndexOf('[');
                return counters < 0 ? line : line[..counters];
            case '[':
                int rule = line.IndexOf(']');
                return rule < 0 ? line : line[(rule + 1)..].TrimStart();
            default:
                return line;
        }
    }
}
