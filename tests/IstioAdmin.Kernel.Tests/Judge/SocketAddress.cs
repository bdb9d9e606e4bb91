using System.Buffers.Binary;
using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Kernel.Tests.Judge;

/// <summary>An address and a port, and their form in the kernel's sockaddr_in and sockaddr_in6.</summary>
internal readonly record struct SocketAddress(IpFamily Family, UInt128 Address, ushort Port)
{
    public const int MostBytes = 28;

    public static int FamilyNumber(IpFamily family) => family == IpFamily.IPv4 ? 2 : 10;

    /// <summary>Writes the structure; returns its length.</summary>
    public uint Write(Span<byte> bytes)
    {
        bytes[..MostBytes].Clear();
        BitConverter.TryWriteBytes(bytes, (ushort)FamilyNumber(Family));
        BinaryPrimitives.WriteUInt16BigEndian(bytes[2..], Port);
        if (Family == IpFamily.IPv4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes[4..], (uint)Address);
            return 16;
        }
        BinaryPrimitives.WriteUInt128BigEndian(bytes[8..], Address);
        return MostBytes;
    }

    /// <summary>Reads the structure.</summary>
    public static SocketAddress Read(ReadOnlySpan<byte> bytes)
    {
        IpFamily family = BitConverter.ToUInt16(bytes) == 2 ? IpFamily.IPv4 : IpFamily.IPv6;
        UInt128 address = family == IpFamily.IPv4 ? BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]) : BinaryPrimitives.ReadUInt128BigEndian(bytes[8..]);
        return new SocketAddress(family, address, BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]));
    }

    public override string ToString()
    {
        var text = new System.Text.StringBuilder();
        AddressPattern.AppendAddress(text, Address, Family);
        return Family == IpFamily.IPv4 ? $"{text}:{Port}" : $"[{text}]:{Port}";
    }
}
