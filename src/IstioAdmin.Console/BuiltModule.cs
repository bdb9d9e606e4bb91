namespace IstioAdmin.Console;

/// <summary>Where the build put the module: beside this program in the .NET tool, and in <c>out</c> in a clone of the repository.</summary>
internal static class BuiltModule
{
    /// <summary>The manifest beside the program, or that of the newest version in the first <c>out/IstioAdmin</c> found on the way up from <paramref name="folder"/>.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    public static string Find(string folder)
    {
        string packed = Path.Combine(folder, "module", "IstioAdmin.psd1");
        if (File.Exists(packed))
            return packed;
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
