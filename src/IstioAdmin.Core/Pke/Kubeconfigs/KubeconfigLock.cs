using System.Diagnostics;
using IstioAdmin.Core.Files;

namespace IstioAdmin.Core.Pke.Kubeconfigs;

/// <summary>Keeps kubectl, and other runs of this module, from writing the same kubeconfig meanwhile.</summary>
/// <remarks>Source: client-go <c>tools/clientcmd/loader.go</c>, <c>lockFile</c>: a file beside it that may not exist yet.</remarks>
internal sealed class KubeconfigLock : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly string _path;

    private KubeconfigLock(string path) => _path = path;

    /// <exception cref="MeshException"><c>KubeconfigLocked</c> or <c>FileNotWritten</c>.</exception>
    public static async Task<KubeconfigLock> TakeAsync(string file, CancellationToken cancel)
    {
        string path = $"{file}.lock";
        var waited = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                PrivateFile.Create(path).Dispose();
                return new KubeconfigLock(path);
            }
            catch (IOException) when (File.Exists(path))
            {
                if (waited.Elapsed > Patience)
                {
                    throw new MeshException("KubeconfigLocked", FailureKind.Conflict, $"The kubeconfig '{file}' is being written by another program: '{path}' exists.",
                        "Try again; when no such program runs any more, delete that file.", file);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new MeshException("FileNotWritten", FailureKind.Other, $"'{path}' cannot be written: {e.Message}", "Check that you may write there, or name another file.", file, e);
            }
            await Task.Delay(100, cancel).ConfigureAwait(false);
        }
    }

    public void Dispose() => File.Delete(_path);
}
