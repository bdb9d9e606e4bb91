using System.Management.Automation;

namespace IstioAdmin.Loading;

/// <summary>Runs when PowerShell imports the module, before it looks at any cmdlet, and when it removes it.</summary>
/// <remarks>
/// Connections stay when the module is removed: they belong to the process, and <c>Import-Module -Force</c> or a second runspace
/// that removes the module must not cut off the others. What runs in this process, such as a sandbox, ends once nobody has the module any more.
/// </remarks>
public sealed class ModuleImport : IModuleAssemblyInitializer, IModuleAssemblyCleanup
{
    /// <inheritdoc/>
    public void OnImport()
    {
        PrivateLibraries.Enable();
        ModuleUse.Begin();
    }

    /// <inheritdoc/>
    public void OnRemove(PSModuleInfo psModuleInfo) => ModuleUse.End();
}
