namespace IstioAdmin.Console;

/// <summary>Where the build put the module.</summary>
internal static class BuiltModule
{
    /// <summary>The manifest of the newest version in the first <c>out/IstioAdmin</c> found on the way up from <paramref name="folder"/>.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    public static string Find(string folder)
    {
        for (DirectoryInfo? place = new(folder); place is not null; place = place.Parent)
        {
            var versions = new DirectoryInfo(Path.Combine(place.FullName, "out", "IstioAdmin"));
            if (!versions.Exists)
                continue;
            string? newest = versions.EnumerateDirectories()
                .Where(d => Version.TryParse(d.Name, out _))
                .OrderByDescending(d => Version.Parse(d.Name))
                .Select(d => Path.Combine(d.FullName, "IstioAdmin.psd1"))
                .FirstOrDefault(File.Exists);
            if (newest is not null)
                return newest;
        }
        throw new FileNotFoundException($"There is no built module in out/IstioAdmin on the way up from '{folder}'. Build it with 'dotnet build', or name one with -Module.");
    }
}
