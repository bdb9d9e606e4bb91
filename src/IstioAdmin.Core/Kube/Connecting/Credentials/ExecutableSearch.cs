namespace IstioAdmin.Core.Kube.Connecting.Credentials;

/// <summary>
/// Finds programs as a shell does, in PATH and nowhere else: <see cref="System.Diagnostics.Process"/> would also look in the current directory.
/// </summary>
internal static class ExecutableSearch
{
    /// <returns>Full path, or null when there is no such program.</returns>
    public static string? Find(string command)
    {
        if (Path.IsPathRooted(command))
            return Candidates(command).FirstOrDefault(IsExecutable);
        string[] directories = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return directories.Where(Path.IsPathRooted).SelectMany(directory => Candidates(Path.Combine(directory, command))).FirstOrDefault(IsExecutable);
    }

    private static IEnumerable<string> Candidates(string path)
    {
        if (!OperatingSystem.IsWindows() || Path.HasExtension(path))
            yield return path;
        if (!OperatingSystem.IsWindows())
            yield break;
        foreach (string extension in (Environment.GetEnvironmentVariable("PATHEXT") ?? ".COM;.EXE;.BAT;.CMD").Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            yield return path + extension;
        }
    }

    private static bool IsExecutable(string path)
    {
        const UnixFileMode Execute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        return File.Exists(path) && (OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & Execute) != 0);
    }
}
