using System.Text.Json;
using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Snapshots;

/// <summary>
/// The file of a sandbox's state, held by one sandbox at a time. It is written beside and put in its place once it is whole, for its owner alone: it holds
/// the secrets of the cluster.
/// </summary>
internal sealed class SnapshotFile : IDisposable
{
    private const string Format = "istioadmin-sandbox";
    private const int Version = 1;

    private readonly FileStream _lock;
    private readonly SemaphoreSlim _writing = new(1);

    private SnapshotFile(string path, FileStream @lock) => (Path, _lock) = (path, @lock);

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Takes hold of a file, whether or not it is there yet.</summary>
    /// <exception cref="MeshException">Another sandbox holds it (<c>SandboxSnapshotInUse</c>), or no file can be written there (<c>SandboxSnapshotNotWritten</c>).</exception>
    public static SnapshotFile Hold(string path)
    {
        path = System.IO.Path.GetFullPath(path);
        if (Directory.Exists(path))
            throw NotWritten(path, "there is a folder of this name", null);
        if (!Directory.Exists(System.IO.Path.GetDirectoryName(path)))
            throw NotWritten(path, "its folder does not exist", null);
        try
        {
            return new SnapshotFile(path, new FileStream($"{path}.lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose));
        }
        catch (UnauthorizedAccessException e)
        {
            throw NotWritten(path, e.Message, e);
        }
        catch (IOException e)
        {
            throw new MeshException("SandboxSnapshotInUse", FailureKind.Conflict, $"Another sandbox keeps its state in {path}.",
                "Stop that one first (Stop-MeshSandbox; it may run in another process), or give another -Path.", path, e);
        }
    }

    /// <summary>Reads the clusters; none when there is no file yet.</summary>
    /// <exception cref="MeshException">The file is damaged or none of a sandbox (<c>SandboxSnapshotUnreadable</c>), or newer (<c>SandboxSnapshotNewer</c>). It stays as it is.</exception>
    public async Task<IReadOnlyList<ClusterState>> ReadAsync(CancellationToken cancel)
    {
        byte[] content;
        try
        {
            content = await File.ReadAllBytesAsync(Path, cancel).ConfigureAwait(false);
        }
        catch (FileNotFoundException)
        {
            return [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(e.Message, e);
        }
        try
        {
            if (JsonNode.Parse(content) is not JsonObject snapshot || Json.Text(snapshot, "format") != Format)
                throw Unreadable("it is no snapshot of a sandbox", null);
            if (Meta.Long(snapshot, "version") is not { } version)
                throw new InvalidDataException("it has no version");
            if (version > Version)
            {
                throw new MeshException("SandboxSnapshotNewer", FailureKind.InvalidInput, $"{Path} was written by a newer IstioAdmin: its format is {version}, and this one reads {Version}.",
                    "Update the module, or give another -Path. The file was left as it is.", Path);
            }
            return snapshot["clusters"] is JsonArray { Count: > 0 } clusters
                ? [.. clusters.Select(cluster => ClusterState.Read(cluster as JsonObject ?? throw new InvalidDataException("one of its clusters is none")))]
                : throw new InvalidDataException("it has no clusters");
        }
        catch (Exception e) when (e is JsonException or InvalidDataException or ArgumentException)
        {
            throw Unreadable(e.Message, e);
        }
    }

    /// <summary>Writes the clusters.</summary>
    /// <exception cref="MeshException">It cannot be written (<c>SandboxSnapshotNotWritten</c>). What was there stays.</exception>
    public async Task WriteAsync(IReadOnlyList<ClusterState> clusters, CancellationToken cancel)
    {
        await _writing.WaitAsync(cancel).ConfigureAwait(false);
        string beside = $"{Path}.{Environment.ProcessId}.new";
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.None };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            // One that was left behind might be for others, too.
            File.Delete(beside);
            var file = new FileStream(beside, options);
            await using (file.ConfigureAwait(false))
            {
                var writer = new Utf8JsonWriter(file);
                await using (writer.ConfigureAwait(false))
                {
                    writer.WriteStartObject();
                    writer.WriteString("format", Format);
                    writer.WriteNumber("version", Version);
                    writer.WriteStartArray("clusters");
                    foreach (ClusterState cluster in clusters)
                        cluster.WriteTo(writer);
                    writer.WriteEndArray();
                    writer.WriteEndObject();
                }
                file.Flush(flushToDisk: true);
            }
            File.Move(beside, Path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            try
            {
                File.Delete(beside);
            }
            catch (Exception left) when (left is IOException or UnauthorizedAccessException)
            {
                // The disk, or the folder, is away.
            }
            throw NotWritten(Path, e.Message, e);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>What is thrown when the file holds something that no sandbox can be made of.</summary>
    public MeshException Unreadable(string why, Exception? inner) => new(
        "SandboxSnapshotUnreadable", FailureKind.InvalidInput, $"No sandbox can start from {Path}: {why}.".Replace("..", ".", StringComparison.Ordinal),
        "Put back a copy of the file, or give another -Path. The file was left as it is.", Path, inner);

    public void Dispose()
    {
        _lock.Dispose();
        _writing.Dispose();
    }

    private static MeshException NotWritten(string path, string why, Exception? inner) => new(
        "SandboxSnapshotNotWritten", FailureKind.Rejected, $"The state of a sandbox cannot be written to {path}: {why.TrimEnd('.')}.", "Make room there, or see to the folder and its permissions.", path, inner);
}
