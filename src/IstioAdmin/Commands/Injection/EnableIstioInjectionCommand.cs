using System.Management.Automation;
using IstioAdmin.Completion;
using IstioAdmin.Core.Mesh.Injection;

namespace IstioAdmin.Commands;

/// <summary>Labels namespaces so that new pods get a sidecar, and lists the pods that have none yet.</summary>
[Cmdlet(VerbsLifecycle.Enable, "IstioInjection", SupportsShouldProcess = true, DefaultParameterSetName = ByName), OutputType(typeof(NamespaceInjection))]
public sealed class EnableIstioInjectionCommand : InjectionCommand
{
    /// <summary>The revision that injects; the default one where none is given.</summary>
    [Parameter(Position = 1)]
    [ArgumentCompleter(typeof(RevisionCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Revision { get; set; }

    /// <summary>Replace labels that say otherwise, and name a revision that is not there.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    private protected override InjectionOrder Order => new(Enable: true, Revision, Force);
}
