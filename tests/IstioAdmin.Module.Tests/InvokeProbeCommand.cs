using System.Management.Automation;
using IstioAdmin.Commands;

namespace IstioAdmin.Module.Tests;

/// <summary>A cmdlet that does what a test tells it to.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "Probe", SupportsShouldProcess = true)]
public sealed class InvokeProbeCommand : AsyncCommand
{
    [Parameter(ValueFromPipeline = true)]
    public int InputObject { get; set; }

    [Parameter]
    public Func<InvokeProbeCommand, CancellationToken, Task>? Work { get; set; }

    [Parameter]
    public Func<InvokeProbeCommand, CancellationToken, Task>? AtEnd { get; set; }

    public void Report(string activity, string status) => Reporter.Progress(activity, status);

    protected override Task ProcessAsync(CancellationToken cancel) => Work?.Invoke(this, cancel) ?? Task.CompletedTask;

    protected override Task EndAsync(CancellationToken cancel) => AtEnd?.Invoke(this, cancel) ?? Task.CompletedTask;
}
