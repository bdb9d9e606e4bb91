using IstioAdmin.Core.Kube.Exec;

namespace IstioAdmin.Core.Redirection.Sources.Node;

/// <summary>A run of <see cref="NodeScript"/>: what it writes and what it is told.</summary>
internal interface INodeShell : IAsyncDisposable
{
    /// <summary>Tells the script something.</summary>
    Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancel);

    /// <summary>What the script writes, up to its end.</summary>
    IAsyncEnumerable<ExecChunk> ReadAsync(CancellationToken cancel);
}
