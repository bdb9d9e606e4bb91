using System.Diagnostics;
using System.Runtime.InteropServices;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Iptables.Tracing;
using static IstioAdmin.Kernel.Tests.Judge.Native;

namespace IstioAdmin.Kernel.Tests.Judge;

/// <summary>
/// Packets under way at the same time. Each carries a number by which its receiver is recognized: a datagram as its only content,
/// a connection as the first bytes on it.
/// </summary>
internal sealed unsafe class Batch(Listeners listeners, SentPacket[] packets, uint firstId)
{
    private readonly int[] _senders = [.. Enumerable.Repeat(-1, packets.Length)];
    private readonly bool[] _watched = new bool[packets.Length];
    private readonly List<Accepted> _accepted = [];

    /// <summary>What became of each packet; null while there is no sign.</summary>
    public Observation?[] Seen { get; } = new Observation?[packets.Length];

    /// <summary>Sends a packet from the namespace that the thread is in, with the credentials of its owner.</summary>
    public void Start(int index)
    {
        SentPacket sent = packets[index];
        bool tcp = sent.Packet.Protocol == IpProtocol.Tcp, v4 = sent.Packet.Family == IpFamily.IPv4;
        int socket = OpenAs(sent.Packet.Owner, SocketAddress.FamilyNumber(sent.Packet.Family), tcp ? Native.Stream : Native.Datagram);
        _senders[index] = socket;
        _watched[index] = true;
        Enable(socket, SolSocket, 2); // SO_REUSEADDR
        Enable(socket, v4 ? SolIP : SolIPv6, v4 ? 11 : 25); // IP_RECVERR, IPV6_RECVERR: softer errors too
        if (tcp)
        {
            // Closing resets: no TIME_WAIT is left for later packets to meet.
            long lingerNot = 1;
            Check(SetOption(socket, SolSocket, 13, &lingerNot, sizeof(long)), "SO_LINGER");
        }
        byte* address = stackalloc byte[SocketAddress.MostBytes];
        uint length = sent.Source.Write(new Span<byte>(address, SocketAddress.MostBytes));
        Check(Bind(socket, address, length), $"bind {sent}");
        length = sent.Destination.Write(new Span<byte>(address, SocketAddress.MostBytes));
        if (Connect(socket, address, length) < 0 && !tcp)
            throw new InvalidOperationException($"connect {sent}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        // A connection under way says EINPROGRESS; a datagram that netfilter drops in OUTPUT says EPERM. Neither is a sign of its own.
        if (!tcp)
            SendNumber(index);
    }

    /// <summary>Waits until there is a sign of every packet, or nothing has happened for some time.</summary>
    public void Collect(TimeSpan quiet)
    {
        long last = Stopwatch.GetTimestamp();
        while (Array.Exists(Seen, seen => seen is null))
        {
            TimeSpan left = quiet - Stopwatch.GetElapsedTime(last);
            bool late = left <= TimeSpan.Zero;
            if (Once(late ? 0 : (int)Math.Ceiling(left.TotalMilliseconds)))
                last = Stopwatch.GetTimestamp();
            else if (late)
                return;
        }
    }

    public void Close()
    {
        foreach (int socket in _senders.Concat(_accepted.Select(accepted => accepted.Descriptor)).Where(socket => socket >= 0))
            _ = Native.Close(socket);
    }

    private static int OpenAs(PacketOwner? owner, int family, int type)
    {
        // xt_owner asks for the credentials with which the socket was opened.
        if (owner is { SupplementaryGroups.Count: > 0 })
            SetGroups([.. owner.SupplementaryGroups]);
        _ = SetFileSystemGroup(owner?.Group ?? 0);
        _ = SetFileSystemUser(owner?.User ?? 0);
        int socket = Native.Socket(family, type | NonBlockingCloseOnExec, 0);
        _ = SetFileSystemUser(0);
        _ = SetFileSystemGroup(0);
        if (owner is { SupplementaryGroups.Count: > 0 })
            SetGroups([]);
        return Check(socket, "socket");
    }

    private void SendNumber(int index)
    {
        uint id = firstId + (uint)index;
        _ = Send(_senders[index], &id, sizeof(uint), 0x4000); // MSG_NOSIGNAL
    }

    private bool Once(int milliseconds)
    {
        var entries = new List<PollEntry>();
        var actions = new List<Action<short>>();
        foreach (Listener listener in listeners.All)
            Watch(listener.Descriptor, PollIn, _ => Hear(listener));
        foreach (Accepted accepted in _accepted.Where(accepted => accepted.Descriptor >= 0))
            Watch(accepted.Descriptor, PollIn, _ => Read(accepted));
        for (int i = 0; i < packets.Length; i++)
        {
            int index = i;
            if (_watched[i] && Seen[i] is null)
                Watch(_senders[i], packets[i].Packet.Protocol == IpProtocol.Tcp ? PollOut : (short)0, returned => Answer(index, returned));
        }
        PollEntry[] array = [.. entries];
        int ready;
        fixed (PollEntry* first = array)
            ready = Poll(first, (nuint)array.Length, milliseconds);
        for (int i = 0; i < array.Length; i++)
        {
            if (array[i].Returned != 0)
                actions[i](array[i].Returned);
        }
        return ready > 0;

        void Watch(int descriptor, short events, Action<short> action)
        {
            entries.Add(new PollEntry { Descriptor = descriptor, Events = events });
            actions.Add(action);
        }
    }

    private void Answer(int index, short returned)
    {
        int error = TakeError(_senders[index]);
        _watched[index] = false;
        if (error != 0)
            Note(index, new Observation.Refused(error));
        else if ((returned & PollOut) != 0)
            SendNumber(index);
    }

    private void Hear(Listener listener)
    {
        if (!listener.Tcp)
        {
            while (Datagram(listener))
            {
            }
            return;
        }
        byte* address = stackalloc byte[SocketAddress.MostBytes];
        while (true)
        {
            int socket = Accept(listener.Descriptor, null, null, NonBlockingCloseOnExec);
            if (socket < 0)
                return;
            long lingerNot = 1;
            Check(SetOption(socket, SolSocket, 13, &lingerNot, sizeof(long)), "SO_LINGER");
            uint length = SocketAddress.MostBytes;
            Check(GetSocketName(socket, address, &length), "getsockname");
            SocketAddress here = SocketAddress.Read(new Span<byte>(address, SocketAddress.MostBytes));
            length = SocketAddress.MostBytes;
            bool known = GetOption(socket, listeners.Family == IpFamily.IPv4 ? SolIP : SolIPv6, 80, address, &length) == 0; // SO_ORIGINAL_DST
            SocketAddress? original = known ? SocketAddress.Read(new Span<byte>(address, SocketAddress.MostBytes)) : null;
            _accepted.Add(new Accepted(socket, new Observation.Arrived(listener.Place, here, listener.Port, original)));
        }
    }

    private void Read(Accepted accepted)
    {
        uint id = 0;
        nint read = Receive(accepted.Descriptor, &id, sizeof(uint), 0);
        if (read < 0 && Marshal.GetLastPInvokeError() == WouldBlock)
            return;
        if (read == sizeof(uint))
            Note((int)(id - firstId), accepted.Observation);
        _ = Native.Close(accepted.Descriptor);
        accepted.Descriptor = -1;
    }

    private bool Datagram(Listener listener)
    {
        uint id = 0;
        var vector = new IoVector { Base = &id, Length = sizeof(uint) };
        byte* control = stackalloc byte[256];
        var message = new Message { Vectors = &vector, VectorCount = 1, Control = control, ControlLength = 256 };
        nint read = ReceiveMessage(listener.Descriptor, &message, 0);
        if (read < 0)
            return false;
        // One control message: its header of 16 bytes, then the address.
        SocketAddress destination = SocketAddress.Read(new Span<byte>(control + 16, SocketAddress.MostBytes));
        Note((int)(id - firstId), new Observation.Arrived(listener.Place, destination, listener.Port, null));
        return true;
    }

    private void Note(int index, Observation observation)
    {
        if (index >= 0 && index < packets.Length)
            Seen[index] ??= observation;
        else
            Stragglers.Add(firstId + (uint)index);
    }

    /// <summary>Numbers of packets of earlier batches that came when nobody waited for them any more.</summary>
    public List<uint> Stragglers { get; } = [];

    private sealed class Accepted(int descriptor, Observation.Arrived observation)
    {
        public int Descriptor { get; set; } = descriptor;

        public Observation.Arrived Observation { get; } = observation;
    }
}
