using System.Management.Automation;

namespace IstioAdmin.Commands;

/// <summary>The base of cmdlets that wait, and give up after a time.</summary>
public abstract class TimedMeshCommand : PipedClusterCommand
{
    /// <summary>Seconds to wait; like every -Timeout of this module.</summary>
    [Parameter]
    [ValidateRange(1, 86400)]
    public int Timeout { get; set; } = 300;

    /// <summary><see cref="Timeout"/>, for Core.</summary>
    protected TimeSpan Patience => TimeSpan.FromSeconds(Timeout);
}
