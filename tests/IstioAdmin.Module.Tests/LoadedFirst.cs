using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using IstioAdmin.Testing;

namespace IstioAdmin.Module.Tests;

/// <summary>What is in the process before the module is imported.</summary>
internal static class LoadedFirst
{
    /// <summary>
    /// What another module may have done: load its own major version of a library that we use, where everybody sees it.
    /// All tests of this project run beside it.
    /// </summary>
    public static Assembly ForeignYamlDotNet { get; private set; } = null!;

    [ModuleInitializer]
    internal static void Load()
    {
        ForeignYamlDotNet = AssemblyLoadContext.Default.LoadFromAssemblyPath(Path.Combine(AppContext.BaseDirectory, "foreign", "YamlDotNet.dll"));
        // The probe's base class, when the test runner looks at this assembly: from where the import will take it.
        AssemblyLoadContext.Default.Resolving += static (context, name) =>
            name.Name == "IstioAdmin" ? context.LoadFromAssemblyPath(Path.Combine(ModuleRunspace.ModuleFolder, "IstioAdmin.dll")) : null;
    }
}
