using System.Buffers;
using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using IstioAdmin.Core.Kube.Streams;

namespace IstioAdmin.Core.Kube.Exec;

/// <summary>A command that runs in a container. To dispose it before its end hangs up; the command may notice only when it next writes.</summary>
public sealed class ExecSession : IAsyncDisposable
{
    internal const string ProtocolV4 = "v4.channel.k8s.io";
    internal const string ProtocolV5 = "v5.channel.k8s.io";

    private const byte InputChannel = 0;
    private const byte StatusChannel = 3;

    /// <summary>A status is short; more than this is not one.</summary>
    private const int LongestStatus = 1024 * 1024;

    /// <summary>How long to wait for the server to hang up after it has said how the command ended.</summary>
    private static readonly TimeSpan FarewellTimeout = TimeSpan.FromSeconds(5);

    private readonly KubeClient _client;
    private readonly KubeSubject _about;
    private readonly PodContainer _target;
    private readonly ChannelSocket _socket;
    private int? _exitCode;

    internal ExecSession(KubeClient client, KubeSubject about, PodContainer target, ChannelSocket socket)
    {
        _client = client;
        _about = about;
        _target = target;
        _socket = socket;
    }

    /// <summary>
    /// Whether the command can be told that its input ends. Servers before 1.30 have no word for that: there a command that reads to the
    /// end of its input never ends, and has to know by itself how much to read.
    /// </summary>
    public bool CanEndInput => _socket.Protocol == ProtocolV5;

    /// <summary>The command's exit code, once everything it wrote has been read.</summary>
    /// <exception cref="InvalidOperationException">It is not known yet.</exception>
    public int ExitCode => _exitCode ?? throw new InvalidOperationException("The exit code is known once the output has been read to its end.");

    /// <summary>
    /// Reads what the command writes to both of its streams, as it comes, up to its end. Reading slowly slows the command down; nothing is
    /// dropped and nothing piles up.
    /// </summary>
    /// <param name="cancel">Hangs up.</param>
    /// <exception cref="MeshException"><c>CommandNotStarted</c>, or the connection broke before the command ended.</exception>
    public async IAsyncEnumerable<ExecChunk> ReadAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        var status = new ArrayBufferWriter<byte>();
        using var farewell = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        while (await ReceiveAsync(status.WrittenCount > 0, farewell, cancel).ConfigureAwait(false) is { } frame)
        {
            switch (frame.Channel)
            {
                case (byte)ExecSource.Output or (byte)ExecSource.Error:
                    yield return new ExecChunk((ExecSource)frame.Channel, frame.Payload);
                    break;
                case StatusChannel when status.WrittenCount + frame.Payload.Length <= LongestStatus:
                    status.Write(frame.Payload.Span);
                    break;
            }
        }
        _exitCode = status.WrittenCount == 0 ? throw Interrupted(null) : Judge(ExecStatus.Parse(status.WrittenSpan));
    }

    /// <summary>Writes to the command's standard input.</summary>
    /// <exception cref="MeshException">The connection broke.</exception>
    public async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        try
        {
            await _socket.SendAsync(InputChannel, bytes, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            throw Interrupted(e);
        }
    }

    /// <summary>Tells the command that its input ends.</summary>
    /// <exception cref="MeshException">The server has no word for that (see <see cref="CanEndInput"/>), or the connection broke.</exception>
    public async Task EndInputAsync(CancellationToken cancel)
    {
        if (!CanEndInput)
        {
            throw new MeshException(
                "InputEndNotSupported",
                FailureKind.NotSupported,
                $"{_client.Endpoint.Server}: the server cannot tell a command in {_target} that its input ends; that takes Kubernetes 1.30.",
                "Let the command know by itself how much to read, for example with head -c.",
                _target);
        }
        try
        {
            await _socket.EndAsync(InputChannel, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            throw Interrupted(e);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _socket.DisposeAsync();

    /// <summary>Reads a frame. After the status a server that neither writes nor hangs up, or that hangs up rudely, has still said all.</summary>
    private async ValueTask<ChannelFrame?> ReceiveAsync(bool ended, CancellationTokenSource farewell, CancellationToken cancel)
    {
        if (ended)
            farewell.CancelAfter(FarewellTimeout);
        try
        {
            return await _socket.ReceiveAsync(farewell.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancel.IsCancellationRequested && e is WebSocketException or IOException or OperationCanceledException)
        {
            return ended ? null : throw Interrupted(e);
        }
    }

    private int Judge(ExecStatus status) => status switch
    {
        ExecStatus.Exited exited => exited.Code,
        ExecStatus.Failed failed => throw NotStarted(failed.Message),
        _ => throw new InvalidOperationException(status.ToString()),
    };

    private MeshException NotStarted(string message) => new(
        "CommandNotStarted",
        FailureKind.Rejected,
        $"{_client.Endpoint.Server}: could not run the command in {_target}: {message}",
        "Check that the container runs and that its image has that command.",
        _target);

    private MeshException Interrupted(Exception? cause) => cause is null
        ? new MeshException(
            "CommandInterrupted",
            FailureKind.Connection,
            $"{_client.Endpoint.Server}: the server hung up before it said how the command in {_target} ended.",
            "The pod, its node or the API server may have gone away; look at them and run the command again if that does no harm.",
            _target)
        : KubeFailure.From(cause, _client, _about);
}
