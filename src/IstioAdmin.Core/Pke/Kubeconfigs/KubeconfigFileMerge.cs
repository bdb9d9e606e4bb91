using System.Text;
using IstioAdmin.Core.Files;
using IstioAdmin.Core.Kube.Connecting;

namespace IstioAdmin.Core.Pke.Kubeconfigs;

/// <summary>Writes a cluster's access into a kubeconfig on disk.</summary>
public static class KubeconfigFileMerge
{
    private const char ByteOrderMark = '\uFEFF';

    /// <summary>
    /// The file that kubectl would write to: with several files in <c>$KUBECONFIG</c> the first that exists, else the last; without the
    /// variable <c>~/.kube/config</c>.
    /// </summary>
    /// <remarks>Source: client-go <c>tools/clientcmd/config.go</c>, <c>GetDefaultFilename</c>.</remarks>
    public static string DefaultPath => DefaultOf(KubeEnvironment.Current);

    /// <summary>Fetches the kubeconfig of a cluster that Pipeline manages, and merges it into a file.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="options">Where to and how.</param>
    /// <param name="cancel">Cancels; the file is as it was, or as it was to be.</param>
    /// <exception cref="MeshException">It could not be fetched, or not be merged: see <see cref="KubeconfigMergeOptions"/>.</exception>
    public static async Task<ExportedKubeconfig> ExportAsync(PkeCluster cluster, KubeconfigMergeOptions options, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        ArgumentNullException.ThrowIfNull(options);
        DownloadedKubeconfig downloaded = await DownloadedKubeconfig.FetchAsync(cluster, options.Oidc, options.ContextName, cancel).ConfigureAwait(false);
        return await MergeAsync(cluster.Name, downloaded, options, cancel).ConfigureAwait(false);
    }

    internal static string DefaultOf(KubeEnvironment environment) => environment.KubeconfigVariable switch
    {
        [] => environment.DefaultKubeconfig,
        var files => files.FirstOrDefault(File.Exists) ?? files[^1],
    };

    internal static async Task<ExportedKubeconfig> MergeAsync(string cluster, DownloadedKubeconfig downloaded, KubeconfigMergeOptions options, CancellationToken cancel)
    {
        string file = options.Path ?? DefaultPath;
        if (Directory.Exists(file))
            throw new MeshException("NotAFile", FailureKind.InvalidInput, $"'{file}' is a directory.", "Give the path of a file.", file);
        using KubeconfigLock held = await KubeconfigLock.TakeAsync(PrivateFile.Target(file), cancel).ConfigureAwait(false);
        (string before, bool mark) = await ReadAsync(file, cancel).ConfigureAwait(false);
        string after = KubeconfigMerge.Merge(before, downloaded, file, options.SetCurrent, options.Force);
        bool changed = after != before || !File.Exists(file);
        if (changed || !IsPrivate(file))
            await PrivateFile.ReplaceAsync(file, mark ? ByteOrderMark + after : after, cancel).ConfigureAwait(false);
        return new ExportedKubeconfig
        {
            Name = cluster,
            Kubeconfig = Path.GetFullPath(file),
            Context = downloaded.Context,
            Server = downloaded.Server,
            IsCurrent = KubeconfigMerge.IsCurrent(after, downloaded.Context),
            Changed = changed,
        };
    }

    private static bool IsPrivate(string file) => OperatingSystem.IsWindows() || (File.GetUnixFileMode(PrivateFile.Target(file)) & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite)) == 0;

    private static async Task<(string Text, bool Mark)> ReadAsync(string file, CancellationToken cancel)
    {
        if (!File.Exists(file))
            return ("", false);
        try
        {
            byte[] bytes = await File.ReadAllBytesAsync(file, cancel).ConfigureAwait(false);
            // Bytes that are no UTF-8 would be lost on writing.
            string text = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(bytes);
            return text.StartsWith(ByteOrderMark) ? (text[1..], true) : (text, false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DecoderFallbackException)
        {
            throw KubeconfigError.Unreadable(file, e is DecoderFallbackException ? "it is not UTF-8." : e.Message, e);
        }
    }
}
