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
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(buffer.AsSpan(0, used), hash);
            return new DumpKey(System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash), System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash[16..]));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
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
