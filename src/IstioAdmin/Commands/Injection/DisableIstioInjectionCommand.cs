using System.Management.Automation;
using IstioAdmin.Core.Mesh.Injection;

namespace IstioAdmin.Commands;

/// <summary>Takes the labels for injection off namespaces, and lists the pods that still have a sidecar.</summary>
[Cmdlet(VerbsLifecycle.Disable, "IstioInjection", SupportsShouldProcess = true, DefaultParameterSetName = ByName), OutputType(typeof(NamespaceInjection))]
public sealed class DisableIstioInjectionCommand : InjectionCommand
{
    /// <inheritdoc/>
    private protected override InjectionOrder Order => new(Enable: false, Revision: null, Force: false);
}
