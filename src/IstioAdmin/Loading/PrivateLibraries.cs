using System.Reflection;
using System.Runtime.Loader;

namespace IstioAdmin.Loading;

/// <summary>
/// The load context of everything in the module's <c>lib</c> folder. Other modules, and PowerShell itself, may have loaded other
/// versions of the same libraries; theirs stay in the default context and ours stay here, so neither sees the other's types.
/// </summary>
/// <remarks>
/// The bridge between the two worlds is narrow on purpose: the default context is only ever handed assemblies of this product,
/// which nobody else has. A third-party library is found from in here alone.
/// </remarks>
internal sealed class PrivateLibraries : AssemblyLoadContext
{
    private const string Product = "IstioAdmin";
    private static readonly Lazy<PrivateLibraries> Instance = new(Create);

    private readonly string _folder;

    private PrivateLibraries(string folder)
        : base(Product)
    {
        _folder = folder;
    }

    /// <summary>Lets the cmdlets find their libraries. Idempotent: an assembly is loaded once in a process, however often its module is imported.</summary>
    public static void Enable() => _ = Instance.Value;

    /// <summary>An assembly asked for from within this context; null sends the request on to the default one, which has the framework.</summary>
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        string path = Path.Combine(_folder, assemblyName.Name + ".dll");
        return File.Exists(path) && !IsInFramework(assemblyName) ? LoadFromAssemblyPath(path) : null;
    }

    /// <summary>
    /// Whether this runtime brings the assembly itself, in the version asked for or a newer one. A newer .NET has in its box what we had to
    /// add for the oldest, and the rest of its box speaks in those types.
    /// </summary>
    private static bool IsInFramework(AssemblyName name)
    {
        string path = Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, name.Name + ".dll");
        return File.Exists(path) && GetAssemblyName(path).Version >= name.Version;
    }

    private static PrivateLibraries Create()
    {
        string moduleFolder = Path.GetDirectoryName(typeof(PrivateLibraries).Assembly.Location)!;
        var libraries = new PrivateLibraries(Path.Combine(moduleFolder, "lib"));
        Default.Resolving += libraries.ResolveForCmdlets;
        return libraries;
    }

    private Assembly? ResolveForCmdlets(AssemblyLoadContext requester, AssemblyName name) =>
        name.Name is { } simpleName && simpleName.StartsWith(Product + ".", StringComparison.Ordinal) ? Load(name) : null;
}
