using System.Buffers;

namespace IstioAdmin.Core.Kube.PortForwarding;

/// <summary>Passes bytes both ways between a local connection and one to a pod.</summary>
internal static class Relay
{
    /// <summary>
    /// How long the pod may be silent after the local side has ended its half. The pod cannot be told of that end; an answer that is on
    /// its way is still wanted, and a connection that nobody listens to is not kept for ever.
    /// </summary>
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(10);

    private const int BufferSize = 32 * 1024;

    /// <summary>Runs until the pod ends the connection, or the local side has gone.</summary>
    /// <exception cref="IOException">The local side broke off.</exception>
    /// <exception cref="MeshException">The connection to the pod failed.</exception>
    public static async Task RunAsync(Stream local, Stream remote, CancellationToken cancel)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Task sending = SendAsync(local, remote, ended.Token);
        try
        {
            await ReceiveAsync(local, remote, sending, ended).ConfigureAwait(false);
        }
        finally
        {
            await ended.CancelAsync().ConfigureAwait(false);
            await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task SendAsync(Stream local, Stream remote, CancellationToken cancel)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            while (await local.ReadAsync(buffer.AsMemory(0, BufferSize), cancel).ConfigureAwait(false) is var count and > 0)
                await remote.WriteAsync(buffer.AsMemory(0, count), cancel).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task ReceiveAsync(Stream local, Stream remote, Task sending, CancellationTokenSource ended)
    {
        _ = sending.ContinueWith(_ => LimitSilence(ended), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            while (await remote.ReadAsync(buffer.AsMemory(0, BufferSize), ended.Token).ConfigureAwait(false) is var count and > 0)
            {
                await local.WriteAsync(buffer.AsMemory(0, count), ended.Token).ConfigureAwait(false);
                if (sending.IsCompleted)
                    LimitSilence(ended);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static void LimitSilence(CancellationTokenSource ended)
    {
        try
        {
            ended.CancelAfter(AnswerTimeout);
        }
        catch (ObjectDisposedException)
        {
            // The pod was quicker.
        }
    }
}
