using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Exec;

namespace IstioAdmin.Core.Redirection.Sources.Node;

/// <summary>The script in a container of the cluster.</summary>
internal sealed class ExecShell : INodeShell
{
    private readonly ExecSession _session;

    private ExecShell(ExecSession session) => _session = session;

    /// <summary>Starts it.</summary>
    /// <exception cref="MeshException">As <see cref="PodExec.StartExecAsync"/>.</exception>
    public static async Task<INodeShell> OpenAsync(KubeClient client, PodContainer target, CancellationToken cancel) =>
        new ExecShell(await client.StartExecAsync(target, ["sh", "-c", NodeScript.Text], withInput: true, cancel).ConfigureAwait(false));

    public Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancel) => _session.WriteAsync(bytes, cancel);

    public IAsyncEnumerable<ExecChunk> ReadAsync(CancellationToken cancel) => _session.ReadAsync(cancel);

    public ValueTask DisposeAsync() => _session.DisposeAsync();
}
