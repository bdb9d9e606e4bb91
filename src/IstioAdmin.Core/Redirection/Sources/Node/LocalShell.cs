using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using IstioAdmin.Core.Kube.Exec;

namespace IstioAdmin.Core.Redirection.Sources.Node;

/// <summary>The script on this machine.</summary>
internal sealed class LocalShell : INodeShell
{
    private readonly Process _process;
    private readonly Task _errors;

    private LocalShell(Process process)
    {
        _process = process;
        // What programs complain about is in their frames; what the shell says is of no use without them.
        _errors = process.StandardError.ReadToEndAsync();
    }

    /// <summary>Starts it.</summary>
    /// <param name="shell">The shell and its arguments before <c>-c</c>: <c>sh</c>, or <c>busybox sh</c>.</param>
    /// <exception cref="MeshException">There is no such shell (<c>ShellNotFound</c>).</exception>
    public static INodeShell Open(params string[] shell)
    {
        var start = new ProcessStartInfo(shell[0], [.. shell[1..], "-c", NodeScript.Text])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            return new LocalShell(Process.Start(start) ?? throw new Win32Exception("it did not start"));
        }
        catch (Win32Exception e)
        {
            throw new MeshException("ShellNotFound", FailureKind.NotSupported, $"The shell '{shell[0]}' could not be started on this machine: {e.Message}",
                "Rules are read locally on Linux nodes, which have one.", inner: e);
        }
    }

    public async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        await _process.StandardInput.BaseStream.WriteAsync(bytes, cancel).ConfigureAwait(false);
        await _process.StandardInput.BaseStream.FlushAsync(cancel).ConfigureAwait(false);
    }

    public async IAsyncEnumerable<ExecChunk> ReadAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        byte[] buffer = new byte[64 * 1024];
        while (await _process.StandardOutput.BaseStream.ReadAsync(buffer, cancel).ConfigureAwait(false) is var count and > 0)
            yield return new ExecChunk(ExecSource.Output, buffer.AsMemory(0, count));
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _errors.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _process.Dispose();
    }
}
