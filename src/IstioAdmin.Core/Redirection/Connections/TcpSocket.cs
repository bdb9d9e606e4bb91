using System.Globalization;
using System.Net;

namespace IstioAdmin.Core.Redirection.Connections;

/// <summary>A line of /proc/net/tcp or tcp6: <c>0: 0107F40A:9C40 0907F40A:1F90 01 …</c>, addresses in the machine's order of bytes, which is little-endian but on s390x.</summary>
/// <param name="Local">Its own end.</param>
/// <param name="Remote">The other end.</param>
internal sealed record TcpSocket(IPEndPoint Local, IPEndPoint Remote)
{
    /// <summary>Reads a line; null when it is none.</summary>
    public static TcpSocket? Parse(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, var local, var remote, ..] && End(local) is { } own && End(remote) is { } other
        ? new(own, other)
        : null;

    private static IPEndPoint? End(string text)
    {
        string[] parts = text.Split(':');
        if (parts.Length != 2 || parts[0].Length is not (8 or 32) || !ushort.TryParse(parts[1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort port))
            return null;
        byte[] bytes = new byte[parts[0].Length / 2];
        for (int word = 0; word < parts[0].Length; word += 8)
        {
            if (!uint.TryParse(parts[0].AsSpan(word, 8), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint value))
                return null;
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(word / 2), value);
        }
        var address = new IPAddress(bytes);
        // A listener on [::] takes IPv4 connections under mapped addresses.
        return new IPEndPoint(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, port);
    }
}
