namespace IstioAdmin.Kernel.Tests.Judge;

/// <summary>The connection tracking table of the namespace that the thread is in.</summary>
internal static unsafe class Conntrack
{
    /// <summary>Forgets all connections (include/uapi/linux/netfilter/nfnetlink_conntrack.h: delete without a key).</summary>
    public static void Flush()
    {
        const int Netlink = 16, Raw = 3, NetfilterProtocol = 12;
        const ushort DeleteConnections = (1 << 8) | 2, RequestWithAnswer = 1 | 4;
        int socket = Native.Check(Native.Socket(Netlink, Raw | 0x80000, NetfilterProtocol), "socket netlink");
        byte* message = stackalloc byte[256];
        new Span<byte>(message, 20).Clear();
        *(uint*)message = 20;
        *(ushort*)(message + 4) = DeleteConnections;
        *(ushort*)(message + 6) = RequestWithAnswer;
        Native.Check((int)Native.Send(socket, message, 20, 0), "send netlink");
        Native.Check((int)Native.Receive(socket, message, 256, 0), "recv netlink");
        int error = *(int*)(message + 16);
        _ = Native.Close(socket);
        if (error != 0)
            throw new InvalidOperationException($"Flushing conntrack: error {error}");
    }
}
