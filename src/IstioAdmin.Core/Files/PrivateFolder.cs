namespace IstioAdmin.Core.Files;

/// <summary>A temporary folder that only its owner can look into; disposing it removes it, and so does the end of the process when nobody got to that.</summary>
internal sealed class PrivateFolder : IDisposable
{
    private readonly EndOfProcess _end;

    private PrivateFolder(string path)
    {
        Path = path;
        _end = new EndOfProcess(Remove);
    }

    public string Path { get; }

    // Made with mode 0700 on Unix; on Windows below the user's own folder for temporary files.
    public static PrivateFolder Create() => new(Directory.CreateTempSubdirectory("istioadmin-").FullName);

    public async Task<string> WriteAsync(string name, string text, CancellationToken cancel)
    {
        string path = System.IO.Path.Combine(Path, name);
        FileStream file = PrivateFile.Create(path);
        await using (file.ConfigureAwait(false))
            await file.WriteAsync(System.Text.Encoding.UTF8.GetBytes(text), cancel).ConfigureAwait(false);
        return path;
    }

    public void Dispose()
    {
        _end.Dispose();
        Remove();
    }

    private void Remove()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // Somebody was faster.
        }
    }
}
