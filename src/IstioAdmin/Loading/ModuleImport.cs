using System.Management.Automation;

namespace IstioAdmin.Loading;

/// <summary>Runs when PowerShell imports the module, before it looks at any cmdlet.</summary>
/// <remarks>
/// There is no counterpart for removal: connections belong to the process, and <c>Import-Module -Force</c> or a second runspace
/// that removes the module must not cut off the others.
/// </remarks>
public sealed class ModuleImport : IModuleAssemblyInitializer
{
    /// <inheritdoc/>
    public void OnImport() => PrivateLibraries.Enable();
}
