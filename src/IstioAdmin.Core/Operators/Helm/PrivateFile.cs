namespace IstioAdmin.Core.Operators.Helm;

/// <summary>A temporary file that nobody else can read. Disposing it deletes it.</summary>
internal sealed class PrivateFile : IDisposable
{
    private PrivateFile(string path) => Path = path;

    public string Path { get; }

    public static PrivateFile With(string text)
    {
        // On Windows the user's temporary directory is the user's alone.
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        string path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"istioadmin-{Guid.NewGuid():N}");
        using var writer = new StreamWriter(path, options);
        writer.Write(text);
        return new PrivateFile(path);
    }

    public void Dispose() => File.Delete(Path);
}
