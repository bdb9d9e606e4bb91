using System.Management.Automation;
using System.Reflection;
using System.Runtime.Loader;
using IstioAdmin.Testing;

namespace IstioAdmin.Module.Tests;

public sealed class ImportTests : ModuleTest
{
    [Fact]
    public void Import_says_nothing()
    {
        ScriptResult import = Shell.Run($"Import-Module '{ModuleRunspace.Manifest}' -Force").ThrowIfFailed();
        Assert.Empty(import.Output);
        Assert.Empty(import.Warnings);
    }

    [Fact]
    public void The_manifest_is_valid_and_names_every_cmdlet()
    {
        var manifest = (PSModuleInfo)Shell.Run($"Test-ModuleManifest '{ModuleRunspace.Manifest}'").ThrowIfFailed().Output.Single().BaseObject;
        Assert.Equal(Path.GetFileName(ModuleRunspace.ModuleFolder), manifest.Version.ToString());
        Assert.Equal(CmdletTypes().Select(CmdletName).Order(), manifest.ExportedCmdlets.Keys.Order());
        Assert.Equal(manifest.ExportedCmdlets.Keys.Order(), Shell.Run("(Get-Command -Module IstioAdmin).Name").Output.Select(o => o.ToString()).Order());
    }

    [Fact]
    public async Task Importing_again_keeps_the_connections()
    {
        await using MeshServer server = await MeshServer.StartAsync([[MeshServer.Pod("default", "web-0", "web")]]);
        Connect(server);
        Shell.Run($"Import-Module '{ModuleRunspace.Manifest}' -Force; Import-Module '{ModuleRunspace.Manifest}' -Force").ThrowIfFailed();
        Assert.Equal("web-0", Shell.Run("(Get-MeshPod).Name").ThrowIfFailed().Output.Single().ToString());
    }

    [Fact]
    public async Task Another_version_of_a_library_of_ours_stays_what_everybody_else_sees()
    {
        await using MeshServer server = await MeshServer.StartAsync();
        Connect(server);
        Assembly[] ours = [.. AppDomain.CurrentDomain.GetAssemblies().Where(a => a.GetName().Name == "YamlDotNet" && a != LoadedFirst.ForeignYamlDotNet)];
        Assert.Equal(13, LoadedFirst.ForeignYamlDotNet.GetName().Version!.Major);
        Assert.Same(AssemblyLoadContext.Default, AssemblyLoadContext.GetLoadContext(LoadedFirst.ForeignYamlDotNet));
        Assembly own = Assert.Single(ours);
        Assert.NotEqual(13, own.GetName().Version!.Major);
        Assert.Equal("IstioAdmin", AssemblyLoadContext.GetLoadContext(own)!.Name);
        Assert.Same(LoadedFirst.ForeignYamlDotNet, AssemblyLoadContext.Default.LoadFromAssemblyName(new AssemblyName("YamlDotNet")));
    }

    [Fact]
    public async Task Everything_but_the_cmdlets_is_loaded_once_and_out_of_the_way()
    {
        await using MeshServer server = await MeshServer.StartAsync([[MeshServer.Pod("default", "web-0", "web")]]);
        Connect(server);
        // A list is read without the typed client; a whole pod is not.
        Shell.Run("Get-MeshPod -Full").ThrowIfFailed();
        string[] libraries = [.. Directory.EnumerateFiles(Path.Combine(ModuleRunspace.ModuleFolder, "lib"), "*.dll").Select(f => Path.GetFileNameWithoutExtension(f))];
        var loaded = AppDomain.CurrentDomain.GetAssemblies().Where(a => a != LoadedFirst.ForeignYamlDotNet && libraries.Contains(a.GetName().Name)).ToList();
        Assert.Contains(loaded, a => a.GetName().Name == "KubernetesClient");
        // What this runtime has in its own box is the exception; an older one has not.
        string framework = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        Assert.All(loaded, a => Assert.True(AssemblyLoadContext.GetLoadContext(a)!.Name == "IstioAdmin" || Path.GetDirectoryName(a.Location) == framework, a.Location));
        Assert.Equal(loaded.Count, loaded.Select(a => a.GetName().Name).Distinct().Count());
    }

    [Fact]
    public async Task Importing_loads_the_cmdlets_alone()
    {
        ConsoleRun run = await ConsoleRun.CommandAsync(
            "[AppDomain]::CurrentDomain.GetAssemblies().GetName().Name | Where-Object { $_ -match '^(IstioAdmin|KubernetesClient|YamlDotNet|Google|Polly|Fractions)' }");
        Assert.Equal(["IstioAdmin", "IstioAdmin.Console"], run.OutputLines.Order());
    }

    [Fact]
    public void The_library_folder_holds_neither_PowerShell_nor_the_cmdlets()
    {
        string[] libraries = [.. Directory.EnumerateFiles(Path.Combine(ModuleRunspace.ModuleFolder, "lib")).Select(f => Path.GetFileName(f))];
        Assert.Contains("IstioAdmin.Core.dll", libraries);
        Assert.DoesNotContain("System.Management.Automation.dll", libraries);
        Assert.DoesNotContain("IstioAdmin.dll", libraries);
    }

    [Fact]
    public void Every_error_of_a_cmdlet_carries_its_name_because_all_cmdlets_share_one_namespace() =>
        Assert.All(CmdletTypes(), type => Assert.Equal($"IstioAdmin.Commands.{CmdletName(type).Replace("-", "", StringComparison.Ordinal)}Command", type.FullName));

    private static IEnumerable<Type> CmdletTypes() =>
        AppDomain.CurrentDomain.GetAssemblies().Single(a => a.GetName().Name == "IstioAdmin").GetExportedTypes()
            .Where(t => t.GetCustomAttribute<CmdletAttribute>() is not null);

    private static string CmdletName(Type type)
    {
        CmdletAttribute cmdlet = type.GetCustomAttribute<CmdletAttribute>()!;
        return $"{cmdlet.VerbName}-{cmdlet.NounName}";
    }
}
