using System.Management.Automation;
using System.Reflection;
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

    /// <summary>Reports progress as Core does. By reflection: the reporter's type is Core's, and this project does without Core.</summary>
    public void Report(string activity, string status)
    {
        object reporter = typeof(AsyncCommand).GetProperty("Reporter", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(this)!;
        reporter.GetType().GetMethod("Progress")!.Invoke(reporter, [activity, status, null]);
    }

    protected override Task ProcessAsync(CancellationToken cancel) => Work?.Invoke(this, cancel) ?? Task.CompletedTask;

    protected override Task EndAsync(CancellationToken cancel) => AtEnd?.Invoke(this, cancel) ?? Task.CompletedTask;
}
