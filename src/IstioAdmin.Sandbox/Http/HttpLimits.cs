namespace IstioAdmin.Sandbox.Http;

/// <summary>What the server puts up with from a client.</summary>
internal sealed record HttpLimits
{
    /// <summary>The request line and the headers together, in bytes; longer ones are answered with 431.</summary>
    public int HeadBytes { get; init; } = 128 * 1024;

    /// <summary>How long a request's head may take once its first byte has come.</summary>
    public TimeSpan HeadTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a connection may stay open between two requests.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>How long the server waits for the next bytes of a request's body.</summary>
    public TimeSpan BodyTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How much of a body that nobody read is thrown away for the next request's sake, in bytes; beyond it the connection is closed.</summary>
    public int DrainBytes { get; init; } = 256 * 1024;

    /// <summary>
    /// How long an answer may stand still after the client has closed its side. A client that closed its sending side alone still reads,
    /// one that went away does not, and only a write tells them apart.
    /// </summary>
    public TimeSpan HalfClosedTimeout { get; init; } = TimeSpan.FromSeconds(1);
}
