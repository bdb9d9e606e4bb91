using IstioAdmin.Core.Kube.Streams;

namespace IstioAdmin.Core.Kube.Exec;

/// <summary>Runs commands in containers.</summary>
public static class PodExec
{
    /// <summary>Starts a command and hands over its streams.</summary>
    /// <param name="client">The client.</param>
    /// <param name="target">Where to run it.</param>
    /// <param name="command">The command and its arguments; no shell looks at them.</param>
    /// <param name="withInput">Whether something will be written to its standard input.</param>
    /// <param name="cancel">Cancels the start.</param>
    /// <exception cref="MeshException"><c>ContainerNotFound</c>, <c>ContainerRequired</c>, or as <see cref="KubeClient.SendAsync"/>.</exception>
    public static async Task<ExecSession> StartExecAsync(
        this KubeClient client, PodContainer target, IReadOnlyList<string> command, bool withInput, CancellationToken cancel)
    {
        if (command.Count == 0)
            throw new MeshException("CommandMissing", FailureKind.InvalidInput, $"There is no command to run in {target}.", "Name one.", target);
        KubeSubject about = target.Subject("create", "exec");
        var path = new RequestPath(KubeResource.Pods.Path(target.Namespace, target.Pod, "exec"));
        foreach (string argument in command)
            path.With("command", argument);
        path.With("container", target.Container).With("stdin", withInput).With("stdout", true).With("stderr", true);
        try
        {
            var socket = new ChannelSocket(
                await client.ConnectWebSocketAsync(path.ToString(), [ExecSession.ProtocolV5, ExecSession.ProtocolV4], about, cancel).ConfigureAwait(false));
            return new ExecSession(client, about, target, socket);
        }
        catch (MeshException e) when (target.Refine(e) is var refined && refined != e)
        {
            throw refined;
        }
    }

    /// <summary>Runs a command and keeps all that it writes.</summary>
    /// <param name="client">The client.</param>
    /// <param name="target">Where to run it.</param>
    /// <param name="command">The command and its arguments; no shell looks at them.</param>
    /// <param name="cancel">Hangs up.</param>
    /// <returns>Its output and its exit code, whatever that is.</returns>
    /// <exception cref="MeshException">As <see cref="StartExecAsync"/>, <c>CommandNotStarted</c>, or the connection broke.</exception>
    public static async Task<ExecResult> ExecAsync(this KubeClient client, PodContainer target, IReadOnlyList<string> command, CancellationToken cancel)
    {
        using var output = new MemoryStream();
        using var error = new MemoryStream();
        int exitCode = await client.ExecAsync(target, command, output, error, input: null, cancel).ConfigureAwait(false);
        return new ExecResult(exitCode, output.GetBuffer().AsMemory(0, (int)output.Length), error.GetBuffer().AsMemory(0, (int)error.Length));
    }

    /// <summary>Runs a command and passes on what it writes.</summary>
    /// <param name="client">The client.</param>
    /// <param name="target">Where to run it.</param>
    /// <param name="command">The command and its arguments; no shell looks at them.</param>
    /// <param name="output">Takes its standard output.</param>
    /// <param name="error">Takes its standard error.</param>
    /// <param name="input">
    /// Becomes its standard input; null for none. Before Kubernetes 1.30 the command is not told where it ends; see <see cref="ExecSession.CanEndInput"/>.
    /// </param>
    /// <param name="cancel">Hangs up.</param>
    /// <returns>Its exit code.</returns>
    /// <exception cref="MeshException">As <see cref="StartExecAsync"/>, <c>CommandNotStarted</c>, or the connection broke.</exception>
    public static async Task<int> ExecAsync(
        this KubeClient client, PodContainer target, IReadOnlyList<string> command, Stream output, Stream error, Stream? input, CancellationToken cancel)
    {
        ExecSession session = await client.StartExecAsync(target, command, input is not null, cancel).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            Task feeding = input is null ? Task.CompletedTask : FeedAsync(session, input, ended.Token);
            try
            {
                await foreach (ExecChunk chunk in session.ReadAsync(cancel).ConfigureAwait(false))
                    await (chunk.Source == ExecSource.Output ? output : error).WriteAsync(chunk.Bytes, cancel).ConfigureAwait(false);
            }
            finally
            {
                // A command need not read all of its input.
                await ended.CancelAsync().ConfigureAwait(false);
                await feeding.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            return session.ExitCode;
        }
    }

    private static async Task FeedAsync(ExecSession session, Stream input, CancellationToken cancel)
    {
        byte[] buffer = new byte[32 * 1024];
        while (await input.ReadAsync(buffer, cancel).ConfigureAwait(false) is var count and > 0)
            await session.WriteAsync(buffer.AsMemory(0, count), cancel).ConfigureAwait(false);
        if (session.CanEndInput)
            await session.EndInputAsync(cancel).ConfigureAwait(false);
    }
}
