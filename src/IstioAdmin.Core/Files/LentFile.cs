namespace IstioAdmin.Core.Files;

/// <summary>A temporary file that only its owner can read, for as long as another program needs it. Disposing it deletes it.</summary>
internal sealed class LentFile : IDisposable
{
    private LentFile(string path) => Path = path;

    public string Path { get; }

    /// <summary>Makes a file.</summary>
    /// <param name="text">What is in it.</param>
    /// <param name="extension">What its name ends in, with the dot.</param>
    public static LentFile With(string text, string extension = "")
    {
        string path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"istioadmin-{Guid.NewGuid():N}{extension}");
        using var writer = new StreamWriter(PrivateFile.Create(path));
        writer.Write(text);
        return new LentFile(path);
    }

    public void Dispose() => File.Delete(Path);
}
