using System.Runtime.Versioning;
using System.Security.AccessControl;
using System.Security.Principal;

namespace IstioAdmin.Core.Files;

/// <summary>Files that only their owner can read, from the first byte on: mode 0600, on Windows an access list with one entry that inherits nothing.</summary>
internal static class PrivateFile
{
    /// <summary>Makes a new file.</summary>
    public static FileStream Create(string path)
    {
        if (OperatingSystem.IsWindows())
            return CreateOnWindows(path);
        return new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
    }

    /// <summary>Puts a text in the place of a file, whole or not at all. A link stays a link; its target is replaced.</summary>
    /// <exception cref="MeshException"><c>FileNotWritten</c>.</exception>
    public static async Task ReplaceAsync(string path, string text, CancellationToken cancel)
    {
        string target = Target(path);
        string temporary = $"{target}.{Guid.NewGuid():N}.tmp";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            FileStream file = Create(temporary);
            await using (file.ConfigureAwait(false))
            {
                await file.WriteAsync(System.Text.Encoding.UTF8.GetBytes(text), cancel).ConfigureAwait(false);
                file.Flush(flushToDisk: true);
            }
            File.Move(temporary, target, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new MeshException("FileNotWritten", FailureKind.Other, $"'{path}' cannot be written: {e.Message}", "Check that you may write there, or name another file.", path, e);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>The file that a chain of links ends at.</summary>
    public static string Target(string path) => new FileInfo(path) is { LinkTarget: not null } link ? link.ResolveLinkTarget(returnFinalTarget: true)!.FullName : Path.GetFullPath(path);

    [SupportedOSPlatform("windows")]
    private static FileStream CreateOnWindows(string path)
    {
        var security = new FileSecurity();
        security.SetAccessRuleProtection(isProtected: true, preserveInheritance: false);
        using var identity = WindowsIdentity.GetCurrent();
        security.AddAccessRule(new FileSystemAccessRule(identity.User!, FileSystemRights.FullControl, AccessControlType.Allow));
        return new FileInfo(path).Create(FileMode.CreateNew, FileSystemRights.FullControl, FileShare.None, 4096, FileOptions.None, security);
    }
}
