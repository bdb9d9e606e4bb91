using System.Management.Automation;
using IstioAdmin.Completion;
using IstioAdmin.Sandbox;
using IstioAdmin.Sandboxes;

namespace IstioAdmin.Commands;

/// <summary>Lists the practice clusters that run in this process.</summary>
[Cmdlet(VerbsCommon.Get, "MeshSandbox"), OutputType(typeof(MeshSandbox))]
public sealed class GetMeshSandboxCommand : AsyncCommand
{
    /// <summary>Their names; wildcards are allowed. A full name may also be that of a cluster that a Pipeline created.</summary>
    [Parameter(Position = 0)]
    [ArgumentCompleter(typeof(SandboxCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancel)
    {
        WriteObject(RunningSandboxes.FindAny(Name), enumerateCollection: true);
        return Task.CompletedTask;
    }
}
