using System.Text.Json;
using System.Text.Json.Nodes;

namespace IstioAdmin.Core.Operators.Helm;

/// <summary>Values for a chart in a file that only this user can read, gone when it is disposed: on a command line everybody could read them.</summary>
internal sealed class ValueFile : IDisposable
{
    private readonly string _path;

    private ValueFile(string path) => _path = path;

    /// <summary>Writes the values; null when there are none.</summary>
    public static ValueFile? Create(JsonObject? values)
    {
        if (values is null || values.Count == 0)
            return null;
        string path = Path.Combine(Path.GetTempPath(), $"istioadmin-{Guid.NewGuid():N}.json");
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var file = new FileStream(path, options);
        JsonSerializer.Serialize(file, values);
        return new ValueFile(path);
    }

    /// <summary>Its path.</summary>
    public override string ToString() => _path;

    public void Dispose() => File.Delete(_path);
}
