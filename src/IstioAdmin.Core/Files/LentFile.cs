namespace IstioAdmin.Core.Files;

/// <summary>A temporary file that only its owner can read, for as long as another program needs it. Disposing it deletes it, and so does the end of the process.</summary>
internal sealed class LentFile : IDisposable
{
    private readonly EndOfProcess _end;

    private LentFile(string path)
    {
        Path = path;
        _end = new EndOfProcess(() => File.Delete(path));
    }

    public string Path { get; }

    /// <summary>Makes a file.</summary>
    /// <param name="text">What is in it.</param>
    /// <param name="extension">What its name ends in, with the dot.</param>
    public static LentFile With(string text, string extension = "")
    {
        string path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"istioadmin-{Guid.NewGuid():N}{extension}");
        var file = new LentFile(path);
        using var writer = new StreamWriter(PrivateFile.Create(path));
        writer.Write(text);
        return file;
    }

    public void Dispose()
    {
        _end.Dispose();
        File.Delete(Path);
    }
}
