using System.Management.Automation;
using IstioAdmin.Clusters;
using IstioAdmin.Completion;
using IstioAdmin.Core;
using IstioAdmin.Core.Mesh;
using IstioAdmin.Sandbox;
using IstioAdmin.Sandbox.Faults;
using IstioAdmin.Sandboxes;

namespace IstioAdmin.Commands;

/// <summary>Lets something go wrong in a practice cluster, or takes it back.</summary>
[Cmdlet(VerbsCommon.Set, "MeshSandboxFault", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low, DefaultParameterSetName = ByTarget), OutputType(typeof(SandboxFault))]
public sealed class SetMeshSandboxFaultCommand : AsyncCommand
{
    private const string ByTarget = "Fault";
    private const string ByPod = "Pod";
    private const string Everything = "Clear";

    private readonly HashSet<MeshSandbox> _changed = [];

    /// <summary>What goes wrong.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ByTarget)]
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ByPod)]
    [ValidateSet("AgentLate", "ApiFailing", "ApiThrottled", "ConfigOverwritten", "ImageUnpullable", "LoadBalancerPending", "NodeDown", "OperatorError", "OperatorStuck", "PodUnready",
        "RulesFlushed", "RulesReplaced", "WatchesCut")]
    public string Fault { get; set; } = "";

    /// <summary>The node, the pod as NAMESPACE/NAME, or the image.</summary>
    [Parameter(Position = 1, ParameterSetName = ByTarget)]
    [ValidateNotNullOrEmpty]
    public string[]? Target { get; set; }

    /// <summary>The pod, as Get-MeshPod returns it.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ByPod)]
    [ValidateNotNull]
    public MeshPod? Pod { get; set; }

    /// <summary>The share of requests, in percent.</summary>
    [Parameter(ParameterSetName = ByTarget)]
    [ValidateRange(1, 100)]
    public int Percent { get; set; } = 100;

    /// <summary>The rules that a pod gets, as iptables-save prints them, or the message of an operator.</summary>
    [Parameter(ParameterSetName = ByTarget)]
    [Parameter(ParameterSetName = ByPod)]
    [ValidateNotNull]
    public string? Text { get; set; }

    /// <summary>Take the fault back.</summary>
    [Parameter(ParameterSetName = ByTarget)]
    [Parameter(ParameterSetName = ByPod)]
    public SwitchParameter Off { get; set; }

    /// <summary>Take all faults back.</summary>
    [Parameter(Mandatory = true, ParameterSetName = Everything)]
    public SwitchParameter Clear { get; set; }

    /// <summary>The sandbox, or a cluster of its Pipeline; that of the pod, the one that is the current cluster, or the only one, by default.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(SandboxCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Sandbox { get; set; }

    /// <inheritdoc/>
    protected override Task ProcessAsync(CancellationToken cancel)
    {
        MeshSandbox sandbox = Pod is { } found && Sandbox is null ? RunningSandboxes.Of(ConnectedClusters.Named(found.Cluster)) : RunningSandboxes.One(Sandbox);
        if (Clear)
        {
            if (ShouldProcess($"sandbox {sandbox.Name}", "Take back all faults"))
                sandbox.ClearFaults();
            _changed.Add(sandbox);
            return Task.CompletedTask;
        }
        var kind = Enum.Parse<SandboxFaultKind>(Fault, ignoreCase: true);
        RequireFitting(kind);
        // One round for a fault of the whole cluster, which has no target.
        string?[] targets = Pod is { } pod ? [$"{pod.Namespace}/{pod.Name}"] : Target ?? new string?[1];
        foreach (string? target in targets)
        {
            if (ShouldProcess($"{(target is null ? "" : $"{target} in ")}sandbox {sandbox.Name}", $"{(Off ? "Take back" : "Bring about")} {kind}"))
                sandbox.SetFault(kind, target, Text, Percent / 100.0, !Off);
        }
        _changed.Add(sandbox);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected override Task EndAsync(CancellationToken cancel)
    {
        foreach (MeshSandbox sandbox in _changed)
            WriteObject(sandbox.Faults, enumerateCollection: true);
        return Task.CompletedTask;
    }

    // What has no effect was meant for another fault.
    private void RequireFitting(SandboxFaultKind kind)
    {
        if (MyInvocation.BoundParameters.ContainsKey(nameof(Percent)) && kind is not (SandboxFaultKind.ApiFailing or SandboxFaultKind.ApiThrottled))
            throw Unfitting(kind, "share of requests", nameof(Percent));
        if (Text is not null && (Off || kind is not (SandboxFaultKind.RulesReplaced or SandboxFaultKind.OperatorError)))
            throw Unfitting(kind, "text", nameof(Text));
    }

    private MeshException Unfitting(SandboxFaultKind kind, string what, string parameter) => new(
        "SandboxFaultArgumentUnexpected", FailureKind.InvalidInput, $"{(Off ? "Taking back " : "")}{kind} has no {what}.", $"Leave out -{parameter}.", kind);
}
