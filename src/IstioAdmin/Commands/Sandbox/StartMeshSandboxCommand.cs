using System.Management.Automation;
using IstioAdmin.Sandbox;
using IstioAdmin.Sandboxes;

namespace IstioAdmin.Commands;

/// <summary>Starts a practice cluster, and a Pipeline that creates further ones, in this process.</summary>
[Cmdlet(VerbsLifecycle.Start, "MeshSandbox"), OutputType(typeof(MeshSandbox))]
public sealed class StartMeshSandboxCommand : AsyncCommand
{
    /// <summary>Its name.</summary>
    [Parameter(Position = 0)]
    public string Name { get; set; } = "sandbox";

    /// <summary>How many nodes it has.</summary>
    [Parameter]
    [ValidateRange(1, 5000)]
    public int Nodes { get; set; } = 3;

    /// <summary>How many times faster than a real one its Pipeline creates, changes and removes clusters.</summary>
    [Parameter]
    [ValidateRange(1.0, 100000.0)]
    public double Speed { get; set; } = 500;

    /// <summary>The file that keeps its state: it starts from what is there, and Stop-MeshSandbox writes it.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync(CancellationToken cancel)
    {
        bool isNamed = MyInvocation.BoundParameters.ContainsKey(nameof(Name)) || Path is null;
        if (isNamed)
            RunningSandboxes.RequireFree(Name);
        MeshSandbox sandbox = await MeshSandbox.StartAsync(new MeshSandboxOptions
        {
            Name = isNamed ? Name : null,
            Nodes = MyInvocation.BoundParameters.ContainsKey(nameof(Nodes)) ? Nodes : null,
            Speed = Speed,
            Path = Path is null ? null : FilePath.Of(SessionState, Path),
        }, cancel);
        // The name may have come with the state.
        await RunningSandboxes.AddAsync(sandbox);
        WriteObject(sandbox);
    }

    /// <summary>What follows depends on it.</summary>
    protected override bool IsTerminating(Exception failure) => true;
}
