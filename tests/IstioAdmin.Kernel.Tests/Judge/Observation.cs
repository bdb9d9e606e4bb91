namespace IstioAdmin.Kernel.Tests.Judge;

/// <summary>One of the network namespaces.</summary>
internal enum Place
{
    /// <summary>Where the rules are.</summary>
    Pod,

    /// <summary>Behind eth0; answers for every address.</summary>
    Router,

    /// <summary>Behind net1.</summary>
    Callers,
}

/// <summary>What the kernel did with a packet, as far as sockets can see it.</summary>
internal abstract record Observation
{
    private Observation()
    {
    }

    /// <summary>A listener got it.</summary>
    /// <param name="At">Where the listener is.</param>
    /// <param name="Destination">The packet's destination on arrival.</param>
    /// <param name="Listener">Port of the listener; another one than the packet's with TPROXY.</param>
    /// <param name="Original">What SO_ORIGINAL_DST says; null where there is no connection or it is not tracked.</param>
    public sealed record Arrived(Place At, SocketAddress Destination, ushort Listener, SocketAddress? Original) : Observation;

    /// <summary>The sender was told that it cannot have what it wants.</summary>
    /// <param name="Error">Error number of the socket.</param>
    public sealed record Refused(int Error) : Observation;

    /// <summary>Nobody got anything.</summary>
    public sealed record Silence : Observation;
}
