using System.Text.Json.Nodes;

namespace IstioAdmin.Sandbox.Nodes;

/// <summary>What runs in the containers of the sandbox's pods.</summary>
internal interface IContainerRuntime
{
    /// <summary>Runs a command in a container of a running pod.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="container">The container's name.</param>
    /// <param name="command">The command and its arguments.</param>
    /// <param name="input">Its standard input; null for none.</param>
    /// <param name="output">Its standard output.</param>
    /// <param name="error">Its standard error.</param>
    /// <param name="cancel">Ends it.</param>
    /// <returns>The exit code.</returns>
    Task<int> ExecAsync(JsonObject pod, string container, IReadOnlyList<string> command, Stream? input, Stream output, Stream error, CancellationToken cancel);

    /// <summary>Talks to what listens on a port of a pod, from the pod's own loopback, until one side ends it.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="port">The port.</param>
    /// <param name="connection">The client's end.</param>
    /// <param name="cancel">Ends it.</param>
    /// <returns>Why there was no connection; null when there was one.</returns>
    Task<string?> ConnectAsync(JsonObject pod, int port, Stream connection, CancellationToken cancel);

    /// <summary>The lines that a container has printed, each with its time; with <paramref name="follow"/>, those to come as well.</summary>
    IAsyncEnumerable<(DateTimeOffset Time, string Line)> LogAsync(JsonObject pod, string container, bool previous, bool follow, CancellationToken cancel);
}
