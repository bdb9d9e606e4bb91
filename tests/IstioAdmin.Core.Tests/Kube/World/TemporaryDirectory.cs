using System.Runtime.Versioning;

namespace IstioAdmin.Core.Tests.Kube.World;

/// <summary>A directory that goes away with the test.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public TemporaryDirectory() => FullPath = Directory.CreateTempSubdirectory("istioadmin-").FullName;

    public string FullPath { get; }

    /// <summary>Writes a file, making the directories on the way, and returns its full path.</summary>
    public string Write(string name, string content)
    {
        string path = Path.Combine(FullPath, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        return path;
    }

    /// <summary>Writes a shell script that can be run.</summary>
    [UnsupportedOSPlatform("windows")]
    public string WriteScript(string name, string body)
    {
        string path = Write(name, $"#!/bin/sh\n{body}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }

    public void Dispose() => Directory.Delete(FullPath, recursive: true);
}
