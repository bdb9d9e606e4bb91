using System.Management.Automation;
using IstioAdmin.Core;

namespace IstioAdmin;

/// <summary>Paths that must lead to files: PowerShell's paths may lead to other providers as well.</summary>
internal static class FilePath
{
    /// <summary>The path as the file system has it, whether or not something is there. No character is a wildcard.</summary>
    /// <param name="session">Where relative paths begin.</param>
    /// <param name="path">The path as typed.</param>
    /// <param name="what">What it should be the path of; begins the message, and may be empty.</param>
    public static string Of(SessionState session, string path, string what = "")
    {
        string resolved = session.Path.GetUnresolvedProviderPathFromPSPath(path, out ProviderInfo provider, out _);
        Require(provider, path, what);
        return resolved;
    }

    /// <summary>Makes sure that a path led to the file system.</summary>
    public static void Require(ProviderInfo provider, string path, string what = "")
    {
        if (provider.Name == "FileSystem")
            return;
        throw new MeshException("NotAFile", FailureKind.InvalidInput, $"{$"{what} '{path}'".TrimStart()} is not a file but in PowerShell's {provider.Name} provider.",
            "Give the path of a file.", path);
    }
}
