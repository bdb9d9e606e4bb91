using System.Management.Automation;
using IstioAdmin.Completion;
using IstioAdmin.Sandbox;
using IstioAdmin.Sandboxes;

namespace IstioAdmin.Commands;

/// <summary>Stops practice clusters; what was not started with a file to keep its state is gone.</summary>
[Cmdlet(VerbsLifecycle.Stop, "MeshSandbox", SupportsShouldProcess = true)]
public sealed class StopMeshSandboxCommand : AsyncCommand
{
    /// <summary>Their names; wildcards are allowed. All by default.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(SandboxCompleter))]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync(CancellationToken cancel)
    {
        foreach (MeshSandbox sandbox in RunningSandboxes.Find(Name))
        {
            if (ShouldProcess($"sandbox {sandbox.Name}", "Stop"))
                await RunningSandboxes.StopAsync(sandbox, cancel);
        }
    }
}
