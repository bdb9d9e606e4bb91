using IstioAdmin.Iptables.Model;

namespace IstioAdmin.Kernel.Tests.Judge;

/// <summary>A TCP and a UDP listener on every port that can be reached, on all addresses. All are transparent, so that TPROXY finds them.</summary>
internal sealed unsafe class Listeners(IpFamily family) : IDisposable
{
    private readonly List<Listener> _all = [];

    public IReadOnlyList<Listener> All => _all;

    public IpFamily Family => family;

    /// <summary>Opens them in the namespace that the thread is in.</summary>
    public void Open(Place place)
    {
        foreach (ushort port in Pools.Listening)
        {
            foreach (bool tcp in new[] { true, false })
                _all.Add(new Listener(Open(port, tcp), place, port, tcp));
        }
    }

    public void Dispose()
    {
        foreach (Listener listener in _all)
            _ = Native.Close(listener.Descriptor);
    }

    private int Open(ushort port, bool tcp)
    {
        bool v4 = family == IpFamily.IPv4;
        int socket = Native.Check(
            Native.Socket(SocketAddress.FamilyNumber(family), (tcp ? Native.Stream : Native.Datagram) | Native.NonBlockingCloseOnExec, 0), "socket");
        Native.Enable(socket, Native.SolSocket, 2);
        if (v4)
        {
            Native.Enable(socket, Native.SolIP, 19); // IP_TRANSPARENT
        }
        else
        {
            Native.Enable(socket, Native.SolIPv6, 26); // IPV6_V6ONLY
            Native.Enable(socket, Native.SolIPv6, 75); // IPV6_TRANSPARENT
        }
        if (!tcp)
            Native.Enable(socket, v4 ? Native.SolIP : Native.SolIPv6, v4 ? 20 : 74); // IP_RECVORIGDSTADDR, IPV6_RECVORIGDSTADDR
        byte* address = stackalloc byte[SocketAddress.MostBytes];
        uint length = new SocketAddress(family, UInt128.Zero, port).Write(new Span<byte>(address, SocketAddress.MostBytes));
        Native.Check(Native.Bind(socket, address, length), "bind");
        if (tcp)
            Native.Check(Native.Listen(socket, 1024), "listen");
        return socket;
    }
}

/// <summary>An open socket that waits for connections or datagrams.</summary>
internal sealed record Listener(int Descriptor, Place Place, ushort Port, bool Tcp);
